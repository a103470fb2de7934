"""Send fewer bytes for the same picture: leave out what the terminal already knows.

Rich ends every piece of text with a reset and begins the next with its whole style. So more than
half of the bytes set colours that are already set, which makes streaming text slow over SSH.
"""

from __future__ import annotations

import re
from functools import lru_cache

from textual.driver import Driver

_MOVE = r"\x1b\[\d+;\d+H|\r?\n"
# A reset before which the next style comes without drawing; a reset; a style.
_STYLED = re.compile(rf"\x1b\[0m((?:{_MOVE})*)\x1b\[([\d;]+)m|\x1b\[0m|\x1b\[([\d;]+)m")
# A move to a row, perhaps a few rows on, and then a move to a row again.
_MOVED_TWICE = re.compile(r"\x1b\[(\d+);\d+H((?:\r?\n)*)(?=\x1b\[(\d+);\d+H)")
_PART = re.compile(r"([34])8;(?:2;\d+;\d+;\d+|5;\d+)|[\d]+")


@lru_cache(maxsize=1024)
def _parts(style: str) -> tuple[tuple[str, ...], str, str]:
    """(attributes, foreground, background) of a style's numbers.

    One of the 16 basic colours counts as an attribute. A colour that is not named is the
    terminal's default.
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
    """`moves` without those that the next move undoes.

    A line feed on the last row scrolls, so it is removed only if a later row is moved to.
    """

    def needed(match: re.Match[str]) -> str:
        row, feeds, then = int(match[1]), match[2].count("\n"), int(match[3])
        return match.group() if feeds and row + feeds > then else ""

    return _MOVED_TWICE.sub(needed, moves)


@lru_cache(maxsize=4096)
def change(old: str, new: str) -> str:
    """The shortest sequence that changes the style `old` to `new`; empty when they are equal."""
    if old == new:
        return ""
    before, after = _parts(old), _parts(new)
    if before[0] != after[0]:
        return f"\x1b[0;{new}m"
    numbers = [part for part, was in zip(after[1:], before[1:], strict=True) if part != was]
    return f"\x1b[{';'.join(numbers)}m" if numbers else ""


def thrifty(data: str) -> str:
    """`data` without repetitions: resets before an equal style, moves before a move.

    On a terminal in which no style is set, the result draws the same picture and leaves the same
    style and cursor position.
    """
    current: str | None = ""  # None: several styles apply at once, which this code does not combine

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
    """A subclass of that driver which sends less."""

    # The driver (for a terminal or a browser) is known only when the application starts.
    class Thrifty(driver):  # type: ignore[valid-type, misc]  # known when it runs
        """Writes what `thrifty` returns."""

        def write(self, data: str) -> None:
            super().write(thrifty(data))

    return Thrifty
