"""An error in words. Light: it is imported before the first frame."""

from __future__ import annotations

from align_tui.core.text.repair import storable


def error_text(error: BaseException) -> str:
    """The error's type, and its message if it has one."""
    words = error_message(error)
    return f"{type(error).__name__}: {words}" if words else type(error).__name__


def error_message(error: BaseException) -> str:
    """The error's message; the `__str__` of a user's error may itself fail."""
    try:
        return storable(str(error))
    except BaseException:  # SystemExit, say
        return "its message cannot be read"
