"""Import a run directory of ALIGN as a run of this database."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from align_tui import __version__
from align_tui.config.profile import Profile
from align_tui.config.study import Study
from align_tui.config.targets import target_tables
from align_tui.core.answers import ChoiceAnswer
from align_tui.core.decisions import Decision
from align_tui.core.targets import Targets, target_id
from align_tui.formats.align_system.runs import Recorded, RunDirectory
from align_tui.store import runs
from align_tui.store.database import Database

TAG = "imported"


def study_of(found: RunDirectory, targets: Targets | None = None) -> Study:
    """The study of a run directory; `targets` replace those that the directory names."""
    aims = found.targets if targets is None else targets
    profile = Profile.model_validate(
        {
            "name": _profile_name(found.adm),
            "adm": {"kind": "imported", "adm": found.adm[:500]},
            "target": target_tables(aims),
            "backbone": {"kind": "transformers", "model": found.model},
        }
    )
    return Study(found.name[:200], (profile,), found.scenarios, notes=found.notes)


def _profile_name(text: str) -> str:
    """`text` as a profile's name: no control characters or slashes, at most 80 characters."""
    return re.sub(r"[\x00-\x1f\x7f/\\]+", "-", text).strip()[:80] or "imported"


def import_run(db: Database, found: RunDirectory, targets: Targets | None = None) -> str:
    """Write the directory's decisions as a finished run with the tag `imported`; its id.

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


def _write(db: Database, run: str, study: Study, found: RunDirectory) -> None:
    [aims] = study.scoring_targets(study.profiles[0]) or ((),)
    with db.write() as connection:
        connection.execute("UPDATE runs SET created=? WHERE id=?", (found.written, run))
        connection.execute("INSERT INTO run_tags VALUES (?,?)", (run, TAG))
        for made, start, end in _timed(found):
            scenario = study.scenarios[made.scenario]
            sample = connection.execute(
                "INSERT INTO samples (run, scenario, profile, repeat, backbone, status, started)"
                " VALUES (?,?,0,0,'','done',?) RETURNING id",
                (run, made.scenario, start),
            ).fetchone()[0]
            connection.execute(
                "INSERT INTO results (sample, finished, started, choice, choice_text, reasoning,"
                " probabilities, notes, latency_s) VALUES (?,?,?,?,?,?,?,?,?)",
                (
                    sample,
                    end,
                    start,
                    made.choice,
                    scenario.choices[made.choice].text,
                    made.reasoning,
                    json.dumps(made.probabilities) if made.probabilities else None,
                    json.dumps(list(made.notes)),
                    made.latency_s,
                ),
            )
            if aims:
                whole = Decision(ChoiceAnswer(made.choice), "", made.probabilities)
                scored = study.scorer.score_made(whole, scenario, aims)
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


def _timed(found: RunDirectory) -> Iterator[tuple[Recorded, float, float]]:
    """(decision, start, end), one after the other; the last ends when the file was written."""
    at = found.written - sum(made.latency_s for made in found.decisions)
    for made in found.decisions:
        yield made, at, at + made.latency_s
        at += made.latency_s
