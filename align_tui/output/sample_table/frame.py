"""Read a run from Python: as a pandas DataFrame, or as a list of dicts without pandas."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from align_tui.config import paths
from align_tui.core.errors import AlignError, ConfigError
from align_tui.output.sample_table.rows import SampleTable, TableRow, sample_table
from align_tui.store import runs
from align_tui.store.database import open_database

if TYPE_CHECKING:
    import pandas as pd

INSTALL = (
    "Install it: pip install 'align-tui[pandas]' (in a checkout: pip install -e '.[pandas]'). "
    "align_tui.read_rows gives the same rows as a list of dicts without it."
)
_DTYPES = {
    "text": "string",
    "integer": "Int64",
    "number": "float64",
    "boolean": "boolean",
    "time": "datetime64[us, UTC]",
}
"""The dtypes by type of a column; lists and JSON are Python objects."""


def read(run: str | None, db: Path | str | None) -> pd.DataFrame:
    """The samples of a run as a DataFrame; its `attrs` say format, run, study and cluster rule.

    Raises ConfigError without pandas, and StoreError; the traceback shows their hints.
    """
    with _opened(run, db) as table:
        if find_spec("pandas") is None:
            raise ConfigError(
                "A DataFrame needs the package pandas, which is not installed", INSTALL
            )
        import pandas as pd

        rows = list(table.rows())
        made = pd.DataFrame(
            {
                column.name: pd.Series(
                    [row[column.name] for row in rows], dtype=_DTYPES.get(column.type, "object")
                )
                for column in table.columns
            }
        )
        made.attrs.update(table.about)
        return made


def read_rows(run: str | None, db: Path | str | None) -> list[TableRow]:
    """The samples of a run as dicts by the names of the columns. Raises StoreError."""
    with _opened(run, db) as table:
        return list(table.rows())


@contextmanager
def _opened(run: str | None, db: Path | str | None) -> Iterator[SampleTable]:
    """The table of a run; the database is only read."""
    try:
        path = paths.default_database() if db is None else Path(db)
        opened = open_database(path, read_only=True)
        try:
            yield sample_table(opened, runs.resolve(opened, run))
        finally:
            opened.close()
    except AlignError as error:
        error.add_note(f"{error.title}. {error.hint}".strip())
        raise
