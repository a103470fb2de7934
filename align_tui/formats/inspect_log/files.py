"""The text of an Inspect log: one JSON file, or an archive (.eval) of JSON files."""

from __future__ import annotations

import importlib
import io
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path

from align_tui.config.reading.bounded_json import parse_json
from align_tui.config.reading.files import is_dir, is_file, open_regular, read_bytes
from align_tui.core.errors import DatasetError
from align_tui.core.types import Json
from align_tui.formats.files import MAX_BYTES, read_text, shown
from align_tui.formats.values import FilePosition, Object, as_object

ARCHIVE = ".eval"
MOST_SAMPLES = 20_000
MOST_UNPACKED = 200_000_000  # bytes of all samples together
MOST_LOGS = 1_000  # in one folder
_HEAD = 4_096  # characters that show whether a JSON file is a log
_ZSTANDARD = 93
_CONVERT = "inspect log convert --to json --output-dir logs-json LOG writes a log that any reads."


def logs_at(path: Path) -> list[Path]:
    """The logs at a path: the file itself, or those in the folder, in the order of names."""
    if is_file(path):
        return [path] if _is_log(path) else []
    if not is_dir(path):
        return []
    files = islice((each for each in path.iterdir() if is_file(each)), MOST_LOGS)
    return sorted(each for each in files if _is_log(each))


def _is_log(path: Path) -> bool:
    if path.suffix.lower() == ARCHIVE:
        return True
    if path.suffix.lower() != ".json":
        return False
    with suppress(DatasetError), open_regular(path, DatasetError) as file:
        head = file.read(_HEAD).decode("utf-8", "replace").lstrip("\ufeff \t\r\n")
        return head.startswith("{") and '"eval"' in head and '"version"' in head
    return False


def read_log(path: Path) -> Object:
    """The log as one JSON object with its `samples`; raises DatasetError."""
    place = FilePosition(shown(path))
    if path.suffix.lower() == ARCHIVE:
        return _archive(path, place)
    return as_object(_parsed(read_text(path), place), place, "the file")


def _parsed(text: str, place: FilePosition) -> Json:
    try:
        found: Json = parse_json(text)
    except ValueError as error:
        raise place.error(f"this is not JSON: {error}") from error
    return found


def _archive(path: Path, place: FilePosition) -> Object:
    data = read_bytes(path, MAX_BYTES, DatasetError)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            if any(each.compress_type == _ZSTANDARD for each in entries):
                _read_zstandard(place)
            if len(entries) > 3 * MOST_SAMPLES:
                raise place.error(f"it has more than {3 * MOST_SAMPLES:,} files")
            texts = dict(_members(archive, entries, place))
    except DatasetError:
        raise
    except Exception as error:  # a damaged archive raises whatever its bytes lead to
        raise place.error(f"it cannot be unpacked: {error}", _CONVERT) from error
    if "header.json" not in texts:
        raise place.error("it has no header.json: the evaluation has not ended", _CONVERT)
    log = as_object(_parsed(texts.pop("header.json"), place), place, "header.json")
    log["samples"] = [_parsed(text, place) for text in texts.values()]
    return log


def _read_zstandard(place: FilePosition) -> None:
    """Teach zipfile the compression that Inspect writes; raises DatasetError if that is missing."""
    try:
        importlib.import_module("zipfile_zstd")  # comes with inspect_ai; changes zipfile itself
    except ImportError as error:
        raise place.error(
            "it is compressed by Zstandard, which this Python cannot read",
            f"Install inspect_ai beside align-tui, or convert the log: {_CONVERT}",
        ) from error


def _members(
    archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo], place: FilePosition
) -> Iterator[tuple[str, str]]:
    """(name, text) of the header and the samples; the sizes that the archive states may be lies."""
    unpacked = 0
    for entry in entries:
        is_sample = entry.filename.startswith("samples/") and entry.filename.endswith(".json")
        if entry.filename != "header.json" and not is_sample:
            continue
        with archive.open(entry) as file:
            data = file.read(MAX_BYTES + 1)
        unpacked += len(data)
        if len(data) > MAX_BYTES or unpacked > MOST_UNPACKED:
            raise place.error(f"it unpacks to more than {MOST_UNPACKED // 1_000_000} MB")
        yield entry.filename, data.decode("utf-8")
