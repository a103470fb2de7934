"""How often two decision-makers choose the same choice, right or wrong."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from align_tui.core.stats.clusters import Method
from align_tui.core.stats.rates import Rate, make_rate


@dataclass(frozen=True, slots=True)
class Agreement:
    """`same` of `pairs` choices are equal; share and 95 % interval are 0..1.

    `share` is the mean over `questions`, of which `clusters` are taken as independent; `method`
    says how the interval was made. `chance` is the expected share of two uniform random choosers;
    `corrected` is the agreement beyond it: 1 is always the same, 0 as often as chance, below 0 less
    often. All None without pairs.
    """

    pairs: int
    same: int
    share: float | None = None
    low: float | None = None
    high: float | None = None
    chance: float | None = None
    corrected: float | None = None
    questions: int = 0
    clusters: int = 0
    method: Method = "none"


def agreement(pairs: Sequence[tuple[int, int, int]]) -> Agreement:
    """The agreement over independent triples (choice of A, choice of B, number of choices)."""
    same = sum(a == b for a, b, _ in pairs)
    return agreement_of(make_rate(same, len(pairs)), Counter(choices for _, _, choices in pairs))


def agreement_of(rate: Rate, questions: Mapping[int, int]) -> Agreement:
    """The agreement whose pairs are equal at that rate.

    `questions` counts the questions by their number of choices. Corrected for chance after
    E. M. Bennett, R. Alpert, A. C. Goldstein (Public Opinion Quarterly 18, 303-308, 1954):
    S = (share - chance) / (1 - chance), with chance the mean of 1/choices. Cohen's kappa would take
    the first choice of one scenario and the first of another for the same category, which they are
    not.
    """
    share = rate.accuracy
    if share is None:
        return Agreement(0, 0)
    n = sum(questions.values())
    chance = math.fsum(number / choices for choices, number in sorted(questions.items())) / n
    corrected = (share - chance) / (1 - chance) if chance < 1 else None
    return Agreement(
        rate.scored,
        rate.correct,
        share,
        rate.low,
        rate.high,
        chance,
        corrected,
        rate.questions,
        rate.clusters,
        rate.method,
    )
