"""The quiet dark theme, and the styles that spans name."""

from __future__ import annotations

from functools import lru_cache

from rich.style import Style
from textual.content import Content
from textual.theme import Theme

from align_tui.tui.view.spans import Line

BACKGROUND, PANEL, LANE = "#14171c", "#1b2027", "#20262e"
TEXT, BRIGHT, QUIET, FAINT = "#c9d1d9", "#f4f6f8", "#8f98a3", "#434c58"
THUMB = "#39414c"
BLUE, GREEN, RED, YELLOW, ORANGE, VIOLET = (
    "#5f9bff",
    "#66d966",
    "#f28b82",
    "#e3c46b",
    "#ffa066",
    "#bda4f4",
)

# What is read has a contrast of at least 4.5:1 on both backgrounds; FAINT is for empty bars.
STYLES = {
    "": "",
    "text": TEXT,
    "bright": BRIGHT,
    "quiet": QUIET,
    "faint": FAINT,
    "key": BLUE,
    "bar": "#5f8fd0",
    "warn": YELLOW,
    "chance": VIOLET,
    "none": QUIET,
    "pending": QUIET,
    "working": YELLOW,
    "right": GREEN,
    "wrong": RED,
    "unscored": TEXT,
    "failed": f"bold {ORANGE}",
    # The scale that intervals are drawn on: a lane from 0 to 1.
    "lane": f"{QUIET} on {LANE}",
    "lane text": f"{TEXT} on {LANE}",
    "lane bright": f"{BRIGHT} on {LANE}",
    "lane chance": f"{VIOLET} on {LANE}",
    "title": f"bold {BRIGHT}",
    # Words that only one of two texts has, and what a search found: underlined, not only coloured.
    "only": f"underline {YELLOW}",
    "hit": f"bold underline {YELLOW}",
}

THEME = Theme(
    name="align",
    primary=BLUE,
    secondary=VIOLET,
    warning=YELLOW,
    error=RED,
    success=GREEN,
    accent=BLUE,
    foreground=TEXT,
    background=BACKGROUND,
    surface=BACKGROUND,
    panel=PANEL,
    dark=True,
    variables={
        "border": FAINT,
        "border-blurred": FAINT,
        "scrollbar": THUMB,
        "scrollbar-hover": QUIET,
        "scrollbar-active": BLUE,
        "scrollbar-background": BACKGROUND,
        "scrollbar-background-hover": BACKGROUND,
        "scrollbar-background-active": BACKGROUND,
        "scrollbar-corner-color": BACKGROUND,
        "quiet": QUIET,
        "bright": BRIGHT,
        "faint": FAINT,
    },
)

# Where in a long text the window stands; reversed, so that it is seen without colours too.
THUMB_STYLE = Style.parse(f"reverse {THUMB}")


def content(line: Line) -> Content:
    """One line of spans; the text is literal, never markup."""
    joined: list[tuple[str, str]] = []
    for text, style in line:
        if joined and joined[-1][1] == style:
            joined[-1] = (joined[-1][0] + text, style)
        elif text:
            joined.append((text, style))
    return Content.assemble(*((text, STYLES[style]) for text, style in joined))


@lru_cache(maxsize=len(STYLES))
def rich_style(name: str) -> Style:
    """A style that spans name, for widgets that paint line by line."""
    return Style.parse(STYLES[name])
