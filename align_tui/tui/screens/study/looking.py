"""Keys of the study screen that change what is looked at, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from align_tui.tui.format.filters import EVERYTHING
from align_tui.tui.screens.study.navigating import Navigating

if TYPE_CHECKING:
    from align_tui.tui.widgets.pane import Pane
    from align_tui.tui.widgets.panel import ScenarioPanel


class Looking(Navigating):
    """Base of the study screen: pane, list, what the marks are set against."""

    panes: list[Pane]
    panel: ScenarioPanel

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

    def action_thinking(self) -> None:
        """All that the models thought, or how it ends."""
        self.look.thinking = not self.look.thinking
        if not any(shown.thinking for shown in self.snapshot.panes):
            will = "shown whole" if self.look.thinking else "folded to a line"
            self.say(f"no model thought here; where one did, its thinking is {will}")
        self.repaint()

    def action_discriminating(self) -> None:
        """Which decisions the accuracy counts."""
        self.look.discriminating = not self.look.discriminating
        self.repaint()

    def action_overview(self, step: int) -> None:
        """The next or previous view of the block below the panes."""
        from align_tui.tui.format.overview import VIEWS

        self.look.view = (self.look.view + step) % len(VIEWS)
        self.changed()

    def action_compare(self) -> None:
        """The next target for profiles that have none."""
        from align_tui.tui.screens.study.presenter import comparison_words

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
        elif look.thinking:
            look.thinking = False
        elif look.wanted:
            look.wanted = EVERYTHING
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
