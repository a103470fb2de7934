"""The timeline of a replay."""

from __future__ import annotations

from collections.abc import Sequence

from align_tui.monitor.marks import MarkName, cell_mark
from align_tui.monitor.snapshot import Cell, Transport
from align_tui.tui.format.bars import clock, column
from align_tui.tui.format.glyphs import Glyphs
from align_tui.tui.format.styled_text import Line, Span, cells, fill

WORST: tuple[MarkName, ...] = (
    *("failed", "wrong", "right", "unscored", "working", "pending", "none"),
)
LEAST = 6  # cells of the smallest timeline


class Ticks:
    """The worst mark in each cell of the timeline, computed again only when it can differ."""

    def __init__(self) -> None:
        self._key: tuple[object, ...] = ()
        self._ticks: object = None
        self._marks: list[MarkName | None] = []

    def marks(
        self, transport: Transport, targets: Sequence[str | None], room: int
    ) -> Sequence[MarkName | None]:
        """A mark or None for each of `room` cells; profiles are scored against `targets`."""
        key = (tuple(targets), room, transport.length)
        if self._ticks is not transport.ticks or self._key != key:
            self._ticks, self._key = transport.ticks, key
            self._marks = [None] * room
            for second, profile, cell in transport.ticks:
                self._put(column(_share(second, transport.length), room), cell, targets[profile])
        return self._marks

    def _put(self, at: int, cell: Cell, target: str | None) -> None:
        old, mark = self._marks[at], cell_mark(cell, target)
        # Of several marks in one cell, keep the one that the user most needs to see.
        if old is None or WORST.index(mark) < WORST.index(old):
            self._marks[at] = mark


def _share(second: float, length: float) -> float:
    return second / length if length else 1.0


def _times(transport: Transport) -> str:
    """`00:41 / 02:55`; tenths of a second if the run took less than a minute."""
    if transport.length < 60.0:
        return f"{transport.at:.1f} / {transport.length:.1f} s"
    return f"{clock(transport.at)} / {clock(transport.length)}"


def _ends(transport: Transport, width: int, glyphs: Glyphs) -> tuple[list[Span], list[Span]]:
    state = glyphs.play if transport.playing else glyphs.pause
    head: list[Span] = [
        (f" {glyphs.back} ", "quiet"),
        (state, "key"),
        (f" {glyphs.forth}", "quiet"),
        (f"  {glyphs.times}{transport.speed:g}".ljust(8), "text"),
    ]
    tail: list[Span] = [(f" {_times(transport)}", "text")]
    if transport.shortened_s >= 1.0 and width >= 100:
        tail.append((f"  pauses of {clock(transport.shortened_s)} shortened", "quiet"))
    tail.append((" ", ""))
    return head, tail


def track(transport: Transport, width: int, glyphs: Glyphs) -> tuple[int, int]:
    """(first cell, number of cells) of the timeline on its line; 0 cells if it has no room."""
    head, tail = _ends(transport, width, glyphs)
    room = width - cells(head) - cells(tail) - 2
    return cells(head) + 1, room if room >= LEAST else 0


def transport_line(
    transport: Transport,
    ticks: Ticks,
    targets: Sequence[str | None],
    width: int,
    glyphs: Glyphs,
) -> Line:
    """`◂◂ ▸ ▸▸  ×4  ├──✓─✗──✓──●───┤ 00:41 / 02:55`, with the marks of decisions and errors."""
    head, tail = _ends(transport, width, glyphs)
    _, room = track(transport, width, glyphs)
    if not room:
        return fill((*head, *tail), width, glyphs.more)
    spans: list[Span] = [
        (glyphs.line, "faint") if mark is None else (glyphs.marks[mark], mark)
        for mark in ticks.marks(transport, targets, room)
    ]
    spans[column(_share(transport.at, transport.length), room)] = (glyphs.thumb, "bright")
    line = [*head, (glyphs.ends[0], "quiet"), *spans, (glyphs.ends[1], "quiet"), *tail]
    return fill(line, width, glyphs.more)
