"""A replay that is turned by hand, one frame after the other, to be recorded."""

from __future__ import annotations

from typing import ClassVar

from align_tui.tui.screens.study.replay import ReplayScreen


class RecordedScreen(ReplayScreen):
    """Shows what it is handed; it has no feed that runs and no key that is asked for."""

    SECTION: ClassVar[str] = "recording"  # of a keymap file

    def begin(self) -> None:
        """Nothing starts by itself."""
