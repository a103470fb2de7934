"""The prompt beside the text that is edited; it follows the text off the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeAlias

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.geometry import Size

from align_tui.tui.format.wrapping import wrap
from align_tui.tui.widgets.lines import Lines
from align_tui.tui.widgets.prose import THUMB, Prose

Render: TypeAlias = "Callable[[str], str]"
"""From the text that is edited to the prompt, or to the sentence that says why there is none."""
PAUSE_S = 0.25  # without a key, before the prompt is rendered
BESIDE, BELOW = 100, 34
"""From so many columns the prompt stands beside the text, and from so many rows below it."""


def place(size: Size) -> str:
    """Where the prompt stands on a terminal of this size: `beside`, `below`, or `hidden`."""
    return "beside" if size.width >= BESIDE else "below" if size.height >= BELOW else "hidden"


class PromptPreview(Vertical):
    """Shows the prompt for a text. `heading` says whose prompt it is.

    It calls `shown` when it has rendered another prompt.
    """

    DEFAULT_CSS = """
    PromptPreview { width: 1fr; height: 1fr; padding: 0 0 0 1; }
    """

    def __init__(self, render: Render, heading: str, shown: Callable[[], None]) -> None:
        super().__init__(id="prompt")
        self._render_prompt, self._heading, self._shown = render, heading, shown
        self._head, self._prose = Lines(), Prose()
        self._given: str | None = None
        self.text = ""

    def compose(self) -> ComposeResult:
        """The heading over the prompt."""
        yield self._head
        yield self._prose

    def on_mount(self) -> None:
        """Name the prompt."""
        self._head.paint((((self._heading, "quiet"),),))

    def follow(self, text: str, *, at_once: bool = False) -> None:
        """Render the prompt for this text in a thread; a newer text replaces it."""
        if text != self._given:
            self._given = text
            self.run_worker(self._follow(text, 0.0 if at_once else PAUSE_S), exclusive=True)

    async def _follow(self, text: str, pause: float) -> None:
        await asyncio.sleep(pause)
        self.text = await asyncio.to_thread(self._render_prompt, text)
        self._prose.show(self.text, "prompt")
        self._shown()

    @property
    def rows(self) -> int:
        """The rows that heading and prompt take in this width."""
        return 1 + (
            len(wrap(self.text, max(1, self._prose.size.width - THUMB))) if self.text else 0
        )
