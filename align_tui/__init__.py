"""Compare how language models decide when they are told to value an attribute.

For notebooks: `read` gives the samples of a run as a pandas DataFrame, `read_rows` as dicts.
"""

# Nothing is imported here, not even `typing`: `python -m align_tui` still finds modules in the
# working folder until `isolation` has taken it off sys.path. Type checkers know the name below.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    import pandas as pd

__version__ = "0.1.0"
_READER = "align_tui.output.sample_table.frame"


def read(run: str | None = None, db: "Path | str | None" = None) -> "pd.DataFrame":
    """The samples of a run as a pandas DataFrame, one row a sample (docs/formats.md).

    `run` is an id, or the start or end of just one; None is the newest run. `db` is the run
    database; None is the one that `align-tui` uses. `attrs` of the frame say format, run, study
    and cluster rule. Raises ConfigError if pandas is not installed, and StoreError.
    """
    from importlib import import_module

    made: pd.DataFrame = import_module(_READER).read(run, db)
    return made


def read_rows(run: str | None = None, db: "Path | str | None" = None) -> "list[dict[str, Any]]":
    """The same rows as dicts by the names of the columns; this needs no pandas.

    Raises StoreError.
    """
    from importlib import import_module

    rows: list[dict[str, Any]] = import_module(_READER).read_rows(run, db)
    return rows
