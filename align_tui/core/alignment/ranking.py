"""A ranking of the choices, and what an alignment function is."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeAlias

from align_tui.core.predictions import Predictions, Relevance
from align_tui.core.targets import Targets
from align_tui.core.types import Json

TieBreak = Literal["none", "first", "seed", "drawn"]
"""Why the taken choice was taken: it was the only best; the first of the best, in the scenario's
order; drawn evenly among the best; drawn among all by their probabilities."""

TIE = 1e-9
"""Values that differ by no more are tied: ratings are decimals, and their sums round."""

History: TypeAlias = Mapping[str, Sequence[float]]
"""By attribute id: the means of what was predicted for earlier choices of this decision-maker."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """The choices as one alignment function ranks them.

    `scores` has one number a choice, the larger the better; `measure` says what they are
    (`probability`: they sum to 1). `best` are the indices of the choices that share the best score,
    in the scenario's order; `taken` is the one that is chosen, and `tie_break` says why.
    `parameters` are those of the function, as JSON. `sample` is the index of the sample of the
    taken choice that speaks best for it, whose reasons are shown; None where no sample does.
    `details` is what else the function computed on its way, as JSON: midpoints or votes, say.
    """

    function: str
    measure: str
    scores: tuple[float, ...]
    best: tuple[int, ...]
    taken: int
    tie_break: TieBreak = "none"
    parameters: Mapping[str, Json] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    sample: int | None = None
    details: Mapping[str, Json] = field(default_factory=dict)


class AlignmentFunction(Protocol):
    """Ranks choices. It is pure: equal arguments, `seed` included, give an equal ranking."""

    def __call__(
        self,
        predictions: Predictions,
        targets: Targets,
        relevance: Relevance | None,
        history: History,
        seed: int,
    ) -> Ranking:
        """Raises AlignmentError where the predictions do not suffice, naming what is missing."""
        ...


def take_one(best: Sequence[int], seed: int) -> tuple[int, TieBreak]:
    """One of the tied best, drawn uniformly from `seed`; with the reason. `best` is not empty."""
    if len(best) == 1:
        return best[0], "none"
    return random.Random(seed).choice(list(best)), "seed"


def draw_one(scores: Sequence[float], seed: int) -> tuple[int, TieBreak]:
    """One of all choices, drawn from `seed` with chances in proportion to `scores` (0 or more).

    Scores that are all 0 give every choice the same chance.
    """
    weights = scores if any(scores) else [1.0] * len(scores)
    return random.Random(seed).choices(range(len(scores)), weights)[0], "drawn"


def tied_best(values: Sequence[float], *, exact: bool = False) -> tuple[int, ...]:
    """The indices of the largest values: those within `TIE` of the maximum, or exactly at it."""
    least = max(values) - (0.0 if exact else TIE)
    return tuple(index for index, value in enumerate(values) if value >= least)
