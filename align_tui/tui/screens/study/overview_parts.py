"""The views of the overview, each made of a snapshot's numbers."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from align_tui.core.stats.rates import Rate, chance
from align_tui.core.targets import Target, target_id
from align_tui.monitor.snapshot import Snapshot
from align_tui.tui.format import (
    accuracy_over_time,
    accuracy_rows,
    agreement,
    by_attribute,
    overview,
    workers,
)
from align_tui.tui.format.accuracy_over_time import AccuracyCurveRow
from align_tui.tui.format.accuracy_rows import TallyRow
from align_tui.tui.format.bars import point
from align_tui.tui.format.by_attribute import AttributeRow
from align_tui.tui.format.glyphs import Glyphs
from align_tui.tui.format.layout import overview_lines
from align_tui.tui.format.overview import Part
from align_tui.tui.format.targets import comparison, in_words, profile_name, sign, signs, words
from align_tui.tui.screens.study.view_state import ViewState

if TYPE_CHECKING:
    from align_tui.config.study import Study
    from align_tui.tui.screens.study.widgets import StudyWidgets

Targets = tuple[str | None, ...]  # the target id that each profile is marked against
ACCURACY, ATTRIBUTES, COURSE, AGREEMENT, WORKERS = range(len(overview.VIEWS))


class OverviewParts:
    """Gathers the rows of a view from snapshot and study, and has the view lay them out."""

    def __init__(self, widgets: StudyWidgets, study: Study, glyphs: Glyphs) -> None:
        self.widgets, self.study, self.glyphs = widgets, study, glyphs
        self._targets = study.targets_by_id()
        self._chance = lru_cache(maxsize=256)(self._work_out_chance)
        self._lines = lru_cache(maxsize=32)(self._lines_of_profiles)
        self._values = self._attribute_values()

    def _work_out_chance(self, target: str, discriminating: bool) -> float | None:
        return chance(
            self.study.scenarios,
            self._targets.get(target, ()),
            self.study.scorer,
            discriminating=discriminating,
        )

    def _attribute_values(self) -> list[tuple[Target, int]]:
        """(value of an attribute, profile scored against it), by attribute, high ones first."""
        found = [
            (each, index)
            for index, profile in enumerate(self.study.profiles)
            for targets in self.study.scoring_targets(profile)
            for each in targets
        ]
        names = list(dict.fromkeys(each.attribute for each, _ in found))
        return sorted(
            dict.fromkeys(found), key=lambda of: (names.index(of[0].attribute), -of[0].point, of[1])
        )

    def wanted(self, view: int, snapshot: Snapshot, width: int, height: int) -> int:
        """How many lines a view would like on a screen of that height."""
        if view == WORKERS:
            return workers.lines_wanted(snapshot)
        return self._lines(view, width, height)

    def _lines_of_profiles(self, view: int, width: int, height: int) -> int:
        """Of a view that shows the study's profiles, whatever they decide."""
        profiles = len(self.study.profiles)
        if view == ACCURACY:
            return accuracy_rows.lines_needed(width, profiles)
        if view == ATTRIBUTES:
            return by_attribute.lines_wanted(self._attribute_rows(Snapshot(), ViewState()), width)
        if view == COURSE:
            return accuracy_over_time.lines_wanted(width, profiles, overview_lines(height))
        return agreement.lines_wanted(profiles)

    def part(
        self,
        view: int,
        snapshot: Snapshot,
        look: ViewState,
        targets: Targets,
        width: int,
        rows: int,
    ) -> Part:
        """The view in that width and in at most `rows` lines."""
        glyphs, only = self.glyphs, look.discriminating
        if view == AGREEMENT:
            names = [
                (profile_name(p), f" {signs(p.target, glyphs)}" if p.target else "")
                for p in self.study.profiles
            ]
            matrix = snapshot.overview.agreements
            return agreement.agreement_part(matrix, names, look.focus, width, rows, glyphs)
        if view == WORKERS:
            return workers.workers_part(snapshot, self._starts(snapshot), width, rows, glyphs)
        if view == ATTRIBUTES:
            found = self._attribute_rows(snapshot, look)
            return by_attribute.attribute_part(found, width, rows, glyphs, discriminating=only)
        accuracies = self._tally_rows(snapshot, look, targets)
        if view == ACCURACY:
            return accuracy_rows.tally_part(accuracies, width, rows, glyphs, discriminating=only)
        courses = {(each.profile, each.target): each for each in snapshot.overview.courses}
        plots = []
        for index, row in enumerate(accuracies):
            went = courses.get((index, targets[index] or ""))
            points = () if went is None else went.discriminating if only else went.all
            plots.append(AccuracyCurveRow(row, points))
        return accuracy_over_time.course_part(plots, width, rows, glyphs, discriminating=only)

    def _tally_rows(self, snapshot: Snapshot, look: ViewState, targets: Targets) -> list[TallyRow]:
        found = {(tally.profile, tally.target): tally for tally in snapshot.tallies}
        versus = in_words(comparison(self.study, look.compare), self.glyphs)
        rows = []
        for index, profile in enumerate(self.study.profiles):
            target = targets[index]
            tally = found.get((index, target)) if target is not None else None
            rate: Rate | None = None
            if tally is not None:
                rate = tally.discriminating if look.discriminating else tally.all
            rows.append(
                TallyRow(
                    profile_name(profile),
                    f" {signs(profile.target, self.glyphs)}" if profile.target else "",
                    "" if profile.target or target is None else versus,
                    rate,
                    self._chance(target, look.discriminating) if target else None,
                    index == look.focus,
                )
            )
        return rows

    def _attribute_rows(self, snapshot: Snapshot, look: ViewState) -> list[AttributeRow]:
        found = {(each.profile, each.target): each for each in snapshot.overview.attributes}
        rows = []
        for target, index in self._values:
            rates = found.get((index, target))
            rate: Rate | None = None
            if rates is not None:
                rate = rates.discriminating if look.discriminating else rates.all
            by_chance = self._chance(target_id((target,)), look.discriminating)
            name = profile_name(self.study.profiles[index])
            tally = TallyRow(name, "", "", rate, by_chance, index == look.focus)
            value = f" {sign(target.point, self.glyphs)}"
            if 0.0 < target.point < 1.0:
                value += f" {point(target.point)}"  # a sign stands for several
            rows.append(AttributeRow(words(target.attribute), value, tally))
        return rows

    def _starts(self, snapshot: Snapshot) -> list[tuple[str, str]]:
        """The keys that start a worker now."""
        starts = {"study.run_all": "decides the whole study", "study.run_scenario": "this scenario"}
        if snapshot.counts.open:
            starts = {"study.pause": "goes on and starts one"}
        keys = self.widgets.names
        return [(keys.label(self.glyphs, a), does) for a, does in starts.items() if keys.first(a)]
