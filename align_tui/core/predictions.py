"""Predictions and relevance: how choices are rated before an alignment function ranks them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

BY_LABELS = "labels"
"""The rater of predictions that are the labels themselves."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """How much a choice expresses an attribute, as one rater sees it.

    `samples` (at least one, each 0..1) are repeated ratings; `reasons` has one text for each sample
    or is empty; `rater` names the rater: `labels`, `regression`, `kaleido`, a judge.
    """

    samples: tuple[float, ...]
    reasons: tuple[str, ...] = ()
    rater: str = ""

    @property
    def mean(self) -> float:
        """The mean of the samples (0..1)."""
        return math.fsum(self.samples) / len(self.samples)


Predictions: TypeAlias = tuple[Mapping[str, Prediction], ...]
"""For each choice, in the scenario's order, predictions by attribute id; some may be missing."""


@dataclass(frozen=True, slots=True)
class Relevance:
    """How much each attribute matters (0..1): for each choice, in order, by attribute id."""

    by_choice: tuple[Mapping[str, float], ...] = field(default=())
    rater: str = ""

    @classmethod
    def of_scenario(cls, values: Mapping[str, float], choices: int, rater: str = "") -> Relevance:
        """The same relevance for each of `choices` choices."""
        return cls((values,) * choices, rater)


def attributes_of(predictions: Predictions) -> tuple[str, ...]:
    """The ids of attributes that any choice has a prediction for, in order of first mention."""
    names: Iterable[str] = (name for choice in predictions for name in choice)
    return tuple(dict.fromkeys(names))
