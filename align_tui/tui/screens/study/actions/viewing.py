"""Actions that change only the view: one pane or all, more of a text, another view below."""

from __future__ import annotations

from typing import TYPE_CHECKING

from align_tui.config import first_start
from align_tui.monitor.grouping import UNGROUPED
from align_tui.monitor.ordering import ORDERS
from align_tui.tui.format.filters import EVERYTHING
from align_tui.tui.format.group_text import grouping_words
from align_tui.tui.format.order_text import order_words
from align_tui.tui.format.targets import comparison_words

if TYPE_CHECKING:
    from align_tui.tui.screens.study.host import StudyHost
    from align_tui.tui.screens.study.session import Session
    from align_tui.tui.screens.study.view_state import ViewState
    from align_tui.tui.screens.study.views.base import OverviewView


class Viewing:
    """Changes the view state."""

    def __init__(self, state: ViewState, session: Session, host: StudyHost) -> None:
        self.state, self.session, self.host = state, session, host

    def maximise(self) -> None:
        """Show one pane, or all."""
        self.state.maximised = not self.state.maximised
        self.host.lay_out()

    def turn_list(self) -> None:
        """Show more of the list, or hide it."""
        layout = self.host.layout
        kind = layout.list_kind if layout is not None else "hidden"
        self.state.list_asked = kind in ("hidden", "marks")
        self.host.lay_out()

    def sort(self, step: int) -> None:
        """Sort the list by the next (1) or previous (-1) order that this study can tell."""
        study, state = self.session.study, self.state
        orders = [order for order in ORDERS if order != "flips" or study.repeat > 1]
        if len(study.profiles) < 2:
            orders = [order for order in orders if order not in ("disagreement", "against")]
        at = orders.index(state.order) if state.order in orders else 0
        state.order = orders[(at + step) % len(orders)]
        self.host.lay_out()
        self.host.say(f"the list is sorted {order_words(state.order, state.focus)}")

    def group(self, step: int) -> None:
        """Group the list by the next (1) or previous (-1) of what divides this study."""
        scenarios, state = self.session.scenarios, self.state
        offered = scenarios.groupings()
        at = offered.index(state.grouping) if state.grouping in offered else 0
        state.grouping = offered[(at + step) % len(offered)]
        self.host.lay_out()
        words = grouping_words(state.grouping, scenarios.grouped_column(state))
        grouped = f"the list is {'grouped ' if state.grouping != UNGROUPED else ''}{words}"
        kind = self.host.layout.list_kind if self.host.layout is not None else ""
        more = {"hidden": "; {study.list} shows it", "marks": "; {study.list} shows its names"}
        self.host.say(self.host.names.sentence(grouped, more.get(kind, "")))

    def unfold(self) -> None:
        """Show the whole scenario, or its first lines."""
        self.state.unfolded = not self.state.unfolded
        self.host.lay_out()

    def turn_thinking(self) -> None:
        """Show the models' thinking whole, or only its end."""
        state = self.state
        state.thinking = not state.thinking
        if not any(shown.thinking for shown in self.session.snapshot.panes):
            how = "shown whole" if state.thinking else "folded to a line"
            self.host.say(f"no model thought here; thinking is now {how}")
        self.host.repaint()

    def turn_discriminating(self) -> None:
        """Count all scored decisions, or the discriminating ones."""
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
        """Show the next (1) or previous (-1) view below the panes."""
        self.state.view = (self.state.view + step) % len(self.session.views.all)
        self.host.lay_out()

    def next_comparison(self) -> None:
        """Compare profiles without a target with the next target."""
        self.state.compare += 1
        session = self.session
        self.host.say(comparison_words(session.study, self.state.compare, session.glyphs))

    def next_repeat(self) -> None:
        """Show the next repeat of this scenario in every pane."""
        repeats, state = self.session.study.repeat, self.state
        if repeats < 2:
            self.host.say("this study has one repeat: every scenario is decided once")
            return
        panes, now = self.session.snapshot.panes, state.repeat
        if now is None:
            now = panes[state.focus].repeat if panes else 0
        state.repeat = (now + 1) % repeats
        self.session.show(state)

    def back(self) -> None:
        """Undo one change of the view, such as an error, the search or a maximised pane."""
        state = self.state
        if state.trouble:
            self.host.put_away()
        elif state.greets:
            state.greets = False
            first_start.put_away()
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
        elif state.grouping != UNGROUPED:
            state.grouping = UNGROUPED
        elif state.order != "file":
            state.order = "file"
        elif state.list_asked is not None:
            state.list_asked = None
        self.host.lay_out()
