"""The order of the list in words: in its title, in a notice, and for one scenario."""

from __future__ import annotations

from align_tui.monitor.ordering import Order, ScenarioOrder
from align_tui.tui.format.bars import point
from align_tui.tui.format.glyphs import Glyphs
from align_tui.tui.format.styled_text import Line, cells, fit
from align_tui.tui.format.targets import words


def order_words(order: Order, focus: int) -> str:
    """`margin of 2, least first`; `focus` is the focused profile."""
    pane = focus + 1
    return {
        "file": "as in the file",
        "attribute": "by attribute",
        "margin": f"by margin of {pane}, least first",
        "disagreement": "by disagreement of columns",
        "against": f"by disagreement with {pane}",
        "flips": "by flips over repeats",
    }[order]


def order_value(order: Order, scenarios: ScenarioOrder, number: int, focus: int) -> str:
    """The value by which the list orders a scenario: `moral desert`, `.12`, `2`; "" if unknown.

    Disagreement is the share of the pairs of columns that chose differently, and with one column
    the number of the others that did. Flips are the share of repeats.
    """
    facts = scenarios.facts(number)
    if order == "attribute":
        return words(scenarios.attribute(number)) or "unlabelled"
    if order == "margin":
        margin = facts.margins[focus] if focus < len(facts.margins) else None
        return "" if margin is None else point(margin)
    if order == "file" or all(choice is None for choice in facts.choices):
        return ""
    if order == "disagreement":
        return point(facts.apart())
    return str(facts.against(focus)) if order == "against" else point(facts.flipped())


def with_order(title: Line, order: str, width: int, glyphs: Glyphs) -> Line:
    """The title of the list with its order; the order alone if both have no room."""
    line: Line = (*title, (f" {order}" if title else order, "text"))
    return line if cells(line) <= width else ((fit(order, width, glyphs.more), "text"),)
