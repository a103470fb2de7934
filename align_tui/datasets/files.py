"""Bytes in and out: the text of a file, and writing that never leaves half a file behind."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from align_tui.config import reading
from align_tui.config.reading import shown as shown
from align_tui.core.errors import DatasetError
from align_tui.core.repair import storable

MAX_BYTES = 50_000_000


def read_text(path: Path, cap: int | None = None) -> str:
    """The file's text (UTF-8, with or without a byte order mark); raises DatasetError.

    `cap` is the largest size in bytes that is read.
    """
    return reading.read_text(path, MAX_BYTES if cap is None else cap, DatasetError)


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
