"""Check the small files of a model's folder before transformers opens them, and read its JSON.

A folder may be hostile: transformers would wait for a pipe among the files, and build the layers of
a config that asks for a billion of them.
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
    """The object in a JSON file; raises ValueError for any fault of the file."""
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
    """Raise BackboneError for a config with more layers, heads, ... than any model has."""
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
            "No model has so many. Fetch the model's files again.",
        )
