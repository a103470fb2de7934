"""Opening the screen, and making an exit status of its end."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from align_tui.output.terminal import say
from align_tui.tui import gc_tuning

if TYPE_CHECKING:
    from align_tui.tui.launch import Reader


def run(read: Reader, what: str = "", *, traceback: bool = False) -> int:
    """Open the screen, show what `read` gives, and stay until it is left; the exit status.

    `what` is said while it is read. Raises what `read` raises of our errors, when the terminal is
    itself again.
    """
    if hasattr(signal, "SIGHUP"):  # a screen without a terminal ends, whoever was deaf before it
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
    gc_tuning.hold()  # the study screen lets go
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
    said = parting.farewell() if parting is not None else ""
    if said:
        say(said, error=True)
    return 1 if app.failure is not None else int(app.return_code or 0)
