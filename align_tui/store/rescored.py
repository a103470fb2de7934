"""Write a run whose decisions were made anew from those of its parent, without a model."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from align_tui.config.study import Study
from align_tui.core.decisions import Decision
from align_tui.core.scorers.base import Score
from align_tui.store import runs
from align_tui.store.basis import TABLES as BASIS_TABLES
from align_tui.store.basis import basis_rows
from align_tui.store.database import Database
from align_tui.store.orders import halves_json, shown_json
from align_tui.store.results import Result
from align_tui.store.run_inputs import read_inputs
from align_tui.store.run_sources import identities, identity_of, sources_of_profile
from align_tui.store.turns import turn_columns
from align_tui.store.waits import asked_at

MADE_FROM = "made from run"
"""Among a run's versions: the run whose replies it has."""
NO_CHANGES: Mapping[str, object] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class NewOutcome:
    """A sample of the parent (`result`) as it is in the child.

    `decision` is its new decision; None if it stays as it was, or failed. `error` (kind, message)
    says why it failed now. `scores` are by target id.
    """

    result: Result
    decision: Decision | None
    scores: Mapping[str, Score]
    error: tuple[str, str] | None = None


def write_child(
    db: Database,
    parent: str,
    study: Study,
    versions: Mapping[str, str],
    outcomes: Sequence[NewOutcome],
) -> str:
    """Write a child run of `parent` with these outcomes, in their order; returns its id.

    It has the parent's replies, times and models. Raises StoreError; then nothing is written.
    """
    run = runs.create_run(db, study, dict(versions), parent=parent, enqueue=False)
    try:
        with db.write() as connection:
            connection.execute(
                "UPDATE run_profiles SET model=(SELECT p.model FROM run_profiles p"
                " WHERE p.run=? AND p.idx=run_profiles.idx) WHERE run=?",
                (parent, run),
            )
            _keep_what_decided(connection, parent, run)
            _identify(db, connection, parent, run, study)
            _write(connection, run, study, outcomes)
    except BaseException:
        runs.delete_run(db, run)
        raise
    return run


def _keep_what_decided(connection: sqlite3.Connection, parent: str, run: str) -> None:
    """Give the child the prompts, code and models that made its replies.

    They may have changed since. Only the alignment functions, and what belongs to the whole run,
    are those of the child. A parent of an earlier version stored none, and then the child has none.
    """
    own = "kind='alignment' OR profile=-1"
    connection.execute(f"DELETE FROM run_sources WHERE run=? AND NOT ({own})", (run,))
    connection.execute(
        "INSERT OR IGNORE INTO run_sources SELECT ?, profile, kind, name, hash FROM run_sources"
        f" WHERE run=? AND NOT ({own})",
        (run, parent),
    )
    connection.execute(
        "INSERT OR IGNORE INTO run_models SELECT ?, profile, role, hash, found FROM run_models"
        " WHERE run=?",
        (run, parent),
    )


def _identify(
    db: Database, connection: sqlite3.Connection, parent: str, run: str, study: Study
) -> None:
    """Write the identities of the child's profiles; unknown where the parent's are."""
    inputs = read_inputs(db, run)
    for idx, (profile, before) in enumerate(
        zip(study.profiles, identities(db, parent), strict=True)
    ):
        found = identity_of(profile, inputs, sources_of_profile(db, run, idx))
        values = (found if before is not None else None, run, idx)
        connection.execute("UPDATE run_profiles SET identity=? WHERE run=? AND idx=?", values)


def _write(
    connection: sqlite3.Connection, run: str, study: Study, outcomes: Sequence[NewOutcome]
) -> None:
    keys = [profile.backbone_key for profile in study.profiles]
    turns = turn_columns(study)
    copy = _Copies(connection)
    for outcome in outcomes:
        result, decision = outcome.result, outcome.decision
        place = (result.scenario, result.profile)
        failed = outcome.error is not None or result.error_kind is not None
        sample = connection.execute(
            "INSERT INTO samples (run, scenario, profile, repeat, backbone, status, started,"
            " asked, context, turn) VALUES (?,?,?,?,?,?,?,?,?,?) RETURNING id",
            (
                run,
                *place,
                result.repeat,
                keys[result.profile],
                "failed" if failed else "done",
                result.started,
                asked_at(result.started, result.waited_s),
                *turns.get(place, (None, None)),
            ),
        ).fetchone()[0]
        copy.row("results", result.sample, sample, _changes(study, outcome))
        copy.row("responses", result.sample, sample)
        if outcome.error is None and decision is None:
            for table in BASIS_TABLES:
                copy.row(table, result.sample, sample)
        elif decision is not None:
            for statement, values in basis_rows(sample, decision):
                connection.execute(statement, values)
        connection.executemany(
            "INSERT INTO scores VALUES (?,?,?,?,?,?,?)",
            [
                (
                    sample,
                    run,
                    result.profile,
                    target,
                    None if score.correct is None else int(score.correct),
                    int(score.discriminating),
                    score.distance,
                )
                for target, score in outcome.scores.items()
            ],
        )


def _changes(study: Study, outcome: NewOutcome) -> dict[str, object]:
    """The columns of the result that differ from the parent's."""
    decision = outcome.decision
    if outcome.error is not None:
        kind, message = outcome.error
        unset = dict.fromkeys(("choice", "choice_text", "votes", "probabilities"))
        return {**unset, "reasoning": "", "notes": "[]", "error_kind": kind,
                "error_message": message, "shown": None, "halves": None}  # fmt: skip
    if decision is None or decision.choice is None:
        return {}
    return {
        "choice": decision.choice,
        "choice_text": study.scenarios[outcome.result.scenario].choice_texts[decision.choice],
        "reasoning": decision.reasoning,
        "votes": json.dumps(decision.votes, allow_nan=False) if decision.votes else None,
        "notes": json.dumps(list(decision.notes)),
        "shown": shown_json(decision.shown),
        "halves": halves_json(decision),
    }


class _Copies:
    """Copies a sample's rows of a table, with all columns that the table has."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._columns: dict[str, list[str]] = {}

    def row(
        self, table: str, before: int, sample: int, changes: Mapping[str, object] = NO_CHANGES
    ) -> None:
        """Copy the rows of the sample `before`; `changes` are values by column."""
        if table not in self._columns:
            rows = self._connection.execute(f"PRAGMA table_info({table})")
            names = [str(row[1]) for row in rows]
            self._columns[table] = [name for name in names if name not in ("seq", "sample")]
        names = self._columns[table]
        values = ", ".join("?" if name in changes else name for name in names)
        self._connection.execute(
            f"INSERT INTO {table} (sample, {', '.join(names)}) SELECT ?, {values} FROM {table}"
            " WHERE sample=?",
            (sample, *(changes[name] for name in names if name in changes), before),
        )
