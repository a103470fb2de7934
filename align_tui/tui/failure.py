"""A screen that failed: one sentence for the user, and the traceback in a file that it names."""

from __future__ import annotations

import os
import time
import traceback
from collections.abc import Iterable
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

from align_tui import __version__
from align_tui.config import paths
from align_tui.core.text import one_line
from align_tui.files import private
from align_tui.files.write import as_utf8

if TYPE_CHECKING:
    from rich.console import RenderableType

MOST_LOGGED = 1_000_000
"""Bytes of a log from which on it begins anew."""


class Failure:
    """The first thing that went wrong, if anything did."""

    def __init__(self) -> None:
        self.error: BaseException | None = None
        self.what = self.trace = ""

    def __bool__(self) -> bool:
        return bool(self.what)

    def keep(self, error: BaseException) -> None:
        """An exception that nobody caught."""
        if not self:
            said = f"{type(error).__name__}: {error}".removesuffix(": ")
            self.error, self.what = error, one_line(said, 300)
            self.trace = "".join(traceback.format_exception(error))

    def keep_drawn(self, drawn: Iterable[RenderableType]) -> None:
        """A traceback that Textual has drawn already, of an error that it kept to itself."""
        if self:
            return
        from rich.console import Console

        out = Console(file=StringIO(), width=200, color_system=None)
        for each in drawn:
            out.print(each)
        assert isinstance(out.file, StringIO)
        self.trace = out.file.getvalue()
        last = [line for line in self.trace.splitlines() if line.strip()][-1:]
        self.what = one_line("".join(last), 300) or "a thread ended"

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
