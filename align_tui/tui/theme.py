"""Three sets of colours, and the named styles of spans.

Text has a contrast of at least 4.5:1 on every background that it stands on (WCAG 2.2, 1.4.3).
`faint` is for edges and the empty part of bars, which hold no text; only in the high-contrast set
it has that contrast too.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from rich.style import Style
from textual.content import Content
from textual.theme import Theme

from align_tui.core.errors import ConfigError
from align_tui.core.text.nearest import close_to
from align_tui.tui.format.styled_text import Line


@dataclass(frozen=True, slots=True)
class Colours:
    """One set of colours; `lane` is the background of the scale that intervals are drawn on."""

    dark: bool
    background: str
    panel: str
    lane: str
    text: str
    bright: str
    quiet: str
    faint: str
    thumb: str
    blue: str
    bar: str
    green: str
    red: str
    yellow: str
    orange: str
    violet: str


DEFAULT = "dark"
COLOURS = {
    DEFAULT: Colours(
        dark=True,
        background="#14171c",
        panel="#1b2027",
        lane="#20262e",
        text="#c9d1d9",
        bright="#f4f6f8",
        quiet="#8f98a3",
        faint="#434c58",
        thumb="#39414c",
        blue="#5f9bff",
        bar="#5f8fd0",
        green="#66d966",
        red="#f28b82",
        yellow="#e3c46b",
        orange="#ffa066",
        violet="#bda4f4",
    ),
    "light": Colours(
        dark=False,
        background="#fbfbf9",
        panel="#eef0f2",
        lane="#e6e9ec",
        text="#24292f",
        bright="#0b0e12",
        quiet="#525b65",
        faint="#b8c0c8",
        thumb="#c9d0d6",
        blue="#0550ae",
        bar="#0a58b0",
        green="#0f5f26",
        red="#a81a24",
        yellow="#6b5300",
        orange="#8f3600",
        violet="#5f35b0",
    ),
    "high-contrast": Colours(
        dark=True,
        background="#000000",
        panel="#0c0c0c",
        lane="#1a1a1a",
        text="#f0f0f0",
        bright="#ffffff",
        quiet="#cccccc",
        faint="#8f8f8f",
        thumb="#8f8f8f",
        blue="#85b8ff",
        bar="#85b8ff",
        green="#7dff7d",
        red="#ff9f96",
        yellow="#ffe066",
        orange="#ffb680",
        violet="#d6c2ff",
    ),
}


def styles_of(colours: Colours) -> dict[str, str]:
    """Each style in these colours, by its name."""
    c = colours
    return {
        "": "",
        "text": c.text,
        "bright": c.bright,
        "quiet": c.quiet,
        "faint": c.faint,
        "key": c.blue,
        "bar": c.bar,
        "warn": c.yellow,
        "chance": c.violet,
        "target": f"bold {c.violet}",
        "none": c.quiet,
        "pending": c.quiet,
        "working": c.yellow,
        "right": c.green,
        "wrong": c.red,
        "unscored": c.text,
        "failed": f"bold {c.orange}",
        "lane": f"{c.quiet} on {c.lane}",
        "lane text": f"{c.text} on {c.lane}",
        "lane bright": f"{c.bright} on {c.lane}",
        "lane chance": f"{c.violet} on {c.lane}",
        "title": f"bold {c.bright}",
        # Words that only one of two texts has, and the words a search found. Underlined, so that
        # they are seen without colours too.
        "only": f"underline {c.yellow}",
        "hit": f"bold underline {c.yellow}",
        # The position in a long text. Reversed, so that it is seen without colours too.
        "thumb": f"reverse {c.thumb}",
    }


def theme_of(name: str) -> Theme:
    """The colours of that name as a Textual theme."""
    c = COLOURS[name]
    return Theme(
        name=f"align-{name}",
        primary=c.blue,
        secondary=c.violet,
        warning=c.yellow,
        error=c.red,
        success=c.green,
        accent=c.blue,
        foreground=c.text,
        background=c.background,
        surface=c.background,
        panel=c.panel,
        dark=c.dark,
        variables={
            "border": c.faint,
            "border-blurred": c.faint,
            "scrollbar": c.thumb,
            "scrollbar-hover": c.quiet,
            "scrollbar-active": c.blue,
            "scrollbar-background": c.background,
            "scrollbar-background-hover": c.background,
            "scrollbar-background-active": c.background,
            "scrollbar-corner-color": c.background,
            "quiet": c.quiet,
            "bright": c.bright,
            "faint": c.faint,
        },
    )


STYLES = styles_of(COLOURS[DEFAULT])


def use(name: str) -> Theme:
    """Draw spans in these colours from now on, in this process; raises ConfigError."""
    if name not in COLOURS:
        close = close_to(name, COLOURS, n=1)
        hint = f"Did you mean {close[0]!r}?" if close else f"There are: {', '.join(COLOURS)}."
        raise ConfigError(f"There is no theme {name!r}", hint)
    STYLES.update(styles_of(COLOURS[name]))
    rich_style.cache_clear()
    return theme_of(name)


def content(line: Line) -> Content:
    """One line of spans; its text is never read as markup."""
    joined: list[tuple[str, str]] = []
    for text, style in line:
        if joined and joined[-1][1] == style:
            joined[-1] = (joined[-1][0] + text, style)
        elif text:
            joined.append((text, style))
    return Content.assemble(*((text, STYLES[style]) for text, style in joined))


@lru_cache(maxsize=len(STYLES))
def rich_style(name: str) -> Style:
    """The style of that name, for widgets that paint line by line."""
    return Style.parse(STYLES[name])
