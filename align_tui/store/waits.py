"""How long a sample waited: from when somebody asked for it to its claim by a worker."""

from __future__ import annotations

# For an UPDATE of samples that claims them. Where a run stood still, its samples wait from when
# somebody resumed it.
ASKED = (
    "asked=nullif(max(ifnull(asked, 0),"
    " ifnull((SELECT resumed FROM runs WHERE id=samples.run), 0)), 0)"
)
# Seconds, of a result r and its sample s; 0 in rows of versions that did not store when a sample
# was asked for. Somebody may set the clock back while a sample waits, so it is never below 0.
WAITED = "max(0.0, ifnull(r.started - s.asked, 0.0))"


def asked_at(started: float, waited_s: float) -> float | None:
    """When a sample was asked for that a worker claimed at `started`; None if that is not known."""
    return started - waited_s if waited_s else None
