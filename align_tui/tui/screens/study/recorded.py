"""The replay screen of a recording: it shows the frames that the recorder delivers."""

from __future__ import annotations

from typing import ClassVar

from align_tui.tui.screens.study.replay import ReplayScreen


class RecordedScreen(ReplayScreen):
    """Shows the frames that it is given; it starts no feed."""

    SECTION: ClassVar[str] = "recording"  # of a keymap file

    def begin(self) -> None:
        """Start nothing."""
