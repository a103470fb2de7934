"""Fewer bytes for the same picture: what a terminal knows already is not sent to it again.

Rich closes every piece of text with a reset and opens the next with its whole style, so that over
half of what a screen sends are colours that were set already. Over SSH that is what a stream costs.
"""

from __future__ import annotations

import re
from functools import lru_cache

from textual.driver import Driver

_MOVE = r"\x1b\[\d+;\d+H|\r?\n"
# A reset that nothing is drawn under, up to the next style; a reset; a style.
_STYLED = re.compile(rf"\x1b\[0m((?:{_MOVE})*)\x1b\[([\d;]+)m|\x1b\[0m|\x1b\[([\d;]+)m")
# To a row, perhaps on by a few rows, and then to a row again.
_MOVED_TWICE = re.compile(r"\x1b\[(\d+);\d+H((?:\r?\n)*)(?=\x1b\[(\d+);\d+H)")
_PART = re.compile(r"([34])8;(?:2;\d+;\d+;\d+|5;\d+)|[\d]+")


@lru_cache(maxsize=1024)
def _parts(style: str) -> tuple[tuple[str, ...], str, str]:
    """(attributes, colour, colour behind) of a style's numbers.

    One of the 16 colours counts as an attribute; where no colour is named it is the terminal's.
    """
    attributes: list[str] = []
    fore, back = "39", "49"
    for part in _PART.finditer(style):
        if part.group(1) == "3":
            fore = part.group()
        elif part.group(1) == "4":
            back = part.group()
        else:
            attributes.append(part.group())
    return (tuple(attributes), fore, back)


def _settled(moves: str) -> str:
    """`moves` without those that the next one undoes.

    A line feed on the last row scrolls, so one goes only where a later row is moved to.
    """

    def needed(match: re.Match[str]) -> str:
        row, feeds, then = int(match[1]), match[2].count("\n"), int(match[3])
        return match.group() if feeds and row + feeds > then else ""

    return _MOVED_TWICE.sub(needed, moves)


@lru_cache(maxsize=4096)
def change(old: str, new: str) -> str:
    """The shortest sequence that turns the style `old` into `new`; empty when they are equal."""
    if old == new:
        return ""
    before, after = _parts(old), _parts(new)
    if before[0] != after[0]:
        return f"\x1b[0;{new}m"
    numbers = [part for part, was in zip(after[1:], before[1:], strict=True) if part != was]
    return f"\x1b[{';'.join(numbers)}m" if numbers else ""


def thrifty(data: str) -> str:
    """`data` without what it says twice: resets before an equal style, moves before a move.

    Drawn on a terminal in which no style is set, the result is the same picture and leaves the same
    state: what is drawn with, where the cursor is.
    """
    current: str | None = ""  # None: several styles on top of each other, which nobody adds up here

    def shorter(match: re.Match[str]) -> str:
        nonlocal current
        moves, after_reset, style = match.groups()
        if after_reset is None:
            alone = current == "" or not style
            current = (style or "") if alone else None
            return match.group()
        how = change(current, after_reset) if current else f"\x1b[0m\x1b[{after_reset}m"
        current = after_reset
        return _settled(moves) + how

    return _STYLED.sub(shorter, data)


def thrifty_driver(driver: type[Driver]) -> type[Driver]:
    """That driver, sending less."""

    # Which driver it is (a terminal's, a browser's) is known only when the app starts.
    class Thrifty(driver):  # type: ignore[valid-type, misc]
        """Writes what `thrifty` leaves."""

        def write(self, data: str) -> None:
            super().write(thrifty(data))

    return Thrifty
