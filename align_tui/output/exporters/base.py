"""What an exporter is: a run as one text, one file of bytes, or a folder of files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import BinaryIO

from align_tui.store.database import Database


@dataclass(frozen=True, slots=True)
class Exporter:
    """One format that a run is written in: `text` or `data` for one file, `folder` for several.

    `text` yields the file in pieces. `data` writes bytes to an open file. `folder` writes below the
    path that it is given, and returns what it wrote. `suffix` is how the name of the file
    ends; it is empty for a folder. `package` is the package that it imports, if that is an extra.
    """

    description: str
    suffix: str = ""
    text: Callable[[Database, str], Iterator[str]] | None = None
    folder: Callable[[Database, str, Path], list[Path]] | None = None
    data: Callable[[Database, str, BinaryIO], None] | None = None
    package: str = ""

    @property
    def absent(self) -> bool:
        """True if the package that it needs is not installed."""
        return bool(self.package) and find_spec(self.package) is None
