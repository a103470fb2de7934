"""Changing what is looked at, and nothing else: one pane or all, more of a text, another view."""

from __future__ import annotations

from typing import TYPE_CHECKING

from align_tui.tui.format.filters import EVERYTHING
from align_tui.tui.format.targets import comparison_words

if TYPE_CHECKING:
    from align_tui.tui.screens.study.host import StudyHost
    from align_tui.tui.screens.study.session import Session
    from align_tui.tui.screens.study.view_state import ViewState
    from align_tui.tui.screens.study.views.base import OverviewView


class Viewing:
    """Turns the switches of the view."""

    def __init__(self, state: ViewState, session: Session, host: StudyHost) -> None:
        self.state, self.session, self.host = state, session, host

    def maximise(self) -> None:
        """One pane, or all."""
        self.state.maximised = not self.state.maximised
        self.host.lay_out()

    def turn_list(self) -> None:
        """More of the list, or none of it."""
        layout = self.host.layout
        kind = layout.list_kind if layout is not None else "hidden"
        self.state.list_asked = kind in ("hidden", "marks")
        self.host.lay_out()

    def unfold(self) -> None:
        """The whole scenario, or its first lines."""
        self.state.unfolded = not self.state.unfolded
        self.host.lay_out()

    def turn_thinking(self) -> None:
        """All that the models thought, or how it ends."""
        state = self.state
        state.thinking = not state.thinking
        if not any(shown.thinking for shown in self.session.snapshot.panes):
            will = "shown whole" if state.thinking else "folded to a line"
            self.host.say(f"no model thought here; where one did, its thinking is {will}")
        self.host.repaint()

    def turn_discriminating(self) -> None:
        """Which decisions the accuracy counts."""
        self.state.discriminating = not self.state.discriminating
        self.host.repaint()

    def look_for_views(self) -> None:
        """Add the views of other packages, once they have been looked for."""
        views = self.session.views

        def then(found: tuple[OverviewView, ...]) -> None:
            if found != views.all:
                views.all = found
                self.host.lay_out()

        self.session.do(lambda _: views.look_for_more(), then)

    def next_view(self, step: int) -> None:
        """The next or previous view of the block below the panes."""
        self.state.view = (self.state.view + step) % len(self.session.views.all)
        self.host.lay_out()

    def next_comparison(self) -> None:
        """The next target for profiles that have none."""
        self.state.compare += 1
        session = self.session
        self.host.say(comparison_words(session.study, self.state.compare, session.glyphs))

    def next_repeat(self) -> None:
        """The next repeat of this scenario, in every pane."""
        repeats, state = self.session.study.repeat, self.state
        if repeats < 2:
            self.host.say("every scenario is decided once")
            return
        panes, now = self.session.snapshot.panes, state.repeat
        if now is None:
            now = panes[state.focus].repeat if panes else 0
        state.repeat = (now + 1) % repeats
        self.session.show(state)

    def back(self) -> None:
        """Undo what changed the view last."""
        state = self.state
        if state.trouble:
            self.host.put_away()
        elif state.hits:
            state.hits, state.hit, state.notice = (), -1, ""
        elif state.maximised:
            state.maximised = False
        elif state.unfolded:
            state.unfolded = False
        elif state.thinking:
            state.thinking = False
        elif state.wanted:
            state.wanted = EVERYTHING
        elif state.list_asked is not None:
            state.list_asked = None
        self.host.lay_out()
