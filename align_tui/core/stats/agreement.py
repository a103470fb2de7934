"""How often two decision-makers choose the same, whoever is right."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from align_tui.core.stats.rates import wilson


@dataclass(frozen=True, slots=True)
class Agreement:
    """`same` of `pairs` choices are equal; share and Wilson 95 % interval are 0..1.

    `chance` is what two uniform choosers would agree on; `corrected` is the share beyond it: 0
    as chance, 1 always the same, below 0 less than chance. All None without pairs.
    """

    pairs: int
    same: int
    share: float | None = None
    low: float | None = None
    high: float | None = None
    chance: float | None = None
    corrected: float | None = None


def agreement(pairs: Sequence[tuple[int, int, int]]) -> Agreement:
    """Agreement over (choice of A, choice of B, how many choices there were) triples."""
    same = sum(a == b for a, b, _ in pairs)
    return agreement_of(same, Counter(choices for _, _, choices in pairs))


def agreement_of(same: int, pairs: Mapping[int, int]) -> Agreement:
    """Agreement of which `same` are equal, of so many pairs by how many choices there were.

    Corrected for chance after E. M. Bennett, R. Alpert, A. C. Goldstein (Public Opinion Quarterly
    18, 303-308, 1954): S = (share - chance) / (1 - chance), with chance the mean of 1/choices.
    Cohen's kappa would take the first choice of one scenario and the first of another for the
    same category, which they are not.
    """
    n = sum(pairs.values())
    if n == 0:
        return Agreement(0, 0)
    chance = math.fsum(number / choices for choices, number in pairs.items()) / n
    share = same / n
    corrected = (share - chance) / (1 - chance) if chance < 1 else None
    return Agreement(n, same, share, *wilson(same, n), chance, corrected)
