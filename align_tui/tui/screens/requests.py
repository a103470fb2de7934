"""What a screen asks of the application, as messages: only the application puts screens away."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from align_tui.config.study import Study


@dataclass
class OpenRun(Message):
    """Show a run in place of all that is shown; `at`: its scenario, profile and repeat."""

    run: str
    study: Study
    replay: bool = False
    at: tuple[int, int, int] | None = None
