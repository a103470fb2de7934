"""How sure a decision is of its choice."""

from __future__ import annotations

from collections.abc import Sequence


def margin_of(probabilities: Sequence[float] | None) -> float | None:
    """By how much (0 to 1) the highest probability exceeds the second; None without two of them."""
    if probabilities is None or len(probabilities) < 2:
        return None
    *_, second, first = sorted(probabilities)
    return first - second
