"""The replay screen for a recording, to which the recorder delivers one frame after the other."""

from __future__ import annotations

from typing import ClassVar

from align_tui.tui.screens.study.replay import ReplayScreen


class RecordedScreen(ReplayScreen):
    """Shows the frames that it is given; it starts no feed."""

    SECTION: ClassVar[str] = "recording"  # of a keymap file

    def begin(self) -> None:
        """Start nothing."""
