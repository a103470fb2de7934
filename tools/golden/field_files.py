"""Where the field's own files are, which some vectors were computed from."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

DATA = "ALIGN_TUI_GOLDEN_DATA"
"""The environment variable that names the folder."""


def field_files() -> Path:
    """The folder that DATA names, or else the checkout's neighbour `shared/data`."""
    named = os.environ.get(DATA)
    return Path(named) if named else Path(__file__).parents[3] / "shared" / "data"


def set_field_files(vectors: Iterable[Path]) -> None:
    """Set DATA, if it is not set, to the folder that has one of the vectors in its `golden`."""
    parents = (parent for path in vectors for parent in path.absolute().parents)
    found = next((each.parent for each in parents if each.name == "golden"), None)
    if found is not None:
        os.environ.setdefault(DATA, str(found))
