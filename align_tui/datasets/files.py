"""Bytes in and out: the text of a file, and writing that never leaves half a file behind."""

from __future__ import annotations

import codecs
import os
import secrets
import stat
from pathlib import Path

from align_tui.core.errors import DatasetError
from align_tui.core.repair import storable
from align_tui.core.text import plain

MAX_BYTES = 200_000_000
_OTHER_ENCODINGS = (
    codecs.BOM_UTF16_LE,
    codecs.BOM_UTF16_BE,
    codecs.BOM_UTF32_LE,
    codecs.BOM_UTF32_BE,
)


def shown(path: Path) -> str:
    """The path as an error message may print it."""
    return plain(str(path))


def _read_bytes(path: Path, cap: int) -> bytes:
    try:
        info = path.stat()
        if stat.S_ISDIR(info.st_mode):
            raise DatasetError(
                f"{shown(path)} is a folder",
                "Name a file in it, such as its input_output.json.",
            )
        if not stat.S_ISREG(info.st_mode):
            raise DatasetError(
                f"{shown(path)} is not a regular file", "Save its content to a file first."
            )
        with path.open("rb") as file:
            data = file.read(cap + 1)
    # ValueError: a NUL or a lone surrogate in the path itself.
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise DatasetError(f"{shown(path)}: {why}", "Check the path of the file.") from error
    if len(data) > cap:
        raise DatasetError(
            f"{shown(path)} is larger than {cap / 1_000_000:g} MB", "Split it into several files."
        )
    return data


def read_text(path: Path, cap: int = MAX_BYTES) -> str:
    """The file's text (UTF-8, with or without a byte order mark); raises DatasetError.

    `cap` is the largest size in bytes that is read.
    """
    data = _read_bytes(path, cap)
    if data.startswith(_OTHER_ENCODINGS) or b"\0" in data[:1000]:
        raise DatasetError(
            f"{shown(path)} is not UTF-8 (it looks like UTF-16)", "Save it as UTF-8."
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DatasetError(
            f"{shown(path)} is not UTF-8 (byte {error.start})",
            "It may be Latin-1 or Windows-1252: save it as UTF-8.",
        ) from error


def write_text(path: Path, text: str) -> None:
    """Write `text` as UTF-8 so that `path` holds either the old content or all of the new.

    Raises DatasetError; then nothing has changed.
    """
    temporary = path.parent / f".align-tui-{secrets.token_hex(8)}.tmp"
    try:
        # Renaming onto /dev/stdout would replace the device.
        if path.exists() and not path.is_file():
            raise DatasetError(f"{shown(path)} is not a regular file", "Choose another file.")
        handle = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(storable(text).encode("utf-8"))
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise DatasetError(
            f"{shown(path)} cannot be written: {why}", "Check the folder and its free space."
        ) from error
