"""By attribute: who decides as an attribute's value asks, where choices are labelled with it."""

from __future__ import annotations

from align_tui.core.stats.rates import Rate
from align_tui.core.targets import Target
from align_tui.tui.format import by_attribute
from align_tui.tui.format.accuracy_rows import AccuracyRow
from align_tui.tui.format.bars import point
from align_tui.tui.format.by_attribute import AttributeRow
from align_tui.tui.format.layout import stacked_lines
from align_tui.tui.format.overview import Part
from align_tui.tui.format.targets import profile_name, sign, words
from align_tui.tui.screens.study.views.base import OverviewView, ViewData


def _values(data: ViewData) -> list[tuple[Target, int]]:
    """(Value of an attribute, profile scored against it), by attribute, high values first."""
    scored = [
        (target, index)
        for index, profile in enumerate(data.study.profiles)
        for targets in data.study.scoring_targets(profile)
        for target in targets
    ]
    names = list(dict.fromkeys(target.attribute for target, _ in scored))
    return sorted(
        dict.fromkeys(scored),
        key=lambda of: (names.index(of[0].attribute), -_shown(of[0]), of[1]),
    )


def _shown(target: Target) -> float:
    """The number by which targets are sorted, the largest first; those without one come last."""
    return -1.0 if target.point is None else target.point


def rows(data: ViewData) -> list[AttributeRow]:
    """A row for each value of an attribute and each profile that is scored against it."""
    rates = {(each.profile, each.target): each for each in data.snapshot.overview.attributes}
    out = []
    for target, index in _values(data):
        counted = rates.get((index, target))
        rate: Rate | None = None
        if counted is not None:
            rate = counted.discriminating if data.discriminating else counted.all
        by_chance = counted.chances[data.discriminating] if counted is not None else None
        name = profile_name(data.study.profiles[index])
        tally = AccuracyRow(name, "", "", rate, by_chance, index == data.focus)
        value = f" {sign(target.point, data.glyphs)}"
        if target.point is not None and 0.0 < target.point < 1.0:
            value += f" {point(target.point)}"  # a sign stands for several values
        out.append(AttributeRow(words(target.attribute), value, tally))
    return out


def lines_wanted(data: ViewData, width: int, height: int) -> int:
    """A line for each row; if that takes too many, rows stand side by side."""
    return by_attribute.lines_wanted(rows(data), width, stacked_lines(height))


def part(data: ViewData, width: int, rows_: int) -> Part:
    """The rows by attribute."""
    only = data.discriminating
    return by_attribute.attribute_part(rows(data), width, rows_, data.glyphs, discriminating=only)


BY_ATTRIBUTE = OverviewView("by attribute", lines_wanted, part)
