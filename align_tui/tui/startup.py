"""The first frame: painted before the study has been read, or the study screen imported."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from typing import TYPE_CHECKING

from textual import events
from textual.app import ComposeResult

from align_tui.core.errors import AlignError
from align_tui.core.text.display import one_line
from align_tui.tui.application import Shell
from align_tui.tui.keymap import actions_of
from align_tui.tui.typed_ahead import MOST_HELD
from align_tui.tui.widgets.lines import Lines

if TYPE_CHECKING:
    from align_tui.config.study import Study
    from align_tui.tui.launch import Launch, Reader


class OpeningApp(Shell):
    """Paints a frame, calls `read` in a thread, and shows the study that it returns.

    If `read` raises an AlignError, the application ends and keeps the error in `refusal`.
    """

    CSS = "#opening { dock: top; width: 100%; background: $panel; }"

    def __init__(self, read: Reader, what: str = "") -> None:
        super().__init__()
        self._read, self._what = read, what
        self._line = Lines(id="opening")
        self._since = time.monotonic()
        self.refusal: AlignError | None = None
        self._early: deque[events.Event] | None = deque(maxlen=MOST_HELD)

    async def on_event(self, event: events.Event) -> None:
        """Keep keys and pastes for the study screen, in order, except keys that leave."""
        early = self._early
        if early is None or not isinstance(event, events.Key | events.Paste) or self._leaves(event):
            await super().on_event(event)
        else:
            early.append(event)

    def _leaves(self, event: events.Event) -> bool:
        keys = (action.keys for action in actions_of(self) if action.id == "app.leave")
        return isinstance(event, events.Key) and any(event.key in each for each in keys)

    async def _give_early(self) -> None:
        """Give the screen what the user typed before it stood."""
        early, self._early = self._early or (), None
        for event in early:
            await super().on_event(event)

    def compose(self) -> ComposeResult:
        """A line that shows what is being opened."""
        self._paint()
        yield self._line

    def on_mount(self) -> None:
        """Read the study in a thread while the first frame is painted."""
        self.run_worker(self._open(), exclusive=True)
        self._waiting = self.set_interval(0.5, self._paint)

    def _paint(self) -> None:
        """Show what is being opened, and for how long already."""
        waited = int(time.monotonic() - self._since)
        text = " ".join(filter(None, ("opening", one_line(self._what, 200), self.glyphs.more)))
        self._line.paint((((f" {text} {f'{waited} s' if waited else ''}", "quiet"),),))

    async def _open(self) -> None:
        try:
            launch, study = await asyncio.to_thread(self._reading)
        except AlignError as error:
            self.refusal = error
            self.exit()
        else:
            # A change on a lower screen makes Textual paint the whole screen above it.
            self._waiting.stop()
            self.show(launch, study)
            # The screen calls this after it is mounted, when it holds keys for its first snapshot.
            self.screen.call_later(self.call_later, self._give_early)

    def _reading(self) -> tuple[Launch, Study]:
        opened = self._read()
        import align_tui.tui.screens.study.screen  # noqa: F401 - not in the event loop

        return opened
