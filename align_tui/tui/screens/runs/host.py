"""What the actions of the list of runs may ask of its screen."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from align_tui.tui.screens.host import Host

if TYPE_CHECKING:
    from align_tui.config.study import Study
    from align_tui.tui.format.glyphs import Glyphs


class RunsHost(Host, Protocol):
    """The methods of the screen with the list of runs that its actions may call."""

    database: Path
    glyphs: Glyphs

    def reload(self) -> None:
        """Read the list again."""

    def turned(self) -> None:
        """Read and show the run that is now current."""

    def type_filter(self) -> None:
        """Let the user type a filter for the runs."""

    def end_filter(self) -> bool:
        """Remove the filter; False if there was none."""

    def scroll_page(self, step: int) -> None:
        """Scroll the details down (1) or up (-1) by a page."""

    def help(self) -> None:
        """Show every key of the screen."""

    def back(self) -> None:
        """Close the screen and return to the one below."""

    def open_run(
        self, run: str, study: Study, *, replay: bool, at: tuple[int, int, int] | None
    ) -> None:
        """Show that run in place of all screens, at its scenario, profile and repeat `at`."""
