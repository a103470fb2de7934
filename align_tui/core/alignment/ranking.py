"""The ranking of choices that an alignment function returns, and the type of such functions."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeAlias

from align_tui.core.predictions import Predictions, Relevance
from align_tui.core.targets import Targets
from align_tui.core.types import Json

TieBreak = Literal["none", "first", "seed", "drawn", "rule"]
"""Why the function took this choice: it was the only best one (`none`); the first of the best in
the scenario's order; drawn evenly among the best by the seed; drawn among all by their scores;
the one of the best that the function's own rule prefers."""

TIE = 1e-9
"""Values that differ by no more are tied: ratings are decimals, and their sums round."""

History: TypeAlias = Mapping[str, Sequence[float]]
"""By attribute id: the mean predictions of the choices that this decision-maker took earlier."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """The choices as one alignment function ranks them.

    `scores` has one number for each choice, the larger the better; `measure` says what they are
    (`probability`: they sum to 1). `best` has the indices of the choices that share the best
    score, in the scenario's order; `taken` is the index of the chosen one, and `tie_break` says
    why. `parameters` are those of the function, as JSON. `sample` is the index of the taken
    choice's sample that fits the target best; its reasons are shown. It is None without samples.
    `details` holds intermediate results of the function, as JSON: midpoints or votes, for example.
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
        """Rank the choices; raises AlignmentError that names a missing prediction."""
        ...


def take_one(best: Sequence[int], seed: int) -> tuple[int, TieBreak]:
    """Draw one of the tied best uniformly by `seed`; also say why. `best` must not be empty."""
    if len(best) == 1:
        return best[0], "none"
    return random.Random(seed).choice(list(best)), "seed"


def draw_one(scores: Sequence[float], seed: int) -> tuple[int, TieBreak]:
    """Draw one of all choices by `seed`, in proportion to `scores` (each 0 or more).

    Scores that are all 0 give every choice the same chance.
    """
    weights = scores if any(scores) else [1.0] * len(scores)
    return random.Random(seed).choices(range(len(scores)), weights)[0], "drawn"


def tied_best(values: Sequence[float], *, exact: bool = False) -> tuple[int, ...]:
    """The indices of the values within `TIE` of the maximum, or exactly at it with `exact`."""
    least = max(values) - (0.0 if exact else TIE)
    return tuple(index for index, value in enumerate(values) if value >= least)
