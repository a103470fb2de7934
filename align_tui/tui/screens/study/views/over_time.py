"""Over time: how each profile's accuracy went, decision by decision."""

from __future__ import annotations

from align_tui.tui.format import accuracy_over_time
from align_tui.tui.format.accuracy_over_time import AccuracyCurveRow
from align_tui.tui.format.layout import overview_lines
from align_tui.tui.format.overview import Part
from align_tui.tui.screens.study.views import accuracy
from align_tui.tui.screens.study.views.base import OverviewView, ViewData


def lines_wanted(data: ViewData, width: int, height: int) -> int:
    """As many lines as plots take on a screen of that height."""
    profiles = len(data.study.profiles)
    return accuracy_over_time.lines_wanted(width, profiles, overview_lines(height))


def part(data: ViewData, width: int, rows: int) -> Part:
    """A plot for each profile."""
    curves = {(each.profile, each.target): each for each in data.snapshot.overview.courses}
    plots = []
    for index, row in enumerate(accuracy.rows(data)):
        curve = curves.get((index, data.targets[index] or ""))
        points = () if curve is None else curve.discriminating if data.discriminating else curve.all
        plots.append(AccuracyCurveRow(row, points))
    only = data.discriminating
    return accuracy_over_time.over_time_part(plots, width, rows, data.glyphs, discriminating=only)


OVER_TIME = OverviewView("over time", lines_wanted, part)
