"""Keys of the study screen that go from one scenario to another, and what narrows the way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from align_tui.tui.format.filter_text import no_match
from align_tui.tui.format.filters import Filter, beside, is_listed, onwards
from align_tui.tui.keymap import keys_of
from align_tui.tui.screens.study.doors import Doors

if TYPE_CHECKING:
    from align_tui.config.study import Study


class Navigating(Doors):
    """Base of the study screen: steps over the scenarios that the list shows."""

    study: Study

    def listed(self) -> Sequence[int]:
        """The scenarios that pass the filter now; all without one."""
        return self.painter.navigator.listed(self.snapshot, self.look)

    def turn_to(self, scenario: int) -> None:
        """Show a scenario at once; its texts follow from the feed."""
        if scenario != self.look.scenario:
            self.look.scenario, self.look.repeat = scenario, None
            self.work.show()
        self.changed() if self.look.unfolded else self.repaint()

    def _turn(self, scenario: int | None) -> None:
        """Show one of the listed, or say that there is none."""
        if scenario is not None:
            self.turn_to(scenario)
        elif self.look.wanted:
            self.say(no_match(keys_of(self)))

    def action_step(self, by: int) -> None:
        """The next or previous scenario of the list."""
        self._turn(beside(self.listed(), self.look.scenario, by))

    def action_go(self, place: int) -> None:
        """The first (0) or the last (-1) of the list."""
        listed = self.listed()
        self._turn(listed[place] if listed else None)

    def action_next(self, step: int) -> None:
        """The next hit while there are hits, else the next that the filter lists, else wrong."""
        if self.look.hits:
            self._next_hit(step)
        elif self.look.wanted:
            self._turn(onwards(self.listed(), self.look.scenario, step))
        else:
            self._next_wrong(step)

    def _next_wrong(self, step: int) -> None:
        from align_tui.monitor.marks import next_wrong

        shown = self.painter.layout.grid.panes if self.painter.layout else ()
        targets = self.painter.targets(self.look)
        found = next_wrong(self.snapshot.rows, targets, shown, self.look.scenario, step)
        if found is None:
            self.say("no scenario is decided wrong")
        else:
            self.turn_to(found)

    def _next_hit(self, step: int) -> None:
        """The next hit on a scenario that is listed."""
        hits, listed = self.look.hits, self.listed()
        for distance in range(1, len(hits) + 1):
            number = (self.look.hit + step * distance) % len(hits)
            if is_listed(listed, hits[number][0]):
                self.go_to_hit(number)
                return
        ways = "; {study.back} ends the search", ", {study.filter} changes the filter"
        self.say(keys_of(self).sentence("no hit of the search is listed", *ways))

    def go_to_hit(self, number: int) -> None:
        """Turn to a hit of the search, and to the pane it is in."""
        self.look.hit = number
        scenario, profile = self.look.hits[number]
        if profile is not None:
            self.own().action_focus_on(profile)
        self.turn_to(scenario)
        keys = keys_of(self).hints(
            "{study.next_match}/{study.previous_match} next, previous", "{study.back} ends"
        )
        self.say("   ".join(filter(None, [f"hit {number + 1} of {len(self.look.hits)}", keys])))

    def action_filter(self) -> None:
        """Choose which scenarios are listed."""
        from align_tui.tui.dialogs.filter import FilterDialog

        if self.study.scenarios:
            self.app.push_screen(FilterDialog(self.own()), self._filtered)

    def _filtered(self, wanted: Filter | None) -> None:
        if wanted is not None:
            self.look.wanted = wanted
            self.changed()
            if not self.listed():
                self.say(no_match(keys_of(self)))
