"""Log files for the tracebacks of failed commands and screens, which users do not see."""

from __future__ import annotations

import os
import time
from pathlib import Path

from align_tui import __version__
from align_tui.config import paths
from align_tui.core.text.display import one_line
from align_tui.core.text.error_text import error_text

MOST_LOGGED = 1_000_000
"""The size in bytes at which a log is emptied."""


def screen_log() -> Path:
    """The log of tracebacks of failed screens."""
    return paths.state_dir() / "screen.log"


def command_log() -> Path:
    """The log of tracebacks of failed commands."""
    return paths.state_dir() / "errors.log"


def keep_error(path: Path, error: BaseException) -> bool:
    """Add an error with its traceback to the log; returns False if that failed."""
    from align_tui.core.text.tracebacks import traceback_of

    return keep(path, one_line(error_text(error), 300), traceback_of(error))


def keep(path: Path, what: str, trace: str) -> bool:
    """Add one line (`what`) and a traceback to the log; returns False if that failed."""
    # Only here: nothing of this is needed as long as nothing fails.
    from align_tui.config.secrets import environment_secrets
    from align_tui.core.text.tracebacks import kept_text
    from align_tui.files import private
    from align_tui.files.write import as_utf8

    when = time.strftime("%Y-%m-%d %H:%M:%S %z")
    text = kept_text(f"{what}\n{trace.rstrip()}", environment_secrets())
    try:
        handle = private.open_log(path)
        try:
            if os.fstat(handle).st_size > MOST_LOGGED:
                os.ftruncate(handle, 0)
            os.write(handle, as_utf8(f"{when}  align-tui {__version__}  {text}\n\n"))
        finally:
            os.close(handle)
    except OSError:
        return False
    return True
