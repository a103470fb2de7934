"""Merge two values that two steps of a pipeline give under one name.

The rules are those of align-system (commit 6d59f0d): `RegressionOutputsConflictResolver` joins the
samples of two raters, and `MergeRegressionDicts` lets the later rating win. Choices keep the order
of the scenario and attributes the order of first mention. (In align-system the order depends on
the hash of texts, and on a full tie another choice is taken from one process to the next.)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import zip_longest
from typing import TypeVar

from align_tui.core.predictions import Prediction, Predictions, Relevance

K = TypeVar("K")
T = TypeVar("T")
_NONE: Mapping[str, Prediction] = {}
_NO_VALUES: Mapping[str, float] = {}


def merge_maps(
    first: Mapping[K, T], second: Mapping[K, T], both: Callable[[T, T], T]
) -> dict[K, T]:
    """All keys of both, those of `first` first; `both` makes one value where both have the key."""
    found = dict(first)
    for key, value in second.items():
        found[key] = both(found[key], value) if key in found else value
    return found


def join_samples(earlier: Prediction, later: Prediction) -> Prediction:
    """One prediction with the samples of both, the earlier ones first."""
    reasons: tuple[str, ...] = ()
    if earlier.reasons or later.reasons:
        reasons = (*_reasons(earlier), *_reasons(later))
    raters = dict.fromkeys(filter(None, (earlier.rater, later.rater)))
    return Prediction((*earlier.samples, *later.samples), reasons, " + ".join(raters))


def _reasons(prediction: Prediction) -> tuple[str, ...]:
    return prediction.reasons or ("",) * len(prediction.samples)


def _later(earlier: T, later: T) -> T:
    return later


def join_predictions(earlier: Predictions, later: Predictions) -> Predictions:
    """The predictions of both; where both rate an attribute of a choice, all samples count."""
    return tuple(
        merge_maps(old, new, join_samples)
        for old, new in zip_longest(earlier, later, fillvalue=_NONE)
    )


def merge_predictions(earlier: Predictions, later: Predictions) -> Predictions:
    """The predictions of both; where both rate an attribute of a choice, the later rating wins."""
    return tuple(
        merge_maps(old, new, _later) for old, new in zip_longest(earlier, later, fillvalue=_NONE)
    )


def merge_relevance(earlier: Relevance, later: Relevance) -> Relevance:
    """The relevance of both; where both have an attribute of a choice, the later value wins."""
    pairs = zip_longest(earlier.by_choice, later.by_choice, fillvalue=_NO_VALUES)
    raters = dict.fromkeys(filter(None, (earlier.rater, later.rater)))
    return Relevance(tuple(merge_maps(old, new, _later) for old, new in pairs), " + ".join(raters))
