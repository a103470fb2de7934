"""Read users' files: regular files of a limited size, as bytes or as UTF-8.

Every reader of an untrusted file uses this module. A pipe without a writer, an endless device and
a file that is too large are errors, and never make the program wait.
"""

from __future__ import annotations

import codecs
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from align_tui.core.errors import AlignError, ConfigError
from align_tui.core.text.display import plain

_OTHER_ENCODINGS = (
    codecs.BOM_UTF16_LE,
    codecs.BOM_UTF16_BE,
    codecs.BOM_UTF32_LE,
    codecs.BOM_UTF32_BE,
)
_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NONBLOCK", 0)  # opens a pipe at once, so that it can be refused
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_BINARY", 0)
)


def shown(path: Path | str) -> str:
    """The path for an error message, safe to print and cut to 1000 characters."""
    text = plain(str(path))
    return text if len(text) <= 1000 else f"{text[:1000]}…"


@contextmanager
def open_regular(path: Path, error: type[AlignError] = ConfigError) -> Iterator[BinaryIO]:
    """Open a regular file to read it; raises an `error` for any other."""
    try:
        handle = os.open(path, _FLAGS)
    # ValueError: a NUL or a lone surrogate in the path itself.
    except (OSError, ValueError) as reason:
        raise _unreadable(path, reason, error) from reason
    if stat.S_ISDIR(os.fstat(handle).st_mode):  # Python makes no file of a folder
        os.close(handle)
        raise error(
            f"{shown(path)} is a folder", "Name a file in it, such as its input_output.json."
        )
    with os.fdopen(handle, "rb") as file:
        mode = os.fstat(handle).st_mode
        if not stat.S_ISREG(mode):
            raise error(f"{shown(path)} is not a regular file", "Save its content to a file first.")
        try:
            yield file
        except OSError as reason:
            raise _unreadable(path, reason, error) from reason


def _unreadable(path: Path, reason: Exception, error: type[AlignError]) -> AlignError:
    why = getattr(reason, "strerror", None) or reason
    return error(f"{shown(path)}: {why}", "Check the path of the file.")


def read_bytes(path: Path, cap: int, error: type[AlignError] = ConfigError) -> bytes:
    """Read a file of at most `cap` bytes; raises an `error`."""
    if is_dir(path):  # some systems do not open one
        raise error(
            f"{shown(path)} is a folder", "Name a file in it, such as its input_output.json."
        )
    with open_regular(path, error) as file:
        data = file.read(cap + 1)
    if len(data) > cap:
        raise error(
            f"{shown(path)} is larger than {cap / 1_000_000:g} MB", "Split it into several files."
        )
    return data


def read_text(path: Path, cap: int, error: type[AlignError] = ConfigError) -> str:
    """Read a file in UTF-8, with or without a byte order mark; raises an `error`."""
    data = read_bytes(path, cap, error)
    if data.startswith(_OTHER_ENCODINGS) or b"\0" in data[:1000]:
        raise error(f"{shown(path)} is not UTF-8 (it looks like UTF-16)", "Save it as UTF-8.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as reason:
        raise error(
            f"{shown(path)} is not UTF-8 (byte {reason.start})",
            "It may be Latin-1 or Windows-1252: save it as UTF-8.",
        ) from reason


def is_file(path: Path) -> bool:
    """Is there a regular file? False for an impossible name."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def is_dir(path: Path) -> bool:
    """Is there a folder? False for an impossible name."""
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def exists(path: Path) -> bool:
    """Is there a file or folder? False for an impossible name."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def resolved(path: Path, error: type[AlignError] = ConfigError) -> Path:
    """The path with all links followed; raises an `error` for links in a circle."""
    try:
        return path.resolve()
    except (OSError, RuntimeError, ValueError) as reason:
        why = "its links lead in a circle" if isinstance(reason, RuntimeError) else reason
        raise error(f"{shown(path)}: {why}", "Check the path of the file.") from reason


def as_path(text: str, error: type[AlignError] = ConfigError) -> Path:
    """The path that a user wrote (`~` is their home); raises an `error` for an impossible one."""
    try:
        path = Path(text).expanduser()
    except (RuntimeError, ValueError, OSError) as reason:  # RuntimeError: ~nobody has no home
        raise error(f"{shown(text)}: {reason}", "Check the path of the file.") from reason
    if "\0" in text:
        raise error(f"{shown(text)}: a path must not contain NUL", "Check the path of the file.")
    return path
