"""Whether the greeting of a first start was put away: an empty file in the state folder."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from align_tui.config import paths


def _mark() -> Path:
    return paths.state_dir() / "greeted"


def is_greeted() -> bool:
    """True if the user has put the greeting away."""
    try:
        return _mark().exists()
    except OSError:
        return True


def put_away() -> None:
    """Remember that the greeting was put away. If that fails, the next start greets again."""
    from align_tui.files.private import make_folder

    with suppress(OSError):
        make_folder(_mark().parent)
        _mark().touch()
