"""The files of a library: the shipped ones and the user's own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from align_tui.core.text.nearest import close_to
from align_tui.core.text.repair import storable


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of the library."""

    name: str
    path: Path
    origin: str  # "shipped" or "yours"


def entries(shipped: Path, yours: Path, *, without: str = "") -> list[Entry]:
    """Every TOML file below the two folders, by name; the user's file hides a shipped one.

    Files in a folder called `without` are left out: they belong to another library.
    """
    found: dict[str, Entry] = {}
    for origin, folder in (("shipped", shipped), ("yours", yours)):
        for path in sorted(folder.rglob("*.toml")):
            if without not in path.relative_to(folder).parts[:-1]:
                name = storable(path.stem)
                found[name] = Entry(name, path, origin)
    return sorted(found.values(), key=lambda entry: entry.name)


def did_you_mean(name: str, names: Iterable[str], otherwise: str) -> str:
    """A hint with the names close to `name`, or `otherwise` if none is close."""
    close = close_to(name, list(names), n=3, cutoff=0.4)
    return f"Did you mean {', '.join(close)}?" if close else otherwise
