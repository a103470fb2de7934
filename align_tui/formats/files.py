"""Read the text of a scenario file."""

from __future__ import annotations

from pathlib import Path

from align_tui.config.reading import files
from align_tui.config.reading.files import shown as shown
from align_tui.core.errors import DatasetError

MAX_BYTES = 50_000_000


def read_text(path: Path, cap: int | None = None) -> str:
    """Read a file in UTF-8, with or without a byte order mark; raises DatasetError.

    `cap` is the largest size in bytes (MAX_BYTES by default).
    """
    return files.read_text(path, MAX_BYTES if cap is None else cap, DatasetError)
