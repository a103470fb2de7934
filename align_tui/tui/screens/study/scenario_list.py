"""Paints the list of scenarios: its title, its header, and the lines of scenarios and groups."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from align_tui.core.scenarios import variant_of
from align_tui.monitor.grouping import group_at, groups_of
from align_tui.monitor.marks import row_marks, samples_of
from align_tui.monitor.ordering import place_of
from align_tui.monitor.snapshot import Cells, Snapshot
from align_tui.tui.format import filter_text, group_text, scenario_list
from align_tui.tui.format.glyphs import Glyphs
from align_tui.tui.format.layout import Layout
from align_tui.tui.format.order_text import order_value, order_words, with_order
from align_tui.tui.format.styled_text import Line, fit
from align_tui.tui.keymap import keys_of
from align_tui.tui.screens.study.headings import GroupHeadings
from align_tui.tui.screens.study.view_state import ViewState

if TYPE_CHECKING:
    from align_tui.config.study import Study
    from align_tui.tui.screens.study.listed import ListedScenarios
    from align_tui.tui.widgets.listing import ScenarioList


class ScenarioListPresenter:
    """Paints the list; keeps the lines that it made last."""

    def __init__(
        self, widget: ScenarioList, study: Study, glyphs: Glyphs, scenarios: ListedScenarios
    ) -> None:
        self.widget, self.study, self.glyphs, self.scenarios = widget, study, glyphs, scenarios
        # A row of marks is a new object when one of them changed; other lines are reused.
        self._lines: dict[int, tuple[Cells, tuple[object, ...], Line]] = {}
        self._headings = GroupHeadings(study, glyphs)

    def without_list(self, snapshot: Snapshot, state: ViewState, layout: Layout) -> Line:
        """The filter, or else group and order in words, if the list has no room for them."""
        if layout.list_kind in ("full", "wide"):
            return ()
        listed = self.scenarios.listed(snapshot, state)
        if not state.wanted:
            parts = [self._headings.words(listed, state)]
            parts.append("" if state.order == "file" else order_words(state.order, state.focus))
            text = f" {self.glyphs.sep} ".join(filter(None, parts))
            return ((fit(text, layout.main_width // 2, self.glyphs.more), "text"),) if text else ()
        total, width = len(self.study.scenarios), layout.main_width // 2
        return filter_text.filter_title(
            state.wanted, len(listed), total, width, self.glyphs, state.focus
        )

    def paint(
        self, snapshot: Snapshot, state: ViewState, layout: Layout, targets: tuple[str | None, ...]
    ) -> None:
        """Paint the title, the numbers of the profiles, and one line for each scenario."""
        if layout.list_kind == "hidden":
            return
        width, order = layout.list_width - 2, self.scenarios.listed(snapshot, state)
        total, profiles = len(self.study.scenarios), len(self.study.profiles)
        self.widget.entitle(self._title(len(order), total, width - 4, state))
        if not snapshot.rows:
            return
        shape = scenario_list.list_shape(layout.list_kind, total, profiles, state.focus, width)
        kept = {
            sample for sample, annotation in snapshot.annotations.items() if annotation.bookmarked
        }
        hits = {hit[0] for hit in state.hits}

        def make(number: int) -> Line:
            edited = variant_of(self.study.scenarios[number])
            row = snapshot.rows[number]
            flags = scenario_list.Flags(
                current=number == state.scenario,
                hit=number in hits,
                edited=edited is not None,
                branch=edited is not None and edited == self._family_above(order, number),
                value=""
                if state.order == "file"
                else order_value(state.order, self.scenarios.order, number, state.focus),
                kept=bool(kept) and not kept.isdisjoint(samples_of(row)),
            )
            return self._line(number, row, targets, shape, flags)

        header = scenario_list.list_header(shape, state.focus, self.glyphs)
        heading = self._headings.maker(order, snapshot, state, targets, shape)
        self.widget.empty = filter_text.nothing_listed(width, keys_of(self.widget.screen))
        self.widget.fill(order, state.scenario, header, make, heading)

    def _title(self, listed: int, total: int, width: int, state: ViewState) -> Line:
        """`scenarios by attribute, by margin of 2, least first`, with the filter if any."""
        title = filter_text.list_title(state.wanted, listed, total, width, self.glyphs, state.focus)
        parts = []
        if state.grouping.kind != "none":
            column = self.scenarios.grouped_column(state)
            parts.append(group_text.grouping_words(state.grouping, column))
        if state.order != "file":
            parts.append(order_words(state.order, state.focus))
        return with_order(title, ", ".join(parts), width, self.glyphs) if parts else title

    def _line(
        self,
        number: int,
        row: Cells,
        targets: tuple[str | None, ...],
        shape: scenario_list.Shape,
        flags: scenario_list.Flags,
    ) -> Line:
        key = (targets, shape, flags)
        known = self._lines.get(number)
        if known is not None and known[0] is row and known[1] == key:
            return known[2]
        scenario, marks = self.study.scenarios[number], row_marks(row, targets)
        line = scenario_list.list_line(number, scenario, marks, shape, flags, self.glyphs)
        self._lines[number] = (row, key, line)
        return line

    def _family_above(self, order: Sequence[int], number: int) -> str | None:
        """The key of the scenario above in the list, or of the scenario it is a variant of.

        None for the first scenario of the list, or of a group.
        """
        place, groups = place_of(order, number), groups_of(order)
        if not place or group_at(groups, place) != group_at(groups, place - 1):
            return None
        above = self.study.scenarios[order[place - 1]]
        return variant_of(above) or above.key
