"""Makes the headings of the groups of the list, each when it comes into sight."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from align_tui.monitor.aggregates.group_accuracy import GroupAccuracy
from align_tui.monitor.grouping import group_at, groups_of
from align_tui.monitor.ordering import Group, place_of
from align_tui.tui.format import group_text
from align_tui.tui.format.filters import is_listed

if TYPE_CHECKING:
    from align_tui.config.study import Study
    from align_tui.monitor.snapshot import Cells, Snapshot
    from align_tui.tui.format.glyphs import Glyphs
    from align_tui.tui.format.scenario_list import Shape
    from align_tui.tui.format.styled_text import Line
    from align_tui.tui.screens.study.view_state import ViewState

    Rates = tuple[float | None, ...]


class GroupHeadings:
    """Keeps the accuracies of the groups until the list or a decision changes."""

    def __init__(self, study: Study, glyphs: Glyphs) -> None:
        self._glyphs = glyphs
        self._accuracy = GroupAccuracy(study)
        self._of: tuple[Sequence[int], Sequence[Cells], object] = ((), (), None)
        self._rates: dict[Group, Rates] = {}
        self._shaped: tuple[Sequence[int], object, group_text.HeadingShape | None] = (
            (), None, None,
        )  # fmt: skip

    def current(self, listed: Sequence[int], scenario: int) -> Group | None:
        """The group of a scenario; None if the list is not grouped or does not have it."""
        groups = groups_of(listed)
        if not groups or not is_listed(listed, scenario):
            return None
        return groups[group_at(groups, place_of(listed, scenario))]

    def words(self, listed: Sequence[int], state: ViewState) -> str:
        """`moral desert 3/14`: the group of the shown scenario, and its place there."""
        group = self.current(listed, state.scenario)
        if group is None:
            return ""
        return group_text.place_words(state.grouping, group, place_of(listed, state.scenario))

    def maker(
        self,
        listed: Sequence[int],
        snapshot: Snapshot,
        state: ViewState,
        targets: tuple[str | None, ...],
        shape: Shape,
    ) -> Callable[[Group], Line]:
        """The function that makes the heading of a group of this list."""
        common = self._shape(listed, state, shape)
        counted = targets, state.discriminating
        of_list, of_rows, before = self._of
        if of_list is not listed or of_rows is not snapshot.rows or before != counted:
            self._of, self._rates = (listed, snapshot.rows, counted), {}
        current, rates = self.current(listed, state.scenario), self._rates

        def make(group: Group) -> Line:
            if common.columns and group not in rates:
                rates[group] = self._accuracy.of(
                    listed[group.start : group.start + group.count],
                    snapshot.rows,
                    targets,
                    discriminating=state.discriminating,
                )
            return group_text.heading_line(
                group_text.group_name(state.grouping, group),
                group.count,
                rates.get(group, ()),
                common,
                self._glyphs,
                current=group == current,
                focus=state.focus,
            )

        return make

    def _shape(
        self, listed: Sequence[int], state: ViewState, shape: Shape
    ) -> group_text.HeadingShape:
        of_list, before, made = self._shaped
        asked = shape, state.focus, state.grouping
        if made is None or of_list is not listed or before != asked:
            groups = groups_of(listed)
            names = [group_text.group_name(state.grouping, group) for group in groups]
            most = max((group.count for group in groups), default=0)
            made = group_text.heading_shape(shape, names, most, state.focus)
            self._shaped = listed, asked, made
        return made
