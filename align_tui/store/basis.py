"""Read and write a decision's basis: predictions, relevance, ranking, examples and steps."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from align_tui.core.alignment.ranking import Ranking, TieBreak
from align_tui.core.decisions import Decision, Step, UsedExample
from align_tui.core.predictions import Prediction, Predictions, Relevance
from align_tui.core.types import canonical, content_hash
from align_tui.store.database import Database, Row

PAGE = 500  # samples in one query
TABLES = ("predictions", "relevance", "rankings", "steps", "examples")
Rows = list[tuple[str, tuple[object, ...]]]
NO_ATTRIBUTE = ""  # in the row of a choice that has no value for any attribute
_NONE: Mapping[str, Prediction] = {NO_ATTRIBUTE: Prediction(())}


@dataclass(frozen=True, slots=True)
class Basis:
    """What one decision was made of. A direct decision-maker's has steps and examples at most."""

    predictions: Predictions | None = None
    relevance: Relevance | None = None
    ranking: Ranking | None = None
    steps: tuple[Step, ...] = ()
    examples: tuple[UsedExample, ...] = ()


NOTHING = Basis()


def basis_rows(sample: int, decision: Decision) -> Rows:
    """The statements that write a decision's basis."""
    rows: Rows = []
    for choice, predicted in enumerate(decision.predictions or ()):
        for idx, (attribute, each) in enumerate((predicted or _NONE).items()):
            rows.append(
                (
                    "INSERT INTO predictions VALUES (?,?,?,?,?,?,?)",
                    (
                        sample,
                        choice,
                        idx,
                        attribute,
                        _numbers(each.samples),
                        json.dumps(list(each.reasons), ensure_ascii=False),
                        each.rater,
                    ),
                )
            )
    if decision.relevance is not None:
        rater = decision.relevance.rater
        for choice, values in enumerate(decision.relevance.by_choice):
            rows += [
                (
                    "INSERT INTO relevance VALUES (?,?,?,?,?,?)",
                    (sample, choice, idx, attribute, value, rater),
                )
                for idx, (attribute, value) in enumerate((values or {NO_ATTRIBUTE: 0.0}).items())
            ]
    if decision.ranking is not None:
        ranked = _ranking_row(sample, decision.ranking)
        rows.append(("INSERT INTO rankings VALUES (?,?,?,?,?,?,?,?,?,?,?)", ranked))
    rows += [
        ("INSERT INTO steps VALUES (?,?,?,?)", (sample, idx, step.name, step.seconds))
        for idx, step in enumerate(decision.steps)
    ]
    return rows + _example_rows(sample, decision.examples)


def _example_rows(sample: int, examples: Sequence[UsedExample]) -> Rows:
    rows: Rows = []
    for idx, one in enumerate(examples):
        prompt = content_hash(one.prompt)
        rows.append(("INSERT OR IGNORE INTO texts VALUES (?,?)", (prompt, one.prompt)))
        values = (sample, idx, one.example, one.similarity, one.attribute, prompt, one.response)
        rows.append(("INSERT INTO examples VALUES (?,?,?,?,?,?,?)", values))
    return rows


def _ranking_row(sample: int, ranking: Ranking) -> tuple[object, ...]:
    return (
        sample,
        ranking.function,
        ranking.measure,
        _numbers(ranking.scores),
        json.dumps(list(ranking.best)),
        ranking.taken,
        ranking.tie_break,
        canonical(dict(ranking.parameters)),
        json.dumps(list(ranking.notes), ensure_ascii=False),
        ranking.sample,
        canonical(dict(ranking.details)),
    )


def _numbers(values: Sequence[float]) -> str:
    return json.dumps(list(values), allow_nan=False)


def basis_of(db: Database, sample: int) -> Basis:
    """Read the basis of one sample's decision. Raises StoreError."""
    return bases_of(db, [sample])[sample]


def bases_of(db: Database, samples: Sequence[int]) -> dict[int, Basis]:
    """Read the bases of decisions, by sample: five queries for each 500. Raises StoreError."""
    found: dict[int, Basis] = {}
    for start in range(0, len(samples), PAGE):
        part = tuple(samples[start : start + PAGE])
        marks = ",".join("?" * len(part))
        found |= dict.fromkeys(part, NOTHING)
        found |= _read(db, f"sample IN ({marks})", part)
    return found


