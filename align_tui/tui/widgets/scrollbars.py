"""Scroll bars for terminals without UTF-8: drawn by their background alone."""

from __future__ import annotations

from typing import ClassVar

from textual.scrollbar import ScrollBar, ScrollBarRender


class PlainBars(ScrollBarRender):
    """No part of a cell is drawn, so that no sign is needed for it."""

    VERTICAL_BARS: ClassVar[list[str]] = [" "] * len(ScrollBarRender.VERTICAL_BARS)
    HORIZONTAL_BARS: ClassVar[list[str]] = [" "] * len(ScrollBarRender.HORIZONTAL_BARS)


def use_plain_bars() -> None:
    """From now on, in this process."""
    ScrollBar.renderer = PlainBars
