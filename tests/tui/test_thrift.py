"""A terminal draws the same picture from the shortened output."""

from __future__ import annotations

import pyte
from hypothesis import given
from hypothesis import strategies as st

from align_tui.tui.output_dedup import change, thrifty

COLOURS = ("38;2;201;209;217", "38;2;95;143;208", "38;5;12", "31", "")
GROUNDS = ("48;2;20;23;28", "48;5;3", "44", "")
ATTRIBUTES = ("0", "1", "4", "7")
Piece = tuple[str, tuple[int, int] | None]


def sequence(attribute: str, colour: str, ground: str) -> str:
    """A style as Rich writes it."""
    return ";".join(part for part in (attribute, colour, ground) if part)


styles = st.builds(
    sequence, st.sampled_from(ATTRIBUTES), st.sampled_from(COLOURS), st.sampled_from(GROUNDS)
)
styled = st.builds(
    lambda style, text: f"\x1b[{style}m{text}\x1b[0m", styles, st.text("ab é", min_size=1)
)
moves = st.builds(lambda x, y: f"\x1b[{y};{x}H", st.integers(1, 30), st.integers(1, 8))
frames = st.lists(st.one_of(styled, moves, st.sampled_from(("\n", "\r\n", "plain"))), max_size=30)


def drawn(*data: str) -> tuple[object, ...]:
    """Every cell with its style, and the cursor's place, after everything was drawn."""
    screen = pyte.Screen(40, 10)
    stream = pyte.Stream(screen)
    for each in data:
        stream.feed(each)
    cells = tuple(tuple(screen.buffer[y][x] for x in range(40)) for y in range(10))
    return (cells, screen.cursor.x, screen.cursor.y, screen.cursor.attrs)


@given(frames, st.lists(st.one_of(styles.map(lambda style: f"\x1b[{style}m"), styled), max_size=9))
def test_styles_that_nothing_closes_stay(first: list[str], open_ones: list[str]) -> None:
    data = "".join(first + open_ones + first)
    assert drawn(thrifty(data)) == drawn(data)


@given(frames, frames)
def test_the_picture_is_the_same(first: list[str], second: list[str]) -> None:
    one, two = "".join(first), "".join(second)
    assert drawn(thrifty(one), thrifty(two)) == drawn(one, two)
    assert len(thrifty(one)) <= len(one)


def test_a_line_feed_that_scrolls_is_kept() -> None:
    style = "38;2;1;2;3"
    data = f"\x1b[8;1H\n\x1b[{style}ma\x1b[0m\n\n\x1b[1;1H\x1b[{style}ma\x1b[0m"
    assert drawn(thrifty(data)) == drawn(data)
    rows = f"\x1b[9;1H\x1b[{style}ma\x1b[0m\x1b[10;1H\n\x1b[2;1H\x1b[{style}mb\x1b[0m"
    assert drawn(thrifty(rows)) == drawn(rows)


def test_what_a_stream_repeats_is_sent_once() -> None:
    style = "38;2;201;209;217;48;2;20;23;28"
    rows = "".join(f"\x1b[{y};5H\x1b[{style}mtext\x1b[0m\x1b[{y};9H\n" for y in range(1, 9))
    assert thrifty(rows).count(style) == 1
    assert len(thrifty(rows)) < len(rows) / 2


def test_only_the_colour_that_differs_is_named() -> None:
    ground = "48;2;20;23;28"
    assert change(f"38;5;1;{ground}", f"38;5;2;{ground}") == "\x1b[38;5;2m"
    assert change(f"1;38;5;1;{ground}", f"38;5;1;{ground}") == f"\x1b[0;38;5;1;{ground}m"
