"""A screen that failed: one sentence for the user, and the traceback in a file that it names."""

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
    """What went wrong: the error, and the traceback that it came with."""

    error: BaseException
    trace: str

    @classmethod
    def of(cls, error: BaseException) -> Failure:
        """Of an exception that nobody caught."""
        return cls(error, "".join(traceback.format_exception(error)))

    @classmethod
    def drawn(cls, drawn: Iterable[RenderableType]) -> Failure:
        """Of an error that Textual kept to itself, from the traceback that it has drawn."""
        from rich.console import Console

        out = StringIO()
        console = Console(file=out, width=200, color_system=None)
        for each in drawn:
            console.print(each)
        last = [line for line in out.getvalue().splitlines() if line.strip()][-1:]
        return cls(RuntimeError(*last), out.getvalue())

    @property
    def what(self) -> str:
        """Its kind and its words, on one line."""
        return one_line(f"{type(self.error).__name__}: {self.error}".removesuffix(": "), 300)

    def sentence(self) -> str:
        """What the user is told; the traceback is in the log then."""
        how = f"its traceback is in {screen_log()}" if self.log() else "--debug shows its traceback"
        return f"The screen failed ({self.what}): {how}. Nothing decided is lost."

    def log(self) -> bool:
        """Keep the traceback in the log of screens; could it be written?"""
        return keep(screen_log(), self.what, self.trace)
