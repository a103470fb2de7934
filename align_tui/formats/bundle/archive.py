"""A bundle's file: an uncompressed zip whose bytes depend on its parts alone, read with bounds."""

from __future__ import annotations

import hashlib
import json
import struct
import zipfile
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from pydantic import ValidationError

from align_tui.config.reading.bounded_json import parse_object
from align_tui.config.reading.files import is_file, open_regular, shown
from align_tui.config.reading.problem_words import sentence
from align_tui.core.errors import BundleError
from align_tui.core.text.display import one_line
from align_tui.formats.bundle.parts import FORMAT, FORMATS, MANIFEST, Listed, Manifest

MOST_BYTES = 2_000_000_000
MOST_TIMES = 200
LEAST_MOST = 50_000_000
"""What is unpacked takes at most `MOST_TIMES` the file's size, or `LEAST_MOST` bytes: texts that
somebody packed again with compression do, and a file that only claims to be large does not."""
MOST_DIRECTORY = 100_000
MOST_MANIFEST = 1_000_000
_STAMP = (1980, 1, 1, 0, 0, 0)
_END = b"PK\x05\x06"
_END_SIZE = 22
_DATABASE = b"SQLite format 3\0"
_LONGEST_COMMENT = 65_535
_CHUNK = 1 << 20
NOT_ONE = "Name a file that `align-tui bundle` wrote."


@dataclass(frozen=True, slots=True)
class Archive:
    """The parts by name, the manifest, and what differs between the two, in sentences."""

    manifest: Manifest
    parts: Mapping[str, bytes]
    differences: tuple[str, ...]


def write_archive(
    file: BinaryIO, run: str, version: str, parts: Iterable[tuple[str, bytes]]
) -> None:
    """Write the parts and their manifest to `file`.

    Nothing is compressed, since the result of a compression depends on the version of zlib, and
    every entry has the same time and rights: equal parts make equal bytes. Raises BundleError for
    more bytes than a bundle may have.
    """
    listed: dict[str, Listed] = {}
    left = MOST_BYTES
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, data in parts:
            left -= len(data)
            if left < 0:
                raise BundleError(
                    f"The run {run} is too large for a bundle of {MOST_BYTES / 1e9:g} GB",
                    "Merge its database instead: align-tui merge.",
                )
            archive.writestr(_entry(name), data)
            listed[name] = Listed(sha256=hashlib.sha256(data).hexdigest(), bytes=len(data))
        manifest = Manifest(format=FORMAT, run=run, written_by=version, parts=listed)
        text = json.dumps(manifest.model_dump(), sort_keys=True, indent=1, ensure_ascii=False)
        archive.writestr(_entry(MANIFEST), text.encode() + b"\n")


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _STAMP)
    entry.external_attr = 0o644 << 16
    entry.create_system = 3
    return entry


def read_archive(path: Path, most: int = MOST_BYTES) -> Archive:
    """Read a bundle's parts, of at most `most` bytes in all. Nothing is written to any folder.

    Raises BundleError for a file that is not a bundle. Parts that differ from the manifest are
    told in `differences`.
    """
    with open_regular(path, BundleError) as file:
        most = min(most, max(LEAST_MOST, MOST_TIMES * _check_directory(file, path)))
        try:
            with zipfile.ZipFile(file) as archive:
                found = _entries(archive, path)
                parts = _read(archive, found, path, most)
        except BundleError:
            raise
        except Exception as error:  # a damaged archive raises whatever its bytes lead to
            raise BundleError(
                f"{shown(path)} cannot be unpacked: {one_line(str(error), 200)}", NOT_ONE
            ) from error
    manifest = _manifest(parts.pop(MANIFEST, None), path)
    return Archive(manifest, parts, tuple(_differences(manifest, parts)))


def is_archive(path: Path) -> bool:
    """May the file be a bundle? Logs of Inspect (.eval) are archives too."""
    if not is_file(path) or path.suffix.lower() == ".eval":
        return False
    with suppress(BundleError), open_regular(path, BundleError) as file:
        return file.read(4) == b"PK\x03\x04"
    return False


