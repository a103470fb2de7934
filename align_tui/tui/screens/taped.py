"""A replay that is turned by hand, one frame after the other, to be recorded."""

from __future__ import annotations

from align_tui.tui.screens.replay import ReplayScreen


class TapedScreen(ReplayScreen):
    """Shows what it is handed; it has no feed that runs and no key that is asked for."""

    def begin(self) -> None:
        """Nothing starts by itself."""
