"""CSV: one line a sample, or one line a sample and target."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import datetime

from align_tui.output.csv_cells import guarded
from align_tui.output.exporters.base import Exporter
from align_tui.output.json_text import json_text
from align_tui.output.sample_table.columns import COLUMNS, Column
from align_tui.output.sample_table.rows import TableRow, by_target, sample_table
from align_tui.store.database import Database

_EVERY = 500  # lines in a piece of the file


def csv_lines(db: Database, run: str) -> Iterator[str]:
    """One line a sample under a header; three columns more for each target of the study."""
    table = sample_table(db, run)
    return _lines(table.columns, table.rows())


def csv_target_lines(db: Database, run: str) -> Iterator[str]:
    """One line a sample and target that it is scored against, under a header."""
    rows = sample_table(db, run).rows()
    return _lines(COLUMNS, (each for row in rows for each in by_target(row)))


def _lines(columns: Sequence[Column], rows: Iterator[TableRow]) -> Iterator[str]:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([guarded(column.name) for column in columns])
    for count, row in enumerate(rows, 1):
        writer.writerow([_cell(column, row[column.name]) for column in columns])
        if count % _EVERY == 0:
            yield out.getvalue()
            out.seek(0)
            out.truncate()
    yield out.getvalue()


def _cell(column: Column, value: object) -> object:
    """The value as a cell: JSON for lists and objects, ISO 8601 for times, nothing for null."""
    if value is None:
        return ""
    if column.type in ("json", "integers", "numbers"):
        return json_text(value)
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds")
    return guarded(value) if isinstance(value, str) else value


CSV = Exporter("CSV: one row per sample", ".csv", csv_lines)
CSV_BY_TARGET = Exporter("CSV: one row per sample and target", "-targets.csv", csv_target_lines)
