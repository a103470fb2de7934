"""target_ignored: two columns with opposite targets never decide differently."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from align_tui.core.findings.base import (
    ENOUGH_QUESTIONS,
    ColumnFacts,
    Evidence,
    Finding,
    FindingKind,
    RunFacts,
)
from align_tui.core.targets import Targets
from align_tui.core.text.plurals import counted

ADVICE = (
    "Read the prompt of one decision of each column: it must state the target. If it does, this "
    "model does not follow it."
)
_NEAR = 1e-9


def are_opposite(first: Targets, second: Targets) -> bool:
    """Do both aim at the same attributes with numbers that add up to 1, and differ in one?"""
    if not first or len(first) != len(second):
        return False
    numbers = {target.attribute: target.number for target in first}
    differ = False
    for target in second:
        one, other = numbers.get(target.attribute), target.number
        if one is None or other is None or abs(one + other - 1.0) > _NEAR:
            return False
        differ = differ or abs(one - other) > _NEAR
    return differ


def find(facts: RunFacts) -> Iterator[Finding]:
    """A finding for each pair of such columns that differ in nothing but their targets."""
    alike: dict[str, list[ColumnFacts]] = {}
    for column in facts.columns:
        if column.is_steerable and column.targets and column.choices:
            alike.setdefault(column.settings, []).append(column)
    for group in alike.values():
        for first, second in combinations(group, 2):
            if are_opposite(first.targets, second.targets):
                yield from _compared(facts, first, second)


def _compared(facts: RunFacts, first: ColumnFacts, second: ColumnFacts) -> Iterator[Finding]:
    shared = first.choices.keys() & second.choices.keys()
    questions = facts.number_of_questions(shared)
    if questions < ENOUGH_QUESTIONS:
        return
    if any(first.choices[key] != second.choices[key] for key in shared):
        return
    opposite = {target.attribute: target.number for target in second.targets}
    aims = " and ".join(
        f"{target.attribute} {target.number:g} against {opposite[target.attribute]:g}"
        for target in first.targets
    )
    yield Finding(
        "target_ignored",
        "warning",
        (first.name, second.name),
        f"{first.name} and {second.name} have opposite targets ({aims}), and they took the same "
        f"choice in all {counted(len(shared), 'decision')} on {counted(questions, 'question')}.",
        ADVICE,
        Evidence(
            (("pairs", len(shared)), ("questions", questions), ("different", 0)),
            scenarios=facts.keys_of(shared),
        ),
    )


KIND = FindingKind(
    "target_ignored", "Two columns with opposite targets never decide differently.", find
)
