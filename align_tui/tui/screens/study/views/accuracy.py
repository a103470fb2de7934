"""Accuracy: a row for each profile, against the target that it is marked by."""

from __future__ import annotations

from align_tui.core.stats.rates import Rate
from align_tui.tui.format import accuracy_rows
from align_tui.tui.format.accuracy_rows import AccuracyRow
from align_tui.tui.format.layout import stacked_lines
from align_tui.tui.format.overview import Part
from align_tui.tui.format.targets import comparison, in_words, profile_name, signs
from align_tui.tui.screens.study.views.base import OverviewView, ViewData


def rows(data: ViewData) -> list[AccuracyRow]:
    """A row for each profile, in the study's order."""
    tallies = {(tally.profile, tally.target): tally for tally in data.snapshot.tallies}
    versus = in_words(comparison(data.study, data.compare), data.glyphs)
    out = []
    for index, profile in enumerate(data.study.profiles):
        target = data.targets[index]
        tally = tallies.get((index, target)) if target is not None else None
        rate: Rate | None = None
        by_chance: float | None = None
        if tally is not None:
            chances = data.snapshot.overview.chances.get((index, tally.target), (None, None))
            by_chance = chances[data.discriminating]
            rate = tally.discriminating if data.discriminating else tally.all
        out.append(
            AccuracyRow(
                profile_name(profile),
                f" {signs(profile.target, data.glyphs)}" if profile.target else "",
                "" if profile.target or target is None else versus,
                rate,
                by_chance,
                index == data.focus,
            )
        )
    return out


def lines_wanted(data: ViewData, width: int, height: int) -> int:
    """As many lines as the profiles take in that width."""
    profiles = len(data.study.profiles)
    return accuracy_rows.lines_needed(width, profiles, most=stacked_lines(height))


def part(data: ViewData, width: int, rows_: int) -> Part:
    """The rows, in columns where there is room."""
    only = data.discriminating
    return accuracy_rows.accuracy_part(rows(data), width, rows_, data.glyphs, discriminating=only)


ACCURACY = OverviewView("accuracy", lines_wanted, part)
