"""Keys of the study screen that change what is looked at, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from align_tui.tui.screens.doors import Doors

if TYPE_CHECKING:
    from align_tui.config.study import Study
    from align_tui.tui.widgets.pane import Pane
    from align_tui.tui.widgets.panel import ScenarioPanel


class Looking(Doors):
    """Base of the study screen: scenario, pane, list, what the marks are set against."""

    study: Study
    panes: list[Pane]
    panel: ScenarioPanel

    def turn_to(self, scenario: int) -> None:
        """Show a scenario at once; its texts follow from the feed."""
        if scenario != self.look.scenario:
            self.look.scenario, self.look.repeat = scenario, None
            self.work.show()
        self.changed() if self.look.unfolded else self.repaint()

    def action_step(self, by: int) -> None:
        """Next or previous scenario."""
        self.turn_to(max(0, min(len(self.study.scenarios) - 1, self.look.scenario + by)))

    def action_go(self, scenario: int) -> None:
        """A scenario by its number; -1 is the last."""
        self.turn_to(scenario if scenario >= 0 else len(self.study.scenarios) - 1)

    def action_next(self, step: int) -> None:
        """The next hit while there are hits, else the next scenario that someone has wrong."""
        from align_tui.tui.view.marks import next_wrong

        if self.look.hits:
            self.go_to_hit((self.look.hit + step) % len(self.look.hits))
            return
        shown = self.painter.layout.grid.panes if self.painter.layout else ()
        targets = self.painter.targets(self.look)
        found = next_wrong(self.snapshot.rows, targets, shown, self.look.scenario, step)
        if found is None:
            self.say("no scenario is decided wrong")
        else:
            self.turn_to(found)

    def go_to_hit(self, number: int) -> None:
        """Turn to a hit of the search, and to the pane it is in."""
        self.look.hit = number
        scenario, profile = self.look.hits[number]
        if profile is not None:
            self.action_focus_on(profile)
        self.turn_to(scenario)
        self.say(f"hit {number + 1} of {len(self.look.hits)}   n/N next, previous   escape ends")

    def action_focus_on(self, index: int) -> None:
        """Focus a pane by its number."""
        if 0 <= index < len(self.panes):
            self.look.focus = index
            self.changed()
            self.panes[index].focus(scroll_visible=False)

    def action_focus_by(self, by: int) -> None:
        """Focus the next or previous pane."""
        self.action_focus_on((self.look.focus + by) % len(self.panes))

    def action_maximise(self) -> None:
        """One pane, or all."""
        self.look.maximised = not self.look.maximised
        self.changed()

    def action_list(self) -> None:
        """More of the list, or none of it."""
        kind = self.painter.layout.list_kind if self.painter.layout else "hidden"
        self.look.list_asked = kind in ("hidden", "marks")
        self.changed()

    def action_unfold(self) -> None:
        """The whole scenario, or its first lines."""
        self.look.unfolded = not self.look.unfolded
        self.changed()

    def action_discriminating(self) -> None:
        """Which decisions the accuracy counts."""
        self.look.discriminating = not self.look.discriminating
        self.repaint()

    def action_overview(self, step: int) -> None:
        """The next or previous view of the block below the panes."""
        from align_tui.tui.view.overview import VIEWS

        self.look.view = (self.look.view + step) % len(VIEWS)
        self.changed()

    def action_compare(self) -> None:
        """The next target for profiles that have none."""
        from align_tui.tui.screens.painter import comparison_words

        self.look.compare += 1
        self.say(comparison_words(self.study, self.look, self.glyphs))

    def action_repeat(self) -> None:
        """The next repeat of this scenario, in every pane."""
        if self.study.repeat < 2:
            self.say("every scenario is decided once")
            return
        panes = self.snapshot.panes
        now = self.look.repeat
        if now is None:
            now = panes[self.look.focus].repeat if panes else 0
        self.look.repeat = (now + 1) % self.study.repeat
        self.work.show()

    def action_back(self) -> None:
        """Undo what changed the view last."""
        look = self.look
        if look.trouble:
            self.put_away()
        elif look.hits:
            look.hits, look.hit, look.notice = (), -1, ""
        elif look.maximised:
            look.maximised = False
        elif look.unfolded:
            look.unfolded = False
        elif look.list_asked is not None:
            look.list_asked = None
        self.changed()

    def action_page(self, step: int) -> None:
        """Scroll the focused pane, or the unfolded scenario, by a page."""
        target = self.panel if self.look.unfolded else self.panes[self.look.focus].scroller
        if step > 0:
            target.scroll_page_down(animate=False)
        else:
            target.scroll_page_up(animate=False)

    def action_edge(self, step: int) -> None:
        """Scroll the focused pane to its top or end."""
        target = self.panes[self.look.focus].scroller
        if step > 0:
            target.scroll_end(animate=False)
        else:
            target.scroll_home(animate=False)
