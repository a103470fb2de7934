"""What only the user may read: 0600 for files and 0700 for folders that we make ourselves."""

from __future__ import annotations

import os
import stat
from pathlib import Path

FILE, FOLDER = 0o600, 0o700
OTHERS = stat.S_IRWXG | stat.S_IRWXO


def make_folder(folder: Path) -> None:
    """Make the folder and those above it that are missing; raises OSError.

    Those that are there already keep their rights: the user may have chosen them.
    """
    if folder.is_dir():
        return
    if folder.parent != folder:
        make_folder(folder.parent)
    folder.mkdir(mode=FOLDER, exist_ok=True)


def touch(path: Path) -> None:
    """See to it that the file exists; one that is made is the user's alone. Raises OSError."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, FILE))


def open_log(path: Path) -> int:
    """A descriptor that appends to the log at `path`; raises OSError."""
    make_folder(path.parent)
    return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, FILE)


def seen_by_others(path: Path) -> bool:
    """May other accounts of this machine read or write the file?"""
    try:
        return bool(stat.S_IMODE(path.stat().st_mode) & OTHERS)
    except OSError:
        return False
