"""Files and folders that only the user may read: the program makes them with 0600 and 0700."""

from __future__ import annotations

import os
import stat
from pathlib import Path

FILE, FOLDER = 0o600, 0o700
OTHERS = stat.S_IRWXG | stat.S_IRWXO


def make_folder(folder: Path) -> None:
    """Make the folder and its missing parents; raises OSError.

    Existing folders keep their rights: the user may have chosen them.
    """
    if folder.is_dir():
        return
    if folder.parent != folder:
        make_folder(folder.parent)
    folder.mkdir(mode=FOLDER, exist_ok=True)


def touch(path: Path) -> None:
    """Make the file, for the user alone, if it does not exist; raises OSError."""
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
