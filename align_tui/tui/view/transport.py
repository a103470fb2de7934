"""The transport line of a replay."""

from __future__ import annotations

from align_tui.tui.snapshot import Transport
from align_tui.tui.view.bars import clock, column
from align_tui.tui.view.glyphs import Glyphs, MarkName
from align_tui.tui.view.spans import Line, Span, cells, fill

SPEEDS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)
WORST: tuple[MarkName, ...] = ("failed", "wrong", "right", "unscored")


def next_speed(speed: float, step: int) -> float:
    """The next faster or slower of the speeds there are."""
    if step > 0:
        return next((s for s in SPEEDS if s > speed * 1.0001), SPEEDS[-1])
    return next((s for s in reversed(SPEEDS) if s < speed * 0.9999), SPEEDS[0])


def transport_line(
    transport: Transport, marks: tuple[MarkName, ...], width: int, glyphs: Glyphs
) -> Line:
    """`◂◂ ▸ ▸▸  ×4  ├──✓─✗──✓──●───┤ 00:41 / 02:55`; `marks` are those of the ticks."""
    state = glyphs.play if transport.playing else glyphs.pause
    head: list[Span] = [
        (f" {glyphs.back} ", "quiet"),
        (state, "key"),
        (f" {glyphs.forth}", "quiet"),
        (f"  {glyphs.times}{transport.speed:g}".ljust(8), "text"),
    ]
    tail: list[Span] = [(f" {clock(transport.at)} / {clock(transport.length)}", "text")]
    if transport.shortened_s >= 1.0 and width >= 100:
        tail.append((f"  pauses of {clock(transport.shortened_s)} shortened", "quiet"))
    tail.append((" ", ""))
    room = width - cells(head) - cells(tail) - 2
    if room < 6:
        return fill((*head, *tail), width, glyphs.more)
    signs, styles = [glyphs.line] * room, ["faint"] * room
    for (second, _, _), mark in zip(transport.ticks, marks, strict=True):
        at = column(second / transport.length if transport.length else 0.0, room)
        old = styles[at]
        # Several in one cell: the one that asks most for a look.
        if old in WORST and WORST.index(old) < WORST.index(mark):
            continue
        signs[at], styles[at] = glyphs.marks[mark], mark
    here = column(transport.at / transport.length if transport.length else 1.0, room)
    signs[here], styles[here] = glyphs.thumb, "bright"
    line: list[Span] = [*head, (glyphs.ends[0], "quiet"), *zip(signs, styles, strict=True)]
    return fill((*line, (glyphs.ends[1], "quiet"), *tail), width, glyphs.more)
