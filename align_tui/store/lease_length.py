"""The lease: how long a worker keeps its samples without a sign of life."""

from __future__ import annotations

import os

LEASE_S = 15.0
SHORTEST_S = 0.5


def lease_s() -> float:
    """The lease in seconds: 15, or what `ALIGN_TUI_LEASE` says (tests have no time for 15)."""
    try:
        return max(SHORTEST_S, float(os.environ.get("ALIGN_TUI_LEASE", LEASE_S)))
    except ValueError:
        return LEASE_S
