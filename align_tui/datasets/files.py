"""Bytes in: the text of a file."""

from __future__ import annotations

import codecs
import stat
from pathlib import Path

from align_tui.core.errors import DatasetError
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


def repair(text: str) -> str:
    """`text` with surrogate pairs joined and lone surrogates replaced by U+FFFD."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
