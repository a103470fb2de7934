"""The findings of a run as a text to read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from align_tui.core.text.display import one_line
from align_tui.output.findings import HOW_FOUND, evidence_words, nothing_found

if TYPE_CHECKING:
    from align_tui.core.findings.base import Finding


def findings_text(findings: Sequence[Finding]) -> str:
    """Every finding with its evidence and what to do, safe to show."""
    return "\n".join(_lines(findings))


def _lines(findings: Sequence[Finding]) -> Iterator[str]:
    if not findings:
        yield nothing_found()
        return
    yield HOW_FOUND
    for finding in findings:
        yield ""
        yield f"{finding.severity.upper()}  {one_line(finding.id).replace('_', ' ')}"
        yield one_line(finding.sentence)
        words = evidence_words(finding.evidence)
        if words:
            yield f"Evidence: {words}."
        if finding.advice:
            yield f"What to do: {one_line(finding.advice)}"
