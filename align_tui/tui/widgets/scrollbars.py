"""Scrollbars for terminals without UTF-8, drawn by their background alone."""

from __future__ import annotations

from typing import ClassVar

from textual.scrollbar import ScrollBar, ScrollBarRender


class PlainBars(ScrollBarRender):
    """Draws whole cells with blanks, so that it needs no signs for parts of a cell."""

    VERTICAL_BARS: ClassVar[list[str]] = [" "] * len(ScrollBarRender.VERTICAL_BARS)
    HORIZONTAL_BARS: ClassVar[list[str]] = [" "] * len(ScrollBarRender.HORIZONTAL_BARS)


def use_plain_bars() -> None:
    """Use plain scrollbars from now on, in this process."""
    ScrollBar.renderer = PlainBars
