"""Two texts side by side, the words that only one has marked without colour alone."""

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
    """Both texts wrapped; underlined (in brackets without UTF-8) is what the other lacks."""
    one, other = word_difference(plain(texts[0]).strip(), plain(texts[1]).strip())
    return (
        wrapped(_marked(one, glyphs), widths[0], own="only"),
        wrapped(_marked(other, glyphs), widths[1], own="only"),
    )


def _marked(parts: Sequence[Part], glyphs: Glyphs) -> list[Part]:
    if not glyphs.ascii:
        return [piece for part in parts for piece in _split(part)]
    return [
        (f"{lead}[{bare}]", True) if own and (bare := text[len(lead) :]) else (text, own)
        for text, own in parts
        for lead in [text[: len(text) - len(text.lstrip())]]
    ]


def _split(part: Part) -> list[Part]:
    """The blanks before a marked word are not underlined."""
    text, own = part
    bare = text.lstrip()
    return [(text[: len(text) - len(bare)], False), (bare, True)] if own else [part]


def wrapped(
    parts: Sequence[Part], width: int, *, own: str, other: str = "text"
) -> tuple[Line, ...]:
    """Parts of one text wrapped at words, in the style `own` where they are marked."""
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
