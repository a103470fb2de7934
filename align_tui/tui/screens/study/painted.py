"""What every part of the study screen asks of it: paint again, say this, put that away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from align_tui.tui.keymap import keys_of

if TYPE_CHECKING:
    from align_tui.monitor.snapshot import Snapshot
    from align_tui.tui.screens.study.presenter import Presenter
    from align_tui.tui.screens.study.view_state import ViewState

NOTICE_S = 6.0


class Painted(Screen[None]):
    """A screen whose painter puts a snapshot on its widgets, with a line for what is said."""

    look: ViewState
    snapshot: Snapshot
    painter: Presenter
    trouble: Static
    _notices = 0

    def repaint(self) -> None:
        """Paint the last snapshot again: the user looks at something else."""
        if self.is_attached:
            self.painter.paint(self.snapshot, self.look)

    def changed(self) -> None:
        """What the user looks at may have changed the layout."""
        self.painter.measure(self.look)
        self.repaint()

    def say(self, text: str) -> None:
        """A line in place of the keys, for a moment."""
        self.look.notice = text
        self._notices += 1
        mine = self._notices
        self.set_timer(NOTICE_S, lambda: self._unsay(mine))
        self.repaint()

    def _unsay(self, mine: int) -> None:
        if mine == self._notices:
            self.look.notice = ""
            self.repaint()

    def complain(self, message: str, detail: str = "") -> None:
        """Something went wrong that the user must see until it is put away."""
        from align_tui.core.text.display import plain

        self.look.starting = False
        away = keys_of(self).fill("{study.back} puts this away")
        lines = [
            f"! {plain(message)}",
            *plain(detail).splitlines()[-8:],
            *(("", away) if away else ()),
        ]
        self.look.trouble = tuple(lines)
        self.trouble.update(Content("\n".join(lines)))
        self.set_class(True, "-trouble")
        self.repaint()

    def put_away(self) -> None:
        """Put away what went wrong."""
        self.look.trouble = ()
        self.set_class(False, "-trouble")
