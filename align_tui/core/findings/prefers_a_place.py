"""prefers_a_place: a column takes the choice that is shown first too often, or too seldom."""

from __future__ import annotations

from collections.abc import Iterator

from align_tui.core.findings.base import (
    ENOUGH_QUESTIONS,
    ColumnFacts,
    Evidence,
    Finding,
    FindingKind,
    RunFacts,
)

NEARLY_ALL = 0.9
GIVEN = (
    'Show the choices with order = "shuffled" or "both": in the scenarios\' own order, nobody can '
    "tell a preference for a place from a preference for what stands there."
)
MIXED = 'Average both orders of each question (order = "both"), and report the share.'


def find(facts: RunFacts) -> Iterator[Finding]:
    """One finding for each column whose interval excludes that of a chooser without an order.

    In the scenarios' own order it is a warning only where nearly every decision takes one side,
    since the right choices may stand there.
    """
    for column in facts.columns:
        first, expected = column.position.first, column.position.expected
        if first is None or expected is None or not column.position.leaves_expected:
            continue
        if first.questions < ENOUGH_QUESTIONS:
            continue
        given = column.order == "given"
        doubtful = not given or not 1 - NEARLY_ALL < first.mean < NEARLY_ALL
        yield Finding(
            "prefers_a_place",
            "warning" if doubtful else "info",
            (column.name,),
            _sentence(column, first.mean, first.low, first.high, expected),
            GIVEN if given else MIXED,
            Evidence((("decisions", column.position.decisions), ("questions", first.questions))),
        )


def _sentence(column: ColumnFacts, mean: float, low: float, high: float, expected: float) -> str:
    often = "more" if mean > expected else "less"
    return (
        f"{column.name} takes the choice that is shown first in {mean:.0%} of its decisions "
        f"({low:.0%} to {high:.0%}), {often} often than a chooser that sees no order "
        f"({expected:.0%})."
    )


KIND = FindingKind(
    "prefers_a_place", "The place of a choice, and not what it says, may decide.", find
)
