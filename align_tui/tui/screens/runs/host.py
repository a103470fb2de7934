"""What the actions of the list of runs may ask of its screen."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from align_tui.tui.screens.host import Host

if TYPE_CHECKING:
    from align_tui.config.study import Study
    from align_tui.tui.format.glyphs import Glyphs


class RunsHost(Host, Protocol):
    """The screen of the list of runs, as far as its actions know it."""

    database: Path
    glyphs: Glyphs

    def reload(self) -> None:
        """Read the list afresh."""

    def turned(self) -> None:
        """Read and show the run that is looked at now."""

    def type_filter(self) -> None:
        """Let the user type what the runs are narrowed down by."""

    def end_filter(self) -> bool:
        """Take the filter away; was there any?"""

    def scroll_page(self, step: int) -> None:
        """Scroll the details down (1) or up (-1) by a page."""

    def help(self) -> None:
        """Show every key of the screen."""

    def back(self) -> None:
        """Go back to where the screen was opened from."""

    def open_run(
        self, run: str, study: Study, *, replay: bool, at: tuple[int, int, int] | None
    ) -> None:
        """Show that run in place of all screens; `at`: its scenario, profile and repeat."""
