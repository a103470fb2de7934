"""Findings as JSON and as lines of text, for every command and file that shows them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from align_tui.core.findings.base import Evidence, Finding
from align_tui.core.findings.registry import FINDINGS
from align_tui.core.text.display import one_line
from align_tui.core.text.plurals import counted

HOW_FOUND = (
    "Each finding is a reason to doubt a number of this run. docs/findings.md says what each means."
)


def nothing_found() -> str:
    """The sentence in place of an empty list: it names what align-tui looked for."""
    return f"None. Looked for: {', '.join(FINDINGS).replace('_', ' ')}."


def findings_json(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """The findings as JSON, in their order."""
    return [
        {
            "id": finding.id,
            "severity": finding.severity,
            "columns": list(finding.columns),
            "sentence": finding.sentence,
            "advice": finding.advice,
            "evidence": {
                "counts": dict(finding.evidence.counts),
                "samples": list(finding.evidence.samples),
                "scenarios": list(finding.evidence.scenarios),
            },
        }
        for finding in findings
    ]


def evidence_words(evidence: Evidence) -> str:
    """`different 0, pairs 18; for example on: s1, s2`, on one line; empty without evidence."""
    counts = ", ".join(f"{name} {number}" for name, number in evidence.counts)
    places = ", ".join(one_line(key, 60) for key in evidence.scenarios)
    parts = [counts, f"for example on: {places}" if places else ""]
    return "; ".join(part for part in parts if part)


def finding_lines(findings: Sequence[Finding]) -> Iterator[str]:
    """The findings for a terminal: a heading, then a sentence, evidence and advice for each."""
    if not findings:
        return
    yield f"{counted(len(findings), 'finding')}. {HOW_FOUND}"
    for finding in findings:
        yield f"{finding.severity}, {finding.id}: {one_line(finding.sentence)}"
        words = evidence_words(finding.evidence)
        if words:
            yield f"  evidence: {words}"
        if finding.advice:
            yield f"  what to do: {one_line(finding.advice)}"
