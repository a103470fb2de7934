"""greedy_differs: a greedy model answered the same prompt differently."""

from __future__ import annotations

from collections.abc import Iterator

from align_tui.core.findings.base import (
    MOST_EXAMPLES,
    Evidence,
    Finding,
    FindingKind,
    RunFacts,
)
from align_tui.core.text.plurals import counted

ADVICE = (
    "Greedy decoding should give equal replies. Servers and batches round differently from request "
    "to request: use --repeat, and report the spread, instead of calling the run deterministic."
)


def find(facts: RunFacts) -> Iterator[Finding]:
    """One finding about all prompts that got different replies; a warning if choices differ."""
    if not facts.unequal:
        return
    places = sorted({place for each in facts.unequal for place in each.profiles})
    names = tuple(facts.columns[place].name for place in places)
    worst = sorted(facts.unequal, key=lambda each: not each.choices_differ)
    samples = tuple(dict.fromkeys(sample for each in worst for sample in each.samples))
    choices = facts.unequal_choices
    said = f", and {choices} of them differ in the choice" if choices else ""
    prompts = counted(facts.repeated_prompts, "prompt that was", "prompts that were")
    yield Finding(
        "greedy_differs",
        "warning" if choices else "info",
        names,
        f"At temperature 0, {facts.unequal_prompts} of {prompts} sent more than once got "
        f"different replies{said}.",
        ADVICE,
        Evidence(
            (
                ("prompts", facts.unequal_prompts),
                ("repeated", facts.repeated_prompts),
                ("choices", choices),
            ),
            samples[:MOST_EXAMPLES],
        ),
    )


KIND = FindingKind(
    "greedy_differs", "A model at temperature 0 answered the same prompt differently.", find
)
