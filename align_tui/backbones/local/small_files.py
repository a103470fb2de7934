"""The small files of a model's folder: JSON that is read here, and what transformers reads itself.

A folder comes from anybody. What transformers opens is looked at first: a pipe among the files
would have it wait, and a config of a thousand million layers would have it build them.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from align_tui.config.reading.bounded_json import parse_object
from align_tui.config.reading.files import open_regular, read_bytes
from align_tui.core.errors import AlignError, BackboneError

MOST_JSON = 20_000_000
MOST_BYTES = 200_000_000
"""The largest tokenizers take some 40 MB."""
ENDINGS = (".json", ".jinja", ".txt", ".model", ".py")
MOST_COUNTED = 20_000
_COUNTS = re.compile("layer|expert|head|label|block")


def object_in(path: Path) -> dict[str, Any]:
    """The object that a JSON file holds; raises ValueError for whatever is wrong with it."""
    try:
        return parse_object(read_bytes(path, MOST_JSON, BackboneError))
    except AlignError as error:
        raise ValueError(error.message) from error


def check_small_files(folder: Path) -> None:
    """Raise BackboneError for files that transformers could not read in bounded time."""
    try:
        found = sorted(path for path in folder.iterdir() if path.suffix.lower() in ENDINGS)
    except OSError as error:
        raise BackboneError(f"{folder}: {error.strerror or error}") from error
    for path in found:
        if path.is_dir() or not (path.exists() or path.is_symlink()):
            continue
        with open_regular(path, BackboneError) as file:
            size = file.seek(0, 2)
        if size > MOST_BYTES:
            raise BackboneError(f"{path} is larger than {MOST_BYTES // 1_000_000} MB")
    if (folder / "config.json").is_file():
        check_counts(folder / "config.json")


def check_counts(path: Path) -> None:
    """Raise BackboneError for a config that counts more parts than any model has."""
    try:
        table = object_in(path)
    except ValueError as error:
        raise BackboneError(f"{path} cannot be read: {error}") from error
    tables = [table, *(each for each in table.values() if isinstance(each, dict))]
    for each in tables:
        for key, value in each.items():
            check_number(str(path), key, value)


def check_number(where: str, key: str, value: object) -> None:
    """Raise BackboneError for a number of layers, experts or heads that no model has."""
    if isinstance(value, int) and value > MOST_COUNTED and _COUNTS.search(key):
        raise BackboneError(
            f"{where} cannot be read: {key[:80]} is {min(value, 10**15):,}",
            "No model has so many. Is the file the model's own?",
        )
