"""Agreement: how often every two profiles gave the same answer."""

from __future__ import annotations

from align_tui.tui.format import agreement
from align_tui.tui.format.overview import Part
from align_tui.tui.format.targets import profile_name, signs
from align_tui.tui.screens.study.views.base import OverviewView, ViewData


def lines_wanted(data: ViewData, width: int, height: int) -> int:
    """A line for each profile, and one for the head of the matrix."""
    return agreement.lines_wanted(len(data.study.profiles))


def part(data: ViewData, width: int, rows: int) -> Part:
    """The matrix."""
    names = [
        (profile_name(p), f" {signs(p.target, data.glyphs)}" if p.target else "")
        for p in data.study.profiles
    ]
    matrix = data.snapshot.overview.agreements
    return agreement.agreement_part(matrix, names, data.focus, width, rows, data.glyphs)


AGREEMENT = OverviewView("agreement", lines_wanted, part)
