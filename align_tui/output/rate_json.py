"""Rates and means with their intervals, as JSON."""

from __future__ import annotations

from typing import Any

from align_tui.core.stats.clusters import ClusterMean
from align_tui.core.stats.rates import Rate

Object = dict[str, Any]


def rate_json(rate: Rate) -> Object:
    """An accuracy; its numbers are null where nothing is scored."""
    return {
        "scored": rate.scored,
        "correct": rate.correct,
        "accuracy": rate.accuracy,
        "low": rate.low,
        "high": rate.high,
        "questions": rate.questions,
        "clusters": rate.clusters,
        "method": rate.method,
        "se": rate.se,
    }


def mean_json(found: ClusterMean | None) -> Object | None:
    """A mean over questions with its interval; null where there is none."""
    if found is None:
        return None
    return {
        "mean": found.mean,
        "low": found.low,
        "high": found.high,
        "questions": found.questions,
        "clusters": found.clusters,
        "method": found.method,
    }
