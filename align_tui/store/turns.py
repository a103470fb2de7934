"""Samples that are decided in turn, since each needs the decisions before it.

A sample's row has its context and its turn there (core/alignment/history.py). The queue gives it
to a worker only when no earlier sample of its context is pending or running, in the same run,
profile and repeat. So the order holds for several workers, after a worker was killed, and on retry.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence

from align_tui.config.study import Study
from align_tui.core.predictions import Prediction
from align_tui.store.database import Database
from align_tui.studies.turns import turns


def in_turn(samples: str) -> str:
    """SQL that is true for a row of `samples` (a table's alias) whose turn has come.

    Its terms are those of the index samples_turn, so that the search is one step.
    """
    s = samples
    return (
        f"({s}.turn IS NULL OR NOT EXISTS (SELECT 1 FROM samples earlier"
        f" WHERE earlier.run={s}.run AND earlier.profile={s}.profile"
        f" AND earlier.repeat={s}.repeat AND earlier.context={s}.context"
        f" AND earlier.turn IS NOT NULL AND earlier.turn<{s}.turn"
        " AND earlier.status IN ('pending', 'running')))"
    )


def turn_columns(study: Study) -> dict[tuple[int, int], tuple[str, int]]:
    """The context and the turn of each (scenario, profile) that needs a history."""
    found = {}
    for profile in range(len(study.profiles)):
        for scenario, turn in enumerate(turns(study, profile) or ()):
            found[scenario, profile] = (turn.context, turn.place)
    return found


def later_samples(connection: sqlite3.Connection, samples: Sequence[int]) -> list[int]:
    """The samples that began after any of `samples`, whose decisions belong to their history."""
    rows = connection.execute(
        "SELECT DISTINCT later.id FROM samples s JOIN samples later ON later.run=s.run"
        " AND later.profile=s.profile AND later.repeat=s.repeat AND later.context=s.context"
        " AND later.turn>s.turn WHERE s.id IN (SELECT value FROM json_each(?))"
        " AND s.turn IS NOT NULL AND later.status<>'pending'",
        (json.dumps(list(samples)),),
    )
    return [int(row[0]) for row in rows]


def statuses(
    db: Database, run: str, profile: int, repeat: int, scenarios: Sequence[int]
) -> dict[int, tuple[int, str]]:
    """(sample, status) of each of `scenarios` that the run has a sample of. Raises StoreError."""
    rows = db.read(
        "SELECT scenario, id, status FROM samples WHERE run=? AND profile=? AND repeat=?"
        " AND scenario IN (SELECT value FROM json_each(?))",
        (run, profile, repeat, json.dumps(list(scenarios))),
    )
    return {int(row["scenario"]): (int(row["id"]), str(row["status"])) for row in rows}


def taken_predictions(db: Database, samples: Sequence[int]) -> list[dict[str, Prediction]]:
    """The predictions of the choice that each sample took, in the order of `samples`.

    They are empty for a sample that took no choice or has no predictions. Raises StoreError.
    """
    found: dict[int, dict[str, Prediction]] = {sample: {} for sample in samples}
    rows = db.read(
        "SELECT p.sample, p.attribute, p.samples, p.rater FROM results r"
        " JOIN predictions p ON p.sample=r.sample AND p.choice=r.choice"
        " WHERE r.sample IN (SELECT value FROM json_each(?)) ORDER BY p.sample, p.idx",
        (json.dumps(list(samples)),),
    )
    for row in rows:
        values = tuple(float(each) for each in json.loads(row["samples"]))
        if values:
            found[int(row["sample"])][str(row["attribute"])] = Prediction(values, (), row["rater"])
    return [found[sample] for sample in samples]