def _check_directory(file: BinaryIO, path: Path) -> int:
    """The file's size; raises BundleError for a directory that is too large to be read."""
    size = file.seek(0, 2)
    tail = min(size, _END_SIZE + _LONGEST_COMMENT)
    file.seek(size - tail)
    data = file.read(tail)
    at = data.rfind(_END)
    if at < 0 or at + _END_SIZE > len(data):
        file.seek(0)
        begins = file.read(len(_DATABASE))
        if begins == _DATABASE:
            raise BundleError(
                f"{shown(path)} is not a bundle but a database",
                "Write a bundle of a run in it: align-tui bundle RUN --db FILE.",
            )
        raise BundleError(f"{shown(path)} is not a bundle: it is not a zip file", NOT_ONE)
    entries, directory = struct.unpack_from("<HI", data, at + 10)
    if directory > MOST_DIRECTORY or entries > 1_000:
        raise BundleError(f"{shown(path)} is not a bundle: it has too many entries", NOT_ONE)
    file.seek(0)
    return size


def _entries(archive: zipfile.ZipFile, path: Path) -> list[zipfile.ZipInfo]:
    found = archive.infolist()
    names = [each.filename for each in found]
    for name in names:
        if name.startswith("/") or ".." in name.split("/") or "\\" in name or "\0" in name:
            raise BundleError(
                f"{shown(path)} is not a bundle: it has an entry {one_line(name, 80)!r}", NOT_ONE
            )
    if len(set(names)) < len(names):
        raise BundleError(f"{shown(path)} has two parts with the same name", NOT_ONE)
    return [each for each in found if not each.is_dir()]


def _read(
    archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo], path: Path, most: int
) -> dict[str, bytes]:
    """The content of the entries; the sizes that an archive states may be lies."""
    parts: dict[str, bytes] = {}
    left = most
    for entry in entries:
        pieces = []
        with archive.open(entry) as part:
            while piece := part.read(_CHUNK):
                left -= len(piece)
                if left < 0:
                    raise BundleError(
                        f"{shown(path)} unpacks to more than {most / 1_000_000:g} MB", NOT_ONE
                    )
                pieces.append(piece)
        parts[entry.filename] = b"".join(pieces)
    return parts


def _manifest(data: bytes | None, path: Path) -> Manifest:
    if data is None:
        raise BundleError(f"{shown(path)} is not a bundle: it has no {MANIFEST}", NOT_ONE)
    try:
        if len(data) > MOST_MANIFEST:
            raise ValueError("it is too large")
        body = parse_object(data)
        form = body.get("format")
        if isinstance(form, str) and form not in FORMATS:
            raise BundleError(
                f"{shown(path)} has the format {one_line(form, 80)!r}, but this version reads "
                f"{', '.join(FORMATS)}",
                "A newer align-tui may have written it. Update align-tui.",
            )
        return Manifest.model_validate(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = one_line(".".join(map(str, first["loc"])), 80)
        said = one_line(sentence(where, first), 280)
    except ValueError as error:
        said = one_line(str(error), 200)
    raise BundleError(f"{shown(path)}: {MANIFEST}: {said}", NOT_ONE)


def _differences(manifest: Manifest, parts: Mapping[str, bytes]) -> Iterable[str]:
    for name in sorted(manifest.parts.keys() | parts.keys()):
        listed, data = manifest.parts.get(name), parts.get(name)
        shown_name = one_line(name, 80)
        if listed is None:
            yield f"{shown_name} is not in the manifest"
        elif data is None:
            yield f"{shown_name} is in the manifest, but not in the bundle"
        elif hashlib.sha256(data).hexdigest() != listed.sha256 or len(data) != listed.bytes:
            yield f"{shown_name} is not what the manifest says: its SHA-256 differs"
