"""Read the columns of a run for comparisons and reports: one column a profile."""

from __future__ import annotations

from align_tui.config.profile import Profile
from align_tui.config.study import Study
from align_tui.core.columns import Column, Outcome, SampleKey
from align_tui.core.settings import flatten
from align_tui.store import inheritance, run_models, runs
from align_tui.store.clusters import clustering_of
from align_tui.store.database import Database


def read_columns(
    db: Database, run: str, profiles: set[int] | None = None, *, inherited: bool = False
) -> list[Column]:
    """The columns of a run (all, or those of `profiles`) with the results so far.

    With `inherited`, they include the decisions that the run inherits. They hold no reasoning: a
    comparison reads it for one row at a time. Raises StoreError.
    """
    study = runs.load_study(db, run)
    outcomes: dict[int, dict[SampleKey, Outcome]] = {}
    for row in db.read(
        "SELECT s.id, s.scenario, s.profile, s.repeat, r.choice,"
        " CASE WHEN r.choice IS NULL AND r.error_kind IS NULL THEN r.choice_text END AS answer"
        " FROM samples s"
        " JOIN results r ON r.sample=s.id WHERE s.run=?",
        (run,),
    ):
        place = (row["scenario"], row["repeat"])
        outcomes.setdefault(row["profile"], {})[place] = Outcome(
            row["id"], row["choice"], row["answer"]
        )
    if inherited:
        for (scenario, profile, repeat), each in inheritance.inherited(db, run, study).items():
            text = None if each.choice is not None else answer_text(db, each.sample)
            outcome = Outcome(each.sample, each.choice, text)
            outcomes.setdefault(profile, {}).setdefault((scenario, repeat), outcome)
    versions = runs.run_versions(db, run)
    grouping = clustering_of(db, run)
    return [
        Column(
            run=run,
            profile=index,
            name=profile.name,
            targets=profile.target,
            under=study.scoring_targets(profile),
            scorer=study.scorer,
            settings=_settings(study, profile, versions)
            | run_models.settings_of(run_models.models_of(db, run, index)),
            scenarios=study.scenarios,
            outcomes=outcomes.get(index, {}),
            model=profile.model_label,
            clustering=grouping,
            margin=study.margin,
        )
        for index, profile in enumerate(study.profiles)
        if profiles is None or index in profiles
    ]


def list_columns(db: Database, limit: int = 2_000) -> list[tuple[str, str, int, str, str]]:
    """(run, its name, profile, its name, its model) of up to `limit` columns, newest run first."""
    rows = db.read(
        "SELECT p.run, r.name AS study, p.idx, p.name, p.body FROM run_profiles p"
        " JOIN runs r ON r.id=p.run ORDER BY r.created DESC, r.rowid DESC, p.idx LIMIT ?",
        (limit,),
    )
    return [
        (row["run"], row["study"], row["idx"], row["name"], runs.model_label(row["body"]))
        for row in rows
    ]


def _settings(study: Study, profile: Profile, versions: dict[str, str]) -> dict[str, str]:
    body = {key: value for key, value in profile.body().items() if key != "name"}
    model = f"model of {profile.name}"
    others = {k: v for k, v in versions.items() if not k.startswith(runs.OF_PROFILES)}
    return (
        flatten(body)
        | ({"model": versions[model]} if model in versions else {})
        | {"study.rule": study.rule, "study.repeat": str(study.repeat)}
        | {f"version.{name}": version for name, version in others.items()}
    )


def answer_text(db: Database, sample: int) -> str | None:
    """The text of a sample's choice, or its text answer; None if it has no decision."""
    row = db.one("SELECT choice_text FROM results WHERE sample=? AND error_kind IS NULL", (sample,))
    return str(row[0] or "") if row is not None else None


def reasoning_of(db: Database, samples: tuple[int | None, ...]) -> tuple[str, ...]:
    """The reasoning of each sample, or why it failed; '' for a sample with neither."""
    texts: dict[int | None, str] = {}
    wanted = [sample for sample in samples if sample is not None]
    marks = ",".join("?" * len(wanted))
    for row in db.read(
        f"SELECT sample, reasoning, error_message FROM results WHERE sample IN ({marks})", wanted
    ):
        texts[row["sample"]] = row["error_message"] or row["reasoning"]
    return tuple(texts.get(sample, "") for sample in samples)
