"""Base of the screens over the study screen: a thread for the store, notices, a line of keys."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from textual.message import Message
from textual.screen import ModalScreen, Screen

from align_tui.core.text.display import plain
from align_tui.tui.acts import HoldsKeys
from align_tui.tui.format.footer import Key, key_line
from align_tui.tui.format.glyphs import Glyphs
from align_tui.tui.format.help_layout import Block, side_by_side
from align_tui.tui.format.key_names import KeyNames
from align_tui.tui.format.styled_text import cut
from align_tui.tui.keymap import keys_of
from align_tui.tui.store_thread import StoreThread
from align_tui.tui.widgets.lines import Lines

if TYPE_CHECKING:
    from align_tui.monitor.rows import Database

T = TypeVar("T")
NOTICE_S = 6.0


class BaseScreen(Screen[None]):
    """A screen with a line of keys at the bottom and a thread for the store."""

    CSS_PATH = "base_screen.tcss"

    @dataclass
    class Then(Message):
        """A function that the store's thread wants called in the event loop."""

        what: Callable[[], None]

    def __init__(self, database: Path, glyphs: Glyphs) -> None:
        super().__init__(classes="-ascii" if glyphs.ascii else "")
        self.database, self.glyphs = database, glyphs
        self.keys = Lines(classes="keys")
        self.notice = ""
        self._notices = 0
        self.calls: dict[str, Callable[[], object]] = {}  # by the name of an act
        self._store = StoreThread(database, self._post, self.complain)

    def _post(self, what: Callable[[], None]) -> bool:
        return self.post_message(self.Then(what))

    def on_base_screen_then(self, message: Then) -> None:
        """Call the function in the event loop."""
        message.what()

    def on_unmount(self) -> None:
        """Close the connection to the database."""
        self._store.close()

    def do(
        self, job: Callable[[Database], T], then: Callable[[T], None], *, holds: bool = False
    ) -> None:
        """Do a job in the store's thread; `then` gets its result if the screen is still open.

        With `holds` further keys wait for `then`, because it changes what they mean.
        """
        if isinstance(self.app, HoldsKeys):
            self._store.hold = self.app.hold_keys

        def back(value: T) -> None:
            if self.is_attached:
                then(value)

        self._store.do(job, back, holds=holds)

    def say(self, text: str, *, waiting: bool = False) -> None:
        """Show a notice in place of the keys for a moment; if `waiting`, until the next notice."""
        self.notice = text
        self._notices += 1
        mine = self._notices
        if not waiting:
            self.set_timer(NOTICE_S, lambda: self._unsay(mine))
        self.paint_keys()

    def _unsay(self, mine: int) -> None:
        if mine == self._notices:
            self.notice = ""
            self.paint_keys()

    def complain(self, message: str, hint: str = "") -> None:
        """Show an error until the user closes it."""
        from align_tui.tui.dialogs.help import MessageDialog

        self.say("")
        text = plain(f"{message}\n\n{hint}".strip())
        self.app.push_screen(MessageDialog("! this did not work", text, self.glyphs.ascii))

    @property
    def names(self) -> KeyNames:
        """The names of this screen's keys in the user's keymap."""
        return keys_of(self)

    def key_list(self) -> list[Key]:
        """The entries of the line of keys, the most important first."""
        raise NotImplementedError

    def paint_keys(self) -> None:
        """Paint the line of keys, or the notice."""
        width = self.size.width
        if self.notice:
            notice = ((f" {self.notice}", "bright"),)
            self.keys.paint((cut(notice, width, self.glyphs.more),))
        else:
            self.keys.paint((key_line(self.key_list(), width),))

    def ask(self, dialog: ModalScreen[T], then: Callable[[T | None], None]) -> None:
        """Open a dialog, and call `then` with what it returns."""
        self.app.push_screen(dialog, then)

    def open(self, screen: Screen[None]) -> None:
        """Open another screen over this one."""
        self.app.push_screen(screen)

    def action_act(self, name: str) -> None:
        """Call the act of that name."""
        self.calls[name]()

    def help(self) -> None:
        """Show every key of this screen."""
        from align_tui.tui.dialogs.help import MessageDialog, key_table

        lay_out = partial(_in_columns, key_table(self))
        self.app.push_screen(MessageDialog("keys of this screen", lay_out, self.glyphs.ascii))

    def back(self) -> None:
        """Close this screen and return to the one below."""
        self.app.pop_screen()


def _in_columns(groups: Sequence[Block], width: int) -> str:
    return "\n".join(side_by_side(groups, width))
