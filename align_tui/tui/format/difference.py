"""Two texts side by side, with the words marked that only one has, also without colours."""

from __future__ import annotations

from collections.abc import Sequence

from align_tui.core.text.display import plain
from align_tui.core.text.word_diff import Part, word_difference
from align_tui.tui.format.glyphs import Glyphs
from align_tui.tui.format.styled_text import Line, Span
from align_tui.tui.format.wrapping import wrap


def difference_lines(
    texts: tuple[str, str], widths: tuple[int, int], glyphs: Glyphs
) -> tuple[tuple[Line, ...], tuple[Line, ...]]:
    """Both texts wrapped; words that the other lacks are underlined, or in brackets in ASCII."""
    one, other = word_difference(plain(texts[0]).strip(), plain(texts[1]).strip())
    return (
        wrapped(_marked(one, glyphs), widths[0], own="only"),
        wrapped(_marked(other, glyphs), widths[1], own="only"),
    )


def _marked(parts: Sequence[Part], glyphs: Glyphs) -> list[Part]:
    pieces = [piece for part in parts for piece in _split(part)]
    if not glyphs.ascii:
        return pieces
    return [(f"[{text}]", True) if own and text else (text, own) for text, own in pieces]


def _split(part: Part) -> list[Part]:
    """Split the blanks off before a marked word, which are not underlined."""
    text, own = part
    bare = text.lstrip()
    return [(text[: len(text) - len(bare)], False), (bare, True)] if own else [part]


def wrapped(
    parts: Sequence[Part], width: int, *, own: str, other: str = "text"
) -> tuple[Line, ...]:
    """The parts of one text wrapped at words; marked parts have the style `own`."""
    text = "".join(piece for piece, _ in parts)
    ends: list[int] = []
    at = 0
    for piece, _ in parts:
        at += len(piece)
        ends.append(at)
    lines: list[Line] = []
    number = 0
    for offset, row in wrap(text, max(1, width)):
        spans: list[Span] = []
        start, stop = offset, offset + len(row)
        while number and ends[number - 1] > start:
            number -= 1
        while start < stop:
            while ends[number] <= start:
                number += 1
            upto = min(stop, ends[number])
            spans.append((text[start:upto], own if parts[number][1] else other))
            start = upto
        lines.append(tuple(spans))
    return tuple(lines)
