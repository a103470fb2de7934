"""baseline_at_chance: a column without a target guesses, and steered columns do as it does."""

from __future__ import annotations

from collections.abc import Iterator

from align_tui.core.findings.base import (
    ENOUGH_QUESTIONS,
    ColumnFacts,
    Evidence,
    Finding,
    FindingKind,
    RunFacts,
    Scored,
)
from align_tui.core.targets import target_id

ADVICE = (
    "The accuracy of these columns says nothing about steering. Check that the model can read the "
    "scenarios at all: its replies, its chat template, its size."
)
NEARLY_ALL = 0.9
"""The least share of decisions equal to the baseline's in a column that does not move from it."""


def find(facts: RunFacts) -> Iterator[Finding]:
    """A finding for each column without a target that asks a model."""
    for baseline in facts.columns:
        if not baseline.targets and baseline.model:
            yield from _found(facts, baseline)


def _found(facts: RunFacts, baseline: ColumnFacts) -> Iterator[Finding]:
    by_target = {target_id(scored.targets): scored for scored in baseline.scored}
    stay: list[tuple[ColumnFacts, Scored, int, int]] = []
    for column in facts.columns:
        scored = by_target.get(target_id(column.targets))
        if scored is None or not column.is_steerable or column.model != baseline.model:
            continue
        shared = baseline.choices.keys() & column.choices.keys()
        questions = facts.number_of_questions(shared)
        if questions < ENOUGH_QUESTIONS or not _covers_chance(scored):
            continue
        same = sum(baseline.choices[key] == column.choices[key] for key in shared)
        if same >= NEARLY_ALL * len(shared):
            stay.append((column, scored, same, len(shared)))
    if not stay:
        return
    column, scored, same, pairs = stay[0]
    others = ", ".join(f"{each.name} {equal} of {of}" for each, _, equal, of in stay)
    assert scored.rate.accuracy is not None  # else it covers nothing
    yield Finding(
        "baseline_at_chance",
        "warning",
        (baseline.name, *(each.name for each, *_ in stay)),
        f"{baseline.name} answers at chance ({scored.rate.correct} of {scored.rate.scored} right "
        f"for {_aims(scored)}, chance {scored.chance:.2f}), and steering does not move "
        f"{baseline.model_name or 'its model'} from it (equal decisions: {others}).",
        ADVICE,
        Evidence(
            (
                ("right", scored.rate.correct),
                ("scored", scored.rate.scored),
                ("equal", same),
                ("pairs", pairs),
            ),
            scenarios=facts.keys_of(baseline.choices.keys() & column.choices.keys()),
        ),
    )


def _aims(scored: Scored) -> str:
    return " + ".join(
        target.attribute if target.point is None else f"{target.attribute} {target.point:g}"
        for target in scored.targets
    )


def _covers_chance(scored: Scored) -> bool:
    """Does the 95 % interval of the accuracy cover chance?"""
    low, high = scored.rate.low, scored.rate.high
    if low is None or high is None or scored.chance is None:
        return False
    return low <= scored.chance <= high


KIND = FindingKind(
    "baseline_at_chance",
    "A column without a target answers at chance, and steered ones do not move from it.",
    find,
)
