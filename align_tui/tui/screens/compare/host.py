"""What the actions of the comparison may ask of its screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from align_tui.tui.screens.host import Host

if TYPE_CHECKING:
    from align_tui.tui.format.glyphs import Glyphs


class CompareHost(Host, Protocol):
    """The methods of the comparison's screen that its actions may call."""

    glyphs: Glyphs

    def repaint(self) -> None:
        """Show the state as it is now."""

    def show_texts(self) -> None:
        """Show the reasoning of the two columns, which has been read."""

    def scroll_page(self, step: int) -> None:
        """Scroll both texts down (1) or up (-1) by a page."""

    def help(self) -> None:
        """Show every key of the screen."""

    def back(self) -> None:
        """Close the screen and return to the one below."""
