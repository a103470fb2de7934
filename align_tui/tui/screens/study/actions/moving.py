"""Actions that move between listed scenarios, search hits and panes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from align_tui.monitor.grouping import group_at, groups_of
from align_tui.monitor.marks import next_wrong
from align_tui.monitor.ordering import place_of
from align_tui.tui.format.filter_text import no_match
from align_tui.tui.format.filters import Filter, beside, is_listed, onwards
from align_tui.tui.format.targets import compared

if TYPE_CHECKING:
    from align_tui.tui.format.search import Hits
    from align_tui.tui.screens.study.host import StudyHost
    from align_tui.tui.screens.study.session import Session
    from align_tui.tui.screens.study.view_state import ViewState


class Moving:
    """Shows another scenario, or focuses another pane."""

    def __init__(self, state: ViewState, session: Session, host: StudyHost) -> None:
        self.state, self.session, self.host = state, session, host

    def _listed(self) -> Sequence[int]:
        """The scenarios that pass the filter now; all if there is no filter."""
        return self.session.scenarios.listed(self.session.snapshot, self.state)

    def turn_to(self, scenario: int) -> None:
        """Show a scenario at once; the feed delivers its texts.

        A replay that followed the decisions stays with that scenario from then on.
        """
        state, transport = self.state, self.session.snapshot.transport
        if scenario != state.scenario:
            state.scenario, state.repeat = scenario, None
            self.session.show(state)
        elif transport is not None and transport.following:
            self.session.show(state)
        self.host.lay_out() if state.unfolded else self.host.repaint()

    def _turn(self, scenario: int | None) -> None:
        """Show a listed scenario; None shows a notice that none matches."""
        if scenario is not None:
            self.turn_to(scenario)
        elif self.state.wanted:
            self.host.say(no_match(self.host.names))

    def step(self, by: int) -> None:
        """Go `by` scenarios down in the list."""
        self._turn(beside(self._listed(), self.state.scenario, by))

    def go(self, place: int) -> None:
        """Go to the first (0) or the last (-1) scenario of the list."""
        listed = self._listed()
        self._turn(listed[place] if listed else None)

    def step_group(self, by: int) -> None:
        """Go to the first scenario of the next (1) or previous (-1) group.

        The previous one of a scenario that is not the first of its group is its own group.
        """
        listed = self._listed()
        groups = groups_of(listed)
        if not groups:
            tail = ": {study.group} groups it"
            self.host.say(self.host.names.sentence("the list is not grouped", tail))
            return
        place = place_of(listed, self.state.scenario)
        at = group_at(groups, min(place, len(listed) - 1))
        if by > 0 or groups[at].start == place:
            at += by
        self._turn(listed[groups[max(0, min(len(groups) - 1, at))].start])

    def next_match(self, step: int) -> None:
        """Go to the next search hit, else the next that the filter lists, else the next wrong."""
        if self.state.hits:
            self._next_hit(step)
        elif self.state.wanted:
            self._turn(onwards(self._listed(), self.state.scenario, step))
        else:
            self._next_wrong(step)

    def _next_wrong(self, step: int) -> None:
        layout, state = self.host.layout, self.state
        shown = layout.grid.panes if layout is not None else ()
        targets = compared(self.session.study, state.compare)
        rows, listed = self.session.snapshot.rows, self._listed()
        found = next_wrong(rows, targets, shown, listed, state.scenario, step)
        if found is None:
            self.host.say("no profile on the screen decided a scenario wrong")
        else:
            self.turn_to(found)

    def _next_hit(self, step: int) -> None:
        """Go to the next hit on a listed scenario."""
        hits, listed = self.state.hits, self._listed()
        for distance in range(1, len(hits) + 1):
            number = (self.state.hit + step * distance) % len(hits)
            if is_listed(listed, hits[number][0]):
                self._go_to_hit(number)
                return
        ways = "; {study.back} ends the search", ", {study.filter} changes the filter"
        self.host.say(self.host.names.sentence("no hit of the search is listed", *ways))

    def searched(self, found: Hits | None) -> None:
        """Take the hits of a search that was closed, the chosen one first."""
        if found is not None and found.places:
            self.state.hits, self.state.hits_total = found.places, found.total
            self._go_to_hit(0)

    def _go_to_hit(self, number: int) -> None:
        """Show the scenario of a hit, and focus its pane."""
        self.state.hit = number
        scenario, profile = self.state.hits[number]
        if profile is not None:
            self.focus_on(profile)
        self.turn_to(scenario)
        keys = self.host.names.hints(
            "{study.next_match}/{study.previous_match} next, previous",
            "{study.back} end the search",
        )
        listed, total = len(self.state.hits), self.state.hits_total
        place = f"hit {number + 1} of {total}" + (f" ({listed} listed)" if listed < total else "")
        self.host.say("   ".join(filter(None, [place, keys])))

    def focus_on(self, index: int) -> None:
        """Focus a pane by its index."""
        if 0 <= index < len(self.session.study.profiles):
            self.state.focus = index
            self.host.lay_out()
            self.host.focus_pane(index)

    def focus_by(self, by: int) -> None:
        """Focus the pane `by` places to the right, round the end."""
        self.focus_on((self.state.focus + by) % len(self.session.study.profiles))

    def filter(self) -> None:
        """Let the user choose a filter for the list."""
        from align_tui.tui.dialogs.filter import FilterDialog

        state, session = self.state, self.session
        total = len(session.study.scenarios)
        if not total:
            return
        dialog = FilterDialog(
            state.wanted,
            session.scenarios.sieve,
            lambda: session.scenarios.known(session.snapshot, state),
            total,
            session.glyphs,
        )
        self.host.ask(dialog, self._filtered)

    def _filtered(self, wanted: Filter | None) -> None:
        if wanted is not None:
            self.state.wanted = wanted
            self.host.lay_out()
            if not self._listed():
                self.host.say(no_match(self.host.names))
