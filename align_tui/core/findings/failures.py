"""failures: samples that have no decision, by the kind of their error."""

from __future__ import annotations

from collections.abc import Iterator

from align_tui.core.findings.base import (
    MOST_EXAMPLES,
    ColumnFacts,
    Evidence,
    Failed,
    Finding,
    FindingKind,
    RunFacts,
)
from align_tui.core.text.display import one_line
from align_tui.core.text.plurals import counted

ADVICE = (
    "No accuracy counts failed samples. If failures depend on the scenario, the accuracy is "
    "biased: fix the cause, and retry the failed samples."
)
LONGEST_MESSAGE = 120


def find(facts: RunFacts) -> Iterator[Finding]:
    """A finding for each kind of error, with all the columns that it struck."""
    by_kind: dict[str, list[tuple[ColumnFacts, Failed]]] = {}
    for column in facts.columns:
        for failure in column.failures:
            by_kind.setdefault(failure.kind, []).append((column, failure))
    for kind, found in by_kind.items():
        failed = sum(failure.count for _, failure in found)
        ended = sum(column.decided + column.failed for column, _ in found)
        names = tuple(column.name for column, _ in found)
        message = one_line(next((f.message for _, f in found if f.message), ""), LONGEST_MESSAGE)
        what = f", such as: {message}" if message else ""
        yield Finding(
            "failures",
            "warning",
            names,
            f"{failed} of {counted(ended, 'sample')} of {', '.join(names)} failed with an error of "
            f"the kind {kind!r}{what}",
            ADVICE,
            Evidence(
                (("failed", failed), ("ended", ended)),
                tuple(sample for _, failure in found for sample in failure.samples)[:MOST_EXAMPLES],
            ),
        )


KIND = FindingKind("failures", "Samples without a decision, by the kind of their error.", find)
