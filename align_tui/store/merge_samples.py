"""Bring a run's samples with their results and annotations from another database into this one."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from align_tui.store.merge_copy import Copier, Values
from align_tui.store.merge_plan import Place, Planned, Sample, plan
from align_tui.store.merge_rules import RULES, OfResult, OfSample

EXAMPLES = 20  # differing samples that are named
_PLACE = ("scenario", "profile", "repeat")
_OPEN: Values = {"status": "pending", "worker": None, "started": None, "lease": None}
_SAMPLES = (
    "SELECT s.id, s.scenario, s.profile, s.repeat, s.status, s.context, s.turn, r.seq, r.choice,"
    " r.choice_text, r.reasoning FROM samples s LEFT JOIN results r ON r.sample=s.id WHERE s.run=?"
)


@dataclass(frozen=True, slots=True)
class Differing:
    """A sample that the two databases decided differently, with what each took."""

    place: Place
    ours: str
    theirs: str


@dataclass(frozen=True, slots=True)
class Brought:
    """How many decisions and failures were taken, and how many samples both decided differently.

    `differing` names the first of them.
    """

    decisions: int = 0
    failures: int = 0
    differ: int = 0
    differing: tuple[Differing, ...] = ()


NOTHING = Brought()


def bring_samples(copier: Copier, run: str) -> Brought:
    """Take from the source what it has of the run's samples beyond ours. Raises Refused."""
    ours = _samples(copier.target.execute(_SAMPLES, (run,)))
    theirs = _samples(copier.rows(_SAMPLES, (run,)))
    rows = {
        tuple(row[name] for name in _PLACE): row
        for row in copier.theirs("samples", "WHERE t.run", run)
    }
    taken: dict[int, int] = {}  # sample there -> sample here
    annotated: dict[int, int] = {}  # result there -> result here
    counts = {"done": 0, "failed": 0}
    differing: list[Differing] = []
    differ = 0
    for each in plan(ours, theirs):
        if each.act == "theirs" and each.theirs is not None:
            row = rows[each.place]
            taken[each.theirs.id] = _take(copier, each, row)
            counts[each.theirs.status] += 1
        elif each.act == "open":
            _leave_open(copier, each, rows.get(each.place))
        elif each.is_same_decision and each.theirs is not None and each.ours is not None:
            annotated[each.theirs.seq or 0] = each.ours.seq or 0
        if each.differs:
            differ += 1
            if len(differing) < EXAMPLES:
                differing.append(_differing(each))
    if taken:
        annotated |= _bring_results(copier, run, taken)
    if annotated:
        _bring_annotations(copier, run, annotated)
    return Brought(counts["done"], counts["failed"], differ, tuple(differing))


def _samples(rows: Iterable[sqlite3.Row]) -> dict[Place, Sample]:
    found = {}
    for row in rows:
        is_done = row["status"] == "done"
        choice = (row["choice"], str(row["choice_text"] or ""))
        found[row["scenario"], row["profile"], row["repeat"]] = Sample(
            id=row["id"],
            status=row["status"],
            choice=choice if is_done else None,
            said=hash((*choice, row["reasoning"])) if is_done else None,
            context=row["context"],
            turn=row["turn"],
            seq=row["seq"],
        )
    return found


def _differing(each: Planned) -> Differing:
    assert each.ours is not None and each.theirs is not None
    texts = [sample.choice[1] if sample.choice else "" for sample in (each.ours, each.theirs)]
    return Differing(each.place, *texts)


def _take(copier: Copier, each: Planned, row: Values) -> int:
    """Give the sample the state that it has in the source; its id here."""
    made = {name: value for name, value in row.items() if name != "id"} | {"lease": None}
    if each.ours is None:
        return copier.put("samples", made)
    _clear(copier, each.ours.id)
    del made["run"], made["scenario"], made["profile"], made["repeat"]
    assigned = ", ".join("attempt=max(attempt, ?)" if n == "attempt" else f"{n}=?" for n in made)
    copier.target.execute(
        f"UPDATE samples SET {assigned} WHERE id=?", (*made.values(), each.ours.id)
    )
    return each.ours.id


def _leave_open(copier: Copier, each: Planned, row: Values | None) -> None:
    """Queue a sample that this database lacks, or whose result no longer fits its history."""
    if each.ours is None and row is not None:
        copier.put("samples", {n: v for n, v in row.items() if n != "id"} | _OPEN | {"attempt": 0})
    elif each.ours is not None and each.ours.seq is not None:
        _clear(copier, each.ours.id)
        copier.target.execute(
            "UPDATE samples SET status='pending', worker=NULL WHERE id=?", (each.ours.id,)
        )


def _clear(copier: Copier, sample: int) -> None:
    """Delete this database's result of a sample, its live text and its count of ended workers."""
    tables = [rule.table for rule in RULES if isinstance(rule, OfSample)]
    for table in ("results", *tables, "live", "suspects"):
        copier.target.execute(f"DELETE FROM {table} WHERE sample=?", (sample,))


def _bring_results(copier: Copier, run: str, taken: dict[int, int]) -> dict[int, int]:
    """Copy the results of samples and all that belongs to them: {result there: result here}."""
    seqs = {}
    of_run = "JOIN samples s ON s.id=t.sample WHERE s.run"
    found = copier.theirs("results", of_run, run)
    ended = [row for row in found if _number(row, "sample") in taken]
    for row in sorted(ended, key=lambda row: _number(row, "seq")):
        made = {name: value for name, value in row.items() if name != "seq"}
        made["sample"] = taken[_number(row, "sample")]
        seqs[_number(row, "seq")] = copier.put("results", made)
    for rule in RULES:
        if isinstance(rule, OfSample):
            for row in copier.theirs(rule.table, of_run, run):
                sample = taken.get(_number(row, "sample"))
                if sample is not None:
                    copier.bring_bodies(row, rule.bodies)
                    copier.put(rule.table, row | {"sample": sample})
    return seqs


def _number(row: Values, column: str) -> int:
    value = row[column]
    assert isinstance(value, int)  # the copier checks that a number is one
    return value


def _bring_annotations(copier: Copier, run: str, seqs: dict[int, int]) -> None:
    """Copy annotations of the same decisions, unless this database has its own."""
    of_run = "JOIN results r ON r.seq=t.seq JOIN samples s ON s.id=r.sample WHERE s.run"
    for rule in RULES:
        if not isinstance(rule, OfResult):
            continue
        for row in copier.theirs(rule.table, of_run, run):
            here = seqs.get(_number(row, "seq"))
            has = copier.target.execute(f"SELECT 1 FROM {rule.table} WHERE seq=?", (here,))
            if here is not None and has.fetchone() is None:
                copier.put(rule.table, row | {"seq": here})
