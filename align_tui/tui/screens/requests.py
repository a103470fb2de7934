"""Messages with which a screen asks the application to open a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from align_tui.config.study import Study


@dataclass
class OpenRun(Message):
    """Show a run in place of all open screens, at its scenario, profile and repeat `at`."""

    run: str
    study: Study
    replay: bool = False
    at: tuple[int, int, int] | None = None
