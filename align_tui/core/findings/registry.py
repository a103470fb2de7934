"""Every kind of finding by name, in the order in which findings are shown."""

from __future__ import annotations

from collections.abc import Iterator

from align_tui.core.findings.base import Finding, FindingKind, RunFacts
from align_tui.core.registry import Registry
from align_tui.core.text.error_text import error_text

FINDINGS = Registry(
    "finding",
    "align_tui.findings",
    FindingKind,
    {
        "target_ignored": "align_tui.core.findings.target_ignored:KIND",
        "baseline_at_chance": "align_tui.core.findings.baseline_at_chance:KIND",
        "failures": "align_tui.core.findings.failures:KIND",
        "greedy_differs": "align_tui.core.findings.greedy_differs:KIND",
        "server_changed": "align_tui.core.findings.server_changed:KIND",
        "one_sample_at_temperature": "align_tui.core.findings.one_sample_at_temperature:KIND",
        "prefers_a_place": "align_tui.core.findings.prefers_a_place:KIND",
        "reasoning_cut": "align_tui.core.findings.replies:CAPPED",
        "replies_cut": "align_tui.core.findings.replies:CUT",
        "replies_retried": "align_tui.core.findings.replies:RETRIED",
    },
)


def find_all(facts: RunFacts) -> tuple[Finding, ...]:
    """All findings of a run, warnings first."""
    found = [finding for name, kind in FINDINGS.loaded() for finding in _found(name, kind, facts)]
    return tuple(sorted(found, key=lambda finding: finding.severity != "warning"))


def _found(name: str, kind: FindingKind, facts: RunFacts) -> Iterator[Finding]:
    """The findings of one kind; if a kind of another package fails, a finding reports that."""
    if name in FINDINGS.entries:
        yield from kind.find(facts)
        return
    try:
        yield from tuple(kind.find(facts))
    except Exception as error:  # another package's code
        said = f"The finding {name!r} of an installed package failed: {error_text(error)}"
        yield Finding(name, "info", (), said, "Update or remove the package.")
