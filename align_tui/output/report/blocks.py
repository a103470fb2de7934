"""The pieces of an appendix: titles, sentences, tables and ticks, which two writers lay out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from align_tui.output.report.methods import MethodName

Ticked = Literal["yes", "no", "unknown", "n/a"]
TICKS: dict[Ticked, str] = {"yes": "☑", "no": "☐", "unknown": "?", "n/a": "–"}


@dataclass(frozen=True, slots=True)
class Grid:
    """A table of plain texts; every row has as many cells as the header."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Tick:
    """One line of a checklist: what is asked, whether it holds, and what shows it.

    `n/a`: there is nothing of which it could be asked.
    """

    asked: str
    holds: Ticked
    evidence: str


@dataclass(frozen=True, slots=True)
class Block:
    """One part of the appendix; `uses` names the methods by which its numbers were computed.

    `cited` are its publications, each with its number.
    """

    title: str
    sentences: tuple[str, ...] = ()
    grids: tuple[Grid, ...] = ()
    ticks: tuple[Tick, ...] = ()
    uses: tuple[MethodName, ...] = ()
    cited: tuple[str, ...] = ()
