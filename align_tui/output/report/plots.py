"""Plots as SVG, built as a tree so that every text is escaped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement, tostring

from align_tui.core.stats.agreement import Agreement
from align_tui.core.stats.rates import Rate
from align_tui.core.text.display import one_line
from align_tui.output.numbers import point
from align_tui.output.tables import size_words

INK, QUIET, GRID, CHANCE, FILL = "#1c2128", "#57606a", "#d8dee4", "#7b4fc9", "#2f6fc1"
ROW, HEAD, LABEL, SCALE, NUMBERS = 26, 34, 380, 340, 190
_NUMBER = float | int


@dataclass(frozen=True, slots=True)
class Bar:
    """A line of the interval plot; a heading has no rate."""

    label: str
    rate: Rate | None = None
    chance: float | None = None
    hollow: bool = False


def _picture(width: _NUMBER, height: _NUMBER, said: str) -> Element:
    root = Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "viewBox": f"0 0 {width} {height}",
            "width": str(width),
            "role": "img",
            "aria-label": said,
            "font-family": "system-ui, sans-serif",
            "font-size": "13",
        },
    )
    SubElement(root, "title").text = said
    return root


def _text(root: Element, x: _NUMBER, y: _NUMBER, said: str, **more: str) -> None:
    attributes = {"x": f"{x:g}", "y": f"{y:g}", "fill": INK, **_names(more)}
    SubElement(root, "text", attributes).text = said


def _line(root: Element, x1: float, y1: float, x2: float, y2: float, **more: str) -> None:
    ends = {"x1": f"{x1:g}", "y1": f"{y1:g}", "x2": f"{x2:g}", "y2": f"{y2:g}"}
    SubElement(root, "line", {**ends, "stroke": INK, "stroke-width": "1.5", **_names(more)})


def _names(more: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in more.items()}


def _done(root: Element) -> str:
    return tostring(root, encoding="unicode")


def intervals(bars: Sequence[Bar], said: str) -> str:
    """Accuracies with their intervals on one scale from 0 to 1; a dashed tick marks chance."""
    height = HEAD + ROW * len(bars) + 8
    root = _picture(LABEL + SCALE + NUMBERS, height, said)
    for tenth in range(0, 11, 2):
        x = LABEL + SCALE * tenth / 10
        _line(root, x, HEAD - 8, x, height - 4, stroke=GRID, stroke_width="1")
        _text(root, x, HEAD - 14, point(tenth / 10), text_anchor="middle", fill=QUIET)
    for number, bar in enumerate(bars):
        middle = HEAD + ROW * number + ROW / 2
        label = one_line(bar.label, 56)
        if bar.rate is None:
            _text(root, 0, middle + 4, label, font_weight="bold")
        else:
            _text(root, LABEL - 12, middle + 4, label, text_anchor="end")
            _interval(root, bar, bar.rate, middle)
    return _done(root)


def _interval(root: Element, bar: Bar, rate: Rate, y: float) -> None:
    def at(value: float) -> float:
        return LABEL + SCALE * value

    if bar.chance is not None:
        x = at(bar.chance)
        _line(root, x, y - 10, x, y + 10, stroke=CHANCE, stroke_dasharray="3 2")
    if rate.accuracy is None or rate.low is None or rate.high is None:
        _text(root, LABEL + SCALE + 12, y + 4, "none scored", fill=QUIET)
        return
    _line(root, at(rate.low), y, at(rate.high), y)
    for end in (rate.low, rate.high):
        _line(root, at(end), y - 5, at(end), y + 5)
    fill = "white" if bar.hollow else FILL
    where = {"cx": f"{at(rate.accuracy):g}", "cy": f"{y:g}", "r": "5", "fill": fill}
    SubElement(root, "circle", {**where, "stroke": FILL, "stroke-width": "2"})
    sizes = size_words(rate.scored, rate.questions, rate.clusters)
    numbers = f"{point(rate.accuracy)}  {rate.correct}/{rate.scored}{sizes}"
    _text(root, LABEL + SCALE + 12, y + 4, numbers)


def matrix(labels: Sequence[str], cells: Sequence[Sequence[Agreement | None]], said: str) -> str:
    """Shares of equal choices: a number in every cell, and a shade that repeats it."""
    size, top = 62, 28
    count = len(labels)
    root = _picture(LABEL + size * count + 8, top + size * count // 2 + 8, said)
    row = size / 2
    for number, label in enumerate(labels):
        y = top + row * number
        _text(root, LABEL - 12, y + row / 2 + 4, f"{one_line(label, 52)}  {number + 1}",
              text_anchor="end")  # fmt: skip
        _text(root, LABEL + size * (number + 0.5), top - 8, str(number + 1), text_anchor="middle")
        for other, cell in enumerate(cells[number]):
            _cell(root, LABEL + size * other, y, size, row, cell)
    return _done(root)


def _cell(
    root: Element, x: float, y: float, width: float, height: float, cell: Agreement | None
) -> None:
    share = cell.share if cell is not None else None
    shade = "none" if share is None else FILL
    box = {"x": f"{x:g}", "y": f"{y:g}", "width": f"{width:g}", "height": f"{height:g}"}
    strength = f"{0.05 + 0.5 * (share or 0.0):.3f}"
    SubElement(root, "rect", {**box, "fill": shade, "fill-opacity": strength, "stroke": GRID})
    words = "·" if cell is None else point(share)
    _text(root, x + width / 2, y + height / 2 + 4, words, text_anchor="middle")
