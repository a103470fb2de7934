"""Replies that reached the token limit, were asked for again, or have a text at its cap."""

from __future__ import annotations

from collections.abc import Iterator

from align_tui.core.findings.base import (
    MOST_EXAMPLES,
    ColumnFacts,
    Evidence,
    Finding,
    FindingKind,
    RunFacts,
    Severity,
)
from align_tui.core.text.plurals import counted

TRUNCATED = "truncated"
"""The kind of error of a sample whose second reply was cut too (core/errors.py)."""
FEW, MANY = 0.02, 0.1
"""From which share of the replies on there is a finding, and it is a warning."""
CUT_ADVICE = "Raise decoding.max_tokens, or ask for less reasoning (adm.max_reasoning_chars)."
RETRIED_ADVICE = (
    "The second reply has twice the limit, so the decisions stand. Raise decoding.max_tokens to "
    "give all replies the same limit."
)

CAPPED_ADVICE = (
    "The text may end in the middle of a sentence, before the choice. Raise "
    "adm.max_reasoning_chars (for thinking decoding.max_thinking_tokens), or ask for less."
)


def find_cut(facts: RunFacts) -> Iterator[Finding]:
    """A finding for each column of whose replies at least 2 % were cut at the token limit."""
    for column in facts.columns:
        lost = [failure for failure in column.failures if failure.kind == TRUNCATED]
        failed = sum(failure.count for failure in lost)
        cut, total = column.replies.cut + failed, column.replies.total + failed
        severity = _severity(cut, total)
        if severity is None:
            continue
        failures = f" Because of it {counted(failed, 'sample')} failed." if failed else ""
        samples = (*(s for failure in lost for s in failure.samples), *column.replies.cut_samples)
        yield Finding(
            "replies_cut",
            severity,
            (column.name,),
            f"{cut} of {counted(total, 'reply', 'replies')} of {column.name} reached the token "
            f"limit and ended there.{failures}",
            CUT_ADVICE,
            Evidence(
                (("cut", cut), ("replies", total), ("failed", failed)), samples[:MOST_EXAMPLES]
            ),
        )


def find_retried(facts: RunFacts) -> Iterator[Finding]:
    """A finding for each column of whose replies at least 2 % were asked for again."""
    for column in facts.columns:
        severity = _severity(column.replies.retried, column.replies.total)
        if severity is not None:
            yield _retried(column, severity)


def find_capped(facts: RunFacts) -> Iterator[Finding]:
    """A finding for each column of whose replies at least 2 % have a text that reached its cap."""
    for column in facts.columns:
        replies = column.replies
        severity = _severity(replies.capped, replies.total)
        if severity is not None:
            yield Finding(
                "reasoning_cut",
                severity,
                (column.name,),
                f"In {replies.capped} of {counted(replies.total, 'reply', 'replies')} of "
                f"{column.name} ({100 * replies.capped / replies.total:.0f} %) a text reached its "
                f"cap and ends there: {'; '.join(replies.caps) or 'the reasoning'}.",
                CAPPED_ADVICE,
                Evidence(
                    (("cut", replies.capped), ("replies", replies.total)), replies.capped_samples
                ),
            )


def _retried(column: ColumnFacts, severity: Severity) -> Finding:
    replies = column.replies
    return Finding(
        "replies_retried",
        severity,
        (column.name,),
        f"{replies.retried} of {counted(replies.total, 'reply', 'replies')} of {column.name} were "
        "cut at first, and asked for again with twice the limit.",
        RETRIED_ADVICE,
        Evidence(
            (("retried", replies.retried), ("replies", replies.total)), replies.retried_samples
        ),
    )


def _severity(count: int, total: int) -> Severity | None:
    if not count or count < FEW * total:
        return None
    return "warning" if count >= MANY * total else "info"


CUT = FindingKind("replies_cut", "Replies that ended at the token limit.", find_cut)
RETRIED = FindingKind("replies_retried", "Replies that were asked for again.", find_retried)
CAPPED = FindingKind(
    "reasoning_cut", "Reasoning, thinking or other texts that ended at their cap.", find_capped
)
