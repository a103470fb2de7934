"""one_sample_at_temperature: each decision is a single random draw."""

from __future__ import annotations

from collections.abc import Iterator

from align_tui.core.findings.base import Evidence, Finding, FindingKind, RunFacts

ADVICE = (
    "Ask more than once (--repeat, or more samples in [adm]) to see how far decisions vary, or set "
    "decoding.temperature = 0."
)


def find(facts: RunFacts) -> Iterator[Finding]:
    """One finding about all columns whose model draws one reply to each question."""
    if facts.repeat > 1:
        return
    found = [
        column
        for column in facts.columns
        if column.temperature and column.votes == 1 and (column.decided or column.failed)
    ]
    if not found:
        return
    hot = sorted({column.temperature for column in found if column.temperature})
    names = tuple(column.name for column in found)
    at = " and ".join(f"{temperature:g}" for temperature in hot)
    verb = "takes" if len(names) == 1 else "take"
    yield Finding(
        "one_sample_at_temperature",
        "warning",
        names,
        f"{', '.join(names)} {verb} each decision from one reply drawn at temperature {at}, and "
        "the run asks once: another seed may decide otherwise, and no number shows how often.",
        ADVICE,
        Evidence((("repeat", facts.repeat), ("samples", 1))),
    )


KIND = FindingKind("one_sample_at_temperature", "Each decision is a single random draw.", find)
