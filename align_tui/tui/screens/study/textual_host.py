"""The host of the study screen's actions, implemented with Textual."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

from textual.dom import NoScreen

from align_tui.core.text.display import plain
from align_tui.tui.acts import WaitsForEdits
from align_tui.tui.format.help_layout import Block
from align_tui.tui.format.key_names import KeyNames
from align_tui.tui.format.layout import Layout
from align_tui.tui.keymap import keys_of
from align_tui.tui.screens.study.host import Successor

if TYPE_CHECKING:
    from textual.screen import ModalScreen, Screen

    from align_tui.monitor.rows import Database
    from align_tui.tui.exit_message import ExitMessage
    from align_tui.tui.screens.study.presenter import Presenter
    from align_tui.tui.screens.study.session import Session
    from align_tui.tui.screens.study.view_state import ViewState
    from align_tui.tui.screens.study.widgets import StudyWidgets

T = TypeVar("T")
NOTICE_S = 6.0


class TextualHost:
    """Implements `StudyHost`; `make` makes the screen of a successor."""

    def __init__(
        self,
        screen: Screen[None],
        widgets: StudyWidgets,
        presenter: Presenter,
        state: ViewState,
        session: Session,
        make: Callable[[Successor], Screen[None]],
    ) -> None:
        self.screen, self.widgets, self.presenter = screen, widgets, presenter
        self.state, self.session, self._make = state, session, make
        self._notices = 0

    @property
    def layout(self) -> Layout | None:
        """How the screen is divided; None while it is too small."""
        return self.presenter.layout

    @property
    def width(self) -> int:
        """The width of the screen, in cells."""
        return self.screen.size.width

    @property
    def names(self) -> KeyNames:
        """The names of the screen's keys in the user's keymap."""
        return keys_of(self.screen)

    def key_table(self) -> Sequence[Block]:
        """The groups of lines of the help, one line for each action that has a key."""
        from align_tui.tui.dialogs.help import key_table

        return key_table(self.screen)

    def repaint(self) -> None:
        """Paint the last snapshot with the current view state."""
        if self.screen.is_attached:
            # A key may have been queued when the screen closed: some of its widgets are gone.
            with suppress(NoScreen):
                self.presenter.paint(self.session.snapshot, self.state)

    def lay_out(self) -> None:
        """Compute the layout again and paint."""
        self.presenter.measure(self.session.snapshot, self.state)
        self.repaint()

    def say(self, text: str, *, waiting: bool = False) -> None:
        """Show a notice in place of the keys for a moment; if `waiting`, until the next notice."""
        self.state.notice = text
        self._notices += 1
        mine = self._notices

        def unsay() -> None:
            if mine == self._notices:
                self.state.notice = ""
                self.repaint()

        if not waiting:
            self.screen.set_timer(NOTICE_S, unsay)
        self.repaint()

    def complain(self, message: str, hint: str = "") -> None:
        """Show an error until the user closes it."""
        self.state.starting = False
        closes = self.names.fill("{study.back} closes this")
        lines = [
            f"! {plain(message)}",
            *plain(hint).splitlines()[-8:],
            *(("", closes) if closes else ()),
        ]
        self.state.trouble = tuple(lines)
        self.widgets.show_trouble("\n".join(lines))
        self.repaint()

    def put_away(self) -> None:
        """Close the error that `complain` shows."""
        self.state.trouble = ()
        self.widgets.show_trouble("")

    def aside(self, job: Callable[[], T], then: Callable[[T], None], after_s: float) -> None:
        """Call `job` after some seconds in a thread of its own, and `then` in the event loop."""

        async def run() -> None:
            await asyncio.sleep(after_s)
            then(await asyncio.to_thread(job))

        self.screen.run_worker(run(), exit_on_error=True)

    def focus_pane(self, index: int) -> None:
        """Give the keyboard's focus to that pane."""
        self.widgets.panes[index].focus(scroll_visible=False)

    def scroll_page(self, step: int) -> None:
        """Scroll the focused pane, or the unfolded scenario, down (1) or up (-1) by a page."""
        widgets, state = self.widgets, self.state
        if not state.unfolded:
            widgets.panes[state.focus].turn_page(step)
        elif step > 0:
            widgets.panel.scroll_page_down(animate=False)
        else:
            widgets.panel.scroll_page_up(animate=False)

    def scroll_end(self, step: int) -> None:
        """Scroll the focused pane to its end (1) or its top (-1)."""
        target = self.widgets.panes[self.state.focus].scroller
        if step > 0:
            target.scroll_end(animate=False)
        else:
            target.scroll_home(animate=False)

    def do(
        self, job: Callable[[Database], T], then: Callable[[T], None], *, holds: bool = False
    ) -> None:
        """Call `job` in the store's thread, and `then` in the event loop with its result."""
        self.session.do(job, then, holds=holds)

    def ask(self, dialog: ModalScreen[T], then: Callable[[T | None], None]) -> None:
        """Open a dialog, and call `then` with what it returns."""
        self.screen.app.push_screen(dialog, then)

    def open(self, screen: Screen[None]) -> None:
        """Open another screen over this one."""
        self.screen.app.push_screen(screen)

    def turn_to(self, successor: Successor) -> None:
        """Show that study in place of this one, unless the user left this one meanwhile.

        It waits while a dialog has an edit, because it closes all dialogs.
        """
        app = self.screen.app

        def turn() -> None:
            if self.screen not in app.screen_stack:
                return
            while app.screen is not self.screen:
                app.pop_screen()
            app.switch_screen(self._make(successor))

        if isinstance(app, WaitsForEdits):
            app.after_edits(turn)
        else:
            turn()

    def leave(self, message: ExitMessage) -> None:
        """End the application; the program then prints `message`."""
        self.screen.app.exit(message)