def bases_at(db: Database, run: str, scenario: int) -> dict[int, Basis]:
    """Read the bases of all profiles' decisions on one scenario, by sample. Raises StoreError.

    Samples without a basis are left out.
    """
    where = "sample IN (SELECT id FROM samples WHERE run=? AND scenario=?)"
    return _read(db, where, (run, scenario))


def has_ratings(db: Database, run: str) -> bool:
    """True if any decision of the run has predictions or a ranking. Raises StoreError."""
    found = db.one(
        "SELECT EXISTS (SELECT 1 FROM samples s CROSS JOIN rankings r ON r.sample=s.id"
        " WHERE s.run=?) OR EXISTS (SELECT 1 FROM samples s CROSS JOIN predictions p"
        " ON p.sample=s.id WHERE s.run=?)",
        (run, run),
    )
    return found is not None and bool(found[0])


def _read(db: Database, where: str, values: Sequence[object]) -> dict[int, Basis]:
    parts = {
        table: _by_sample(db.read(f"SELECT * FROM {table} WHERE {where} ORDER BY {order}", values))
        for table, order in (
            ("predictions", "sample, choice, idx"),
            ("relevance", "sample, choice, idx"),
            ("rankings", "sample"),
            ("steps", "sample, idx"),
            ("examples", "sample, idx"),
        )
    }
    predictions, relevance, rankings, steps, examples = (parts[table] for table in TABLES)
    prompts = _prompts(db, {row["prompt"] for rows in examples.values() for row in rows})
    return {
        sample: Basis(
            _predictions(predictions[sample]) if sample in predictions else None,
            _relevance(relevance[sample]) if sample in relevance else None,
            _ranking(rankings[sample][0]) if sample in rankings else None,
            tuple(Step(row["name"], row["seconds"]) for row in steps.get(sample, ())),
            tuple(
                UsedExample(
                    row["example"],
                    row["similarity"],
                    row["attribute"],
                    prompts.get(row["prompt"], ""),
                    row["response"],
                )
                for row in examples.get(sample, ())
            ),
        )
        for sample in {sample for part in parts.values() for sample in part}
    }


def _prompts(db: Database, hashes: set[str]) -> dict[str, str]:
    """Texts by their hash, each read once: many decisions show the same examples."""
    found: dict[str, str] = {}
    listed = sorted(hashes)
    for start in range(0, len(listed), PAGE):
        part = listed[start : start + PAGE]
        marks = ",".join("?" * len(part))
        rows = db.read(f"SELECT hash, body FROM texts WHERE hash IN ({marks})", part)
        found |= {str(row["hash"]): str(row["body"]) for row in rows}
    return found


def _by_sample(rows: Sequence[Row]) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = {}
    for row in rows:
        found.setdefault(row["sample"], []).append(row)
    return found


def _predictions(rows: Sequence[Row]) -> Predictions:
    found: list[dict[str, Prediction]] = [{} for _ in range(_choices(rows))]
    for row in rows:
        if row["attribute"] != NO_ATTRIBUTE:
            samples = tuple(float(each) for each in json.loads(row["samples"]))
            reasons = tuple(str(each) for each in json.loads(row["reasons"]))
            found[row["choice"]][row["attribute"]] = Prediction(samples, reasons, row["rater"])
    return tuple(found)


def _relevance(rows: Sequence[Row]) -> Relevance:
    found: list[dict[str, float]] = [{} for _ in range(_choices(rows))]
    for row in rows:
        if row["attribute"] != NO_ATTRIBUTE:
            found[row["choice"]][row["attribute"]] = row["value"]
    by_choice: tuple[Mapping[str, float], ...] = tuple(found)
    return Relevance(by_choice, rows[0]["rater"])


def _choices(rows: Sequence[Row]) -> int:
    return int(max(row["choice"] for row in rows)) + 1


def _ranking(row: Row) -> Ranking:
    return Ranking(
        function=row["function"],
        measure=row["measure"],
        scores=tuple(float(each) for each in json.loads(row["scores"])),
        best=tuple(int(each) for each in json.loads(row["best"])),
        taken=row["taken"],
        tie_break=cast(TieBreak, row["tie_break"]),
        parameters=json.loads(row["parameters"]),
        notes=tuple(str(each) for each in json.loads(row["notes"])),
        sample=row["sample_taken"],
        details=json.loads(row["details"]),
    )
