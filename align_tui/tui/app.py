"""Open the screen, and return an exit status when the user leaves it."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from align_tui.output.terminal import say
from align_tui.tui import gc_tuning

if TYPE_CHECKING:
    from align_tui.tui.launch import Reader


def run(read: Reader, what: str = "", *, traceback: bool = False) -> int:
    """Open the screen, show what `read` returns, and return the exit status once the user leaves.

    The screen shows `what` while `read` works. Raises the AlignError that `read` raised, after the
    terminal has been restored.
    """
    if hasattr(
        signal, "SIGHUP"
    ):  # end with the terminal, even if the parent process ignored the signal
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
    gc_tuning.hold()  # the study screen calls `settle`
    try:
        from align_tui.tui.startup import OpeningApp

        app = OpeningApp(read, what)
        parting = app.run()
    finally:
        gc_tuning.settle()
    if app.refusal is not None:
        raise app.refusal
    if app.failure is not None:
        if traceback:
            say(app.failure.trace, error=True)
        say(app.failure.sentence(), error=True)
    message = parting.farewell() if parting is not None else ""
    if message:
        say(message, error=True)
    return 1 if app.failure is not None else int(app.return_code or 0)
