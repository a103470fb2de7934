"""What an exporter is: a run as one text, or as a folder of files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from align_tui.store.database import Database


@dataclass(frozen=True, slots=True)
class Exporter:
    """One format that a run is written in: `text` for one file, or `folder` for several.

    `text` yields the file in pieces. `folder` writes below the path that it is given, and returns
    what it wrote. `suffix` is how the name of the file ends; it is empty for a folder.
    """

    description: str
    suffix: str = ""
    text: Callable[[Database, str], Iterator[str]] | None = None
    folder: Callable[[Database, str, Path], list[Path]] | None = None
