"""What a dialog that runs a change needs: the cost of the change, and the questions before it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from textual.screen import Screen

from align_tui.core.errors import AlignError

if TYPE_CHECKING:
    from align_tui.studies.edits import Changed

PAUSE_S = 0.25  # without a key, before the cost is estimated


class Starter(Protocol):
    """Tells what a change costs, and asks the user before the change runs."""

    def tell(self, changed: Changed, then: Callable[[str], None]) -> None:
        """Call `then` with one sentence: the decisions, the tokens and the time of the change."""

    def ask(
        self,
        changed: Changed,
        then: Callable[[], object],
        refused: Callable[[AlignError | str], None],
    ) -> None:
        """Call `then` once the change may run, or `refused` with the reason why it may not."""


class CostLine:
    """The sentence about the cost of what is edited; `show` gets it, and "" if there is none."""

    def __init__(self, dialog: Screen[Changed], starter: Starter, show: Callable[[str], None]):
        self._dialog, self._starter, self._show = dialog, starter, show
        self._newest = 0

    def follow(self, build: Callable[[], Changed], *, at_once: bool = False) -> None:
        """Estimate the change that `build` makes in a thread; a newer one replaces it."""
        self._newest += 1
        work = self._follow(build, self._newest, 0.0 if at_once else PAUSE_S)
        self._dialog.run_worker(work, exclusive=True, group="cost")

    async def _follow(self, build: Callable[[], Changed], number: int, pause: float) -> None:
        await asyncio.sleep(pause)
        try:
            changed = await asyncio.to_thread(build)
        except AlignError:  # the user is still typing; the key that runs it shows the error
            self._show("")
            return

        def told(words: str) -> None:
            if number == self._newest and self._dialog.is_attached:
                self._show(words)

        self._starter.tell(changed, told)
