"""Import a finished run of another program as a run of this database."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from pydantic import ValidationError

from align_tui import __version__
from align_tui.config.profile import Profile
from align_tui.config.study import Study
from align_tui.config.targets import target_tables
from align_tui.core.answers import Answer, ChoiceAnswer, TextAnswer
from align_tui.core.decisions import Decision
from align_tui.core.errors import DatasetError
from align_tui.core.targets import Targets, target_id
from align_tui.core.types import Json
from align_tui.formats.recorded_runs import Recorded, RecordedRun
from align_tui.store import runs
from align_tui.store.basis import basis_rows
from align_tui.store.database import Database

TAG = "imported"


def study_of(found: RecordedRun, targets: Targets | None = None) -> Study:
    """The study of a recorded run; `targets` replace those that it names.

    Raises DatasetError if a name or a target of the files is none that a profile may have.
    """
    aims = found.targets if targets is None else targets
    try:
        profile = Profile.model_validate(
            {
                "name": _profile_name(found.profile or found.adm),
                "adm": {"kind": "imported", "adm": found.adm[:500], **_scored(found, aims)},
                "target": target_tables(aims),
                "backbone": {"kind": "transformers", "model": found.model},
            }
        )
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise DatasetError(f"{found.place}: {where}: {first['msg']}") from error
    return Study(
        found.name[:200], (profile,), found.scenarios, repeat=found.repeats, notes=found.notes
    )


def _scored(found: RecordedRun, aims: Targets) -> dict[str, list[list[dict[str, Json]]]]:
    """The targets that a run without one is scored against, as a key of its `[adm]` table."""
    if aims or not found.scored_against:
        return {}
    return {"scored_against": [target_tables(each) for each in found.scored_against]}


def _profile_name(text: str) -> str:
    """`text` as a profile's name: no control characters or slashes, at most 80 characters."""
    return re.sub(r"[\x00-\x1f\x7f/\\]+", "-", text).strip()[:80] or "imported"


def import_run(db: Database, found: RecordedRun, targets: Targets | None = None) -> str:
    """Write the recorded decisions as a finished run with the tag `imported`; its id.

    The decisions are scored by ALIGN's rule. Raises StoreError; then nothing is written.
    """
    study = study_of(found, targets)
    made_with = {"imported from": found.place, "imported by align-tui": __version__}
    run = runs.create_run(db, study, made_with, enqueue=False)
    try:
        _write(db, run, study, found)
    except BaseException:
        runs.delete_run(db, run)
        raise
    return run


def _write(db: Database, run: str, study: Study, found: RecordedRun) -> None:
    scoring = study.scoring_targets(study.profiles[0])
    with db.write() as connection:
        connection.execute("UPDATE runs SET created=? WHERE id=?", (found.written, run))
        connection.execute("INSERT INTO run_tags VALUES (?,?)", (run, TAG))
        for made, start, end in _timed(found):
            scenario = study.scenarios[made.scenario]
            sample = connection.execute(
                "INSERT INTO samples (run, scenario, profile, repeat, backbone, status, started)"
                " VALUES (?,?,0,?,'','done',?) RETURNING id",
                (run, made.scenario, made.repeat, start),
            ).fetchone()[0]
            connection.execute(
                "INSERT INTO results (sample, finished, started, choice, choice_text, reasoning,"
                " probabilities, notes, latency_s) VALUES (?,?,?,?,?,?,?,?,?)",
                (
                    sample,
                    end,
                    start,
                    made.choice,
                    made.answer if made.choice is None else scenario.choices[made.choice].text,
                    made.reasoning,
                    json.dumps(made.probabilities) if made.probabilities else None,
                    json.dumps(list(made.notes)),
                    made.latency_s,
                ),
            )
            for statement, values in basis_rows(sample, _decision(made)):
                connection.execute(statement, values)
            for aims in scoring:
                scored = study.scorer.score_made(_decision(made), scenario, aims)
                connection.execute(
                    "INSERT INTO scores VALUES (?,?,0,?,?,?,?)",
                    (
                        sample,
                        run,
                        target_id(aims),
                        None if scored.correct is None else int(scored.correct),
                        int(scored.discriminating),
                        scored.distance,
                    ),
                )


def _answer(made: Recorded) -> Answer:
    return TextAnswer(made.answer) if made.choice is None else ChoiceAnswer(made.choice)


def _decision(made: Recorded) -> Decision:
    return Decision(
        _answer(made),
        made.reasoning,
        probabilities=made.probabilities,
        predictions=made.predictions,
        relevance=made.relevance,
        ranking=made.ranking,
        steps=made.steps,
        examples=made.examples,
    )


def _timed(found: RecordedRun) -> Iterator[tuple[Recorded, float, float]]:
    """(decision, start, end), one after the other; the last ends when the file was written."""
    at = found.written - sum(made.latency_s for made in found.decisions)
    for made in found.decisions:
        yield made, at, at + made.latency_s
        at += made.latency_s
