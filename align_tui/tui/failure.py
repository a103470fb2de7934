"""The failure of a screen: one sentence for the user, and the traceback in a log file."""

from __future__ import annotations

import traceback
from collections.abc import Iterable
from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING

from align_tui.config.failure_log import keep, screen_log
from align_tui.core.text.display import one_line

if TYPE_CHECKING:
    from rich.console import RenderableType


@dataclass(frozen=True, slots=True)
class Failure:
    """The error, and its traceback as text."""

    error: BaseException
    trace: str

    @classmethod
    def of(cls, error: BaseException) -> Failure:
        """The failure for an exception that nobody caught."""
        return cls(error, "".join(traceback.format_exception(error)))

    @classmethod
    def drawn(cls, drawn: Iterable[RenderableType]) -> Failure:
        """The failure for an error of which Textual gives only the drawn traceback."""
        from rich.console import Console

        out = StringIO()
        console = Console(file=out, width=200, color_system=None)
        for each in drawn:
            console.print(each)
        last = [line for line in out.getvalue().splitlines() if line.strip()][-1:]
        return cls(RuntimeError(*last), out.getvalue())

    @property
    def what(self) -> str:
        """The error's class and message, on one line."""
        return one_line(f"{type(self.error).__name__}: {self.error}".removesuffix(": "), 300)

    def sentence(self) -> str:
        """Write the traceback to the log, and return the sentence for the user."""
        how = f"its traceback is in {screen_log()}" if self.log() else "--debug shows its traceback"
        return f"The screen failed ({self.what}): {how}. No decision is lost."

    def log(self) -> bool:
        """Write the traceback to the log of screens; True if that worked."""
        return keep(screen_log(), self.what, self.trace)
