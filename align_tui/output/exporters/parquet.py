"""Parquet: one row a sample, with the types of the columns. pyarrow, an extra, writes it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from itertools import islice
from typing import TYPE_CHECKING, BinaryIO

from align_tui.core.errors import ConfigError
from align_tui.output.exporters.base import Exporter
from align_tui.output.json_text import json_text
from align_tui.output.sample_table.columns import Column
from align_tui.output.sample_table.rows import TableRow, sample_table
from align_tui.store.database import Database

if TYPE_CHECKING:
    import pyarrow as pa

ROWS = 2_000  # in a row group: long reasoning makes rows of several kilobytes
INSTALL = (
    "Install it: pip install 'align-tui[parquet]' (in a checkout: pip install -e '.[parquet]')."
)


def parquet(db: Database, run: str, file: BinaryIO) -> None:
    """Write the run's samples to an open file; the file's metadata has what `about` says.

    Raises ConfigError without pyarrow, and StoreError.
    """
    if find_spec("pyarrow") is None:
        raise ConfigError("Parquet needs the package pyarrow, which is not installed", INSTALL)
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = sample_table(db, run)
    schema = pa.schema(
        [(column.name, _type(column)) for column in table.columns],
        metadata={f"align_tui.{key}": value for key, value in table.about.items()},
    )
    with pq.ParquetWriter(file, schema, compression="zstd") as writer:
        for part in _parts(table.rows()):
            rows = [_plain(table.columns, row) for row in part]
            writer.write_table(pa.Table.from_pylist(rows, schema=schema))


def _type(column: Column) -> pa.DataType:
    """The type of a column; JSON is text, as in CSV."""
    import pyarrow

    return {
        "text": pyarrow.string(),
        "json": pyarrow.string(),
        "integer": pyarrow.int64(),
        "number": pyarrow.float64(),
        "boolean": pyarrow.bool_(),
        "time": pyarrow.timestamp("us", tz="UTC"),
        "integers": pyarrow.list_(pyarrow.int64()),
        "numbers": pyarrow.list_(pyarrow.float64()),
    }[column.type]


def _plain(columns: Iterable[Column], row: TableRow) -> TableRow:
    texts = {
        column.name: json_text(row[column.name])
        for column in columns
        if column.type == "json" and row[column.name] is not None
    }
    return row | texts


def _parts(rows: Iterator[TableRow]) -> Iterator[list[TableRow]]:
    while part := list(islice(rows, ROWS)):
        yield part


PARQUET = Exporter(
    "Parquet: one row per sample (extra: parquet)", ".parquet", data=parquet, package="pyarrow"
)
