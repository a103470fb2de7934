"""CSV: one line a decision and target."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

from align_tui.output.csv_cells import guarded
from align_tui.output.events import Event, stored_events
from align_tui.output.exporters.base import Exporter
from align_tui.output.json_text import json_text
from align_tui.store.database import Database

COLUMNS = (
    "run", "profile", "model", "scenario", "repeat", "target", "choice", "choice_text", "correct",
    "distance", "discriminating", "probability", "latency_s", "tokens", "thinking_tokens", "error",
    "reasoning", "thinking", "answer_kind", "answer_text", "ranking_function", "ranking_measure",
    "ranking_scores", "tied", "tie_break", "predictions", "relevance", "steps",
    "examples", "order", "orders", "cut",
)  # fmt: skip


def csv_lines(db: Database, run: str) -> Iterator[str]:
    """One line a decision and target that it is scored against, under a header."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS)
    writer.writeheader()
    for event in stored_events(db, run):
        if event["event"] in ("decision", "failed"):
            for row in _csv_rows(event):
                writer.writerow(
                    {k: guarded(v) if isinstance(v, str) else v for k, v in row.items()}
                )
        yield out.getvalue()
        out.seek(0)
        out.truncate()


def _csv_rows(event: Event) -> Iterator[dict[str, Any]]:
    row = {key: _empty(event.get(key)) for key in COLUMNS}
    row["error"] = event.get("error", {}).get("kind", "")
    chances = event.get("probabilities")
    row["probability"] = chances[event["choice"]] if chances and row["choice"] != "" else ""
    row |= _csv_basis(event)
    for target, score in (event.get("scores") or {"": {}}).items():
        yield row | {"target": target} | {key: _empty(value) for key, value in score.items()}


def _csv_basis(event: Event) -> dict[str, Any]:
    """The answer's kind and what it was made of; lists and objects as JSON in one cell."""
    answer, ranking = event.get("answer"), event.get("ranking")
    cells: dict[str, Any] = {
        key: json_text(event[key]) if event.get(key) is not None else ""
        for key in ("predictions", "relevance", "examples", "steps", "order", "orders")
    }
    if answer is not None:
        cells |= {"answer_kind": answer["kind"], "answer_text": answer["text"]}
    if ranking is not None:
        cells |= {
            "ranking_function": ranking["function"],
            "ranking_measure": ranking["measure"],
            "ranking_scores": json_text(ranking["scores"]),
            "tied": len(ranking["best"]),
            "tie_break": ranking["tie_break"],
        }
    return cells


def _empty(value: object) -> object:
    return "" if value is None else value


CSV = Exporter("CSV: one line a decision and target", ".csv", csv_lines)
