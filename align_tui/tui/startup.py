"""The first frame: painted before what it will show has been read, or even imported."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from textual.app import ComposeResult

from align_tui.core.errors import AlignError
from align_tui.core.text.display import one_line
from align_tui.tui.application import Shell
from align_tui.tui.widgets.lines import Lines

if TYPE_CHECKING:
    from align_tui.config.study import Study
    from align_tui.tui.launch import Launch, Reader


class OpeningApp(Shell):
    """Paints a frame, has `read` called in a thread, and shows what came of it.

    Where that is an AlignError the app ends and leaves it in `refusal`: nothing has been written.
    """

    CSS = "#opening { dock: top; width: 100%; background: $panel; }"

    def __init__(self, read: Reader, what: str = "") -> None:
        super().__init__()
        self._read, self._what = read, what
        self._line = Lines(id="opening")
        self._since = time.monotonic()
        self.refusal: AlignError | None = None

    def compose(self) -> ComposeResult:
        """The status line, before there is a status."""
        self._paint()
        yield self._line

    def on_mount(self) -> None:
        """Read beside the painting of the first frame, which has little to do but to wait."""
        self.run_worker(self._open(), exclusive=True)
        self._waiting = self.set_interval(0.5, self._paint)

    def _paint(self) -> None:
        """What is waited for, and how long by now."""
        waited = int(time.monotonic() - self._since)
        said = " ".join(filter(None, ("opening", one_line(self._what, 200), self.glyphs.more)))
        self._line.paint((((f" {said} {f'{waited} s' if waited else ''}", "quiet"),),))

    async def _open(self) -> None:
        try:
            launch, study = await asyncio.to_thread(self._reading)
        except AlignError as error:
            self.refusal = error
            self.exit()
        else:
            # A change on a screen below has Textual paint the whole one above it.
            self._waiting.stop()
            self.show(launch, study)

    def _reading(self) -> tuple[Launch, Study]:
        found = self._read()
        import align_tui.tui.screens.study.screen  # noqa: F401 - not in the event loop

        return found
