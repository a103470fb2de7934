"""SHA-256 of files of any size, each read once while it stays as it is.

A cache file keeps the hash of a path with the size, time of change (ns) and inode that it had. A
cache that cannot be read counts as empty, and one that cannot be written costs another reading.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from align_tui.core.errors import OutputError
from align_tui.files.write import make_folder, write_text

NAME = "file-hashes.json"
MOST = 20_000
"""Files of a cache; the oldest are dropped."""
LARGEST = 16_000_000
"""Bytes of a cache file that is read."""
BLOCK = 1 << 22
_HASH = re.compile(r"[0-9a-f]{64}")
Stamp = tuple[int, int, int]  # size, time of change in ns, inode
Hashes = dict[Path, str]


class Stopped(Exception):
    """The caller does not need the hashes any more."""


def hashes_of(
    files: Iterable[Path], folder: Path, stopped: Callable[[], bool] = lambda: False
) -> Hashes:
    """The hash of each file; one that the cache in `folder` knows is not read. Blocks.

    Raises OSError for a file that cannot be read, and Stopped when `stopped` says so.
    """
    cache, found, is_new = _read(folder), Hashes(), False
    for path in files:
        key, stamp = os.path.realpath(path), _stamp(path)
        known = cache.get(key)
        if known is not None and known[0] == stamp:
            found[path] = known[1]
            continue
        found[path] = _sha256(path, stopped)
        if _stamp(path) == stamp:  # else somebody wrote it meanwhile
            cache.pop(key, None)
            cache[key] = (stamp, found[path])
            is_new = True
    if is_new:
        _write(folder, cache)
    return found


def _stamp(path: Path) -> Stamp:
    info = path.stat()
    return info.st_size, info.st_mtime_ns, info.st_ino


def _sha256(path: Path, stopped: Callable[[], bool]) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
            if stopped():
                raise Stopped
    return digest.hexdigest()


def _read(folder: Path) -> dict[str, tuple[Stamp, str]]:
    path = folder / NAME
    found: dict[str, tuple[Stamp, str]] = {}
    try:
        if not path.is_file() or path.stat().st_size > LARGEST:
            return {}
        body = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    for key, entry in body.items() if isinstance(body, dict) else ():
        if not isinstance(entry, list) or len(entry) != 4:
            continue
        *numbers, sha256 = entry
        whole = all(isinstance(number, int) for number in numbers)
        if whole and isinstance(sha256, str) and _HASH.fullmatch(sha256):
            found[key] = ((numbers[0], numbers[1], numbers[2]), sha256)
    return found


def _write(folder: Path, cache: dict[str, tuple[Stamp, str]]) -> None:
    kept = list(cache.items())[-MOST:]
    # Another process may have added others since; those that it lost are only read again.
    body = {key: [*stamp, sha256] for key, (stamp, sha256) in kept}
    with suppress(OutputError):
        make_folder(folder, mine=True)
        write_text(folder / NAME, json.dumps(body), mine=True)
