"""A screen that failed: one sentence for the user, and the traceback in a file that it names."""

from __future__ import annotations

import os
import time
import traceback
from collections.abc import Iterable
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

from align_tui import __version__
from align_tui.config import paths
from align_tui.core.text.display import one_line
from align_tui.files import private
from align_tui.files.write import as_utf8

if TYPE_CHECKING:
    from rich.console import RenderableType

MOST_LOGGED = 1_000_000
"""Bytes of a log from which on it begins anew."""


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
        where = self._log()
        how = f"its traceback is in {where}" if where else "--debug shows its traceback"
        return f"The screen failed ({self.what}): {how}. Nothing decided is lost."

    def _log(self) -> Path | None:
        path = screen_log()
        when = time.strftime("%Y-%m-%d %H:%M:%S %z")
        entry = f"{when}  align-tui {__version__}  {self.what}\n{self.trace.rstrip()}\n\n"
        try:
            handle = private.open_log(path)
            try:
                if os.fstat(handle).st_size > MOST_LOGGED:
                    os.ftruncate(handle, 0)
                os.write(handle, as_utf8(entry))
            finally:
                os.close(handle)
        except OSError:
            return None
        return path


def screen_log() -> Path:
    """Where the tracebacks of screens that failed are kept."""
    return paths.state_dir() / "screen.log"
