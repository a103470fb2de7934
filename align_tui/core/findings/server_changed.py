"""server_changed: several setups of a server wrote the replies of one model."""

from __future__ import annotations

from collections.abc import Iterator

from align_tui.core.findings.base import (
    MOST_EXAMPLES,
    Evidence,
    Finding,
    FindingKind,
    RunFacts,
)

ADVICE = (
    "The server changed its weights, version or options between these replies, or several servers "
    "answer at one address. Ask again while it names one fingerprint, or report all of them."
)


def find(facts: RunFacts) -> Iterator[Finding]:
    """One finding for each model whose replies have several fingerprints."""
    for each in facts.setups:
        names = tuple(facts.columns[place].name for place in each.profiles)
        counts = each.fingerprints
        yield Finding(
            "server_changed",
            "warning",
            names,
            f"The server named {len(counts)} fingerprints for the replies of one model: "
            f"{', '.join(name for name, _ in counts[:MOST_EXAMPLES])}"
            f"{', …' if len(counts) > MOST_EXAMPLES else ''}.",
            ADVICE,
            Evidence(counts[:MOST_EXAMPLES], each.samples[:MOST_EXAMPLES]),
        )


KIND = FindingKind(
    "server_changed",
    "Replies of one model come from several setups of its server (system_fingerprint).",
    find,
)
