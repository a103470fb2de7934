"""Maximum likelihood: the choice whose ratings are the likeliest under the target's distribution.

It is align-system's `MaxLikelihoodKdeAlignment` (commit 6d59f0d): the likelihood of a choice is the
sum of the target's density at its ratings, over all samples and attributes, and its probability is
its likelihood divided by the sum of all. Misaligned, the probability is in proportion to
1 / likelihood. What differs here:

- Likelihoods are added and compared as logarithms, so that none is lost by underflow.
- If all likelihoods are 0, the choices tie, and a note says so (align-system: IndexError). If only
  some are 0, those share the probability when misaligned (align-system: NaN).
- The seed breaks ties, the tied choices are recorded, and a target's weight multiplies its terms.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from align_tui.core.alignment.ranking import TIE, History, Ranking, tied_best
from align_tui.core.alignment.ratings import distributions_of, need_choices, samples_of
from align_tui.core.alignment.rules import Findings, Rule, rank_by_probability
from align_tui.core.alignment.speaking import likeliest_sample
from align_tui.core.densities import log_density, log_sum_exp
from align_tui.core.predictions import Predictions, Relevance
from align_tui.core.targets import Targets

NAME = "kde_max_likelihood"
ALL_ZERO = "Every choice has the likelihood 0 under the target, so all of them tie."


def rank(
    predictions: Predictions,
    targets: Targets,
    relevance: Relevance | None,
    history: History,
    seed: int,
    *,
    misaligned: bool = False,
    probabilistic: bool = False,
    exact_ties: bool = False,
) -> Ranking:
    """Rank by likelihood; scores are probabilities. `relevance` and `history` are not used.

    Raises AlignmentError for a missing rating, a target that is not a distribution, no targets
    or no choices.
    """
    kdes = distributions_of(targets, NAME)
    need_choices(predictions)
    logs = [
        log_sum_exp(
            [
                math.log(target.weight) + log_density(kde, rating)
                for target, kde in kdes
                for rating in samples_of(predictions, choice, target.attribute)
            ]
        )
        for choice in range(len(predictions))
    ]
    scores = shares([-log for log in logs] if misaligned else logs)
    nothing = max(logs) == -math.inf
    best = tied_best(scores, exact=True) if exact_ties else _near_best(scores)
    return rank_by_probability(
        NAME,
        scores,
        best,
        Rule(misaligned, probabilistic, exact_ties),
        seed,
        likeliest_sample(predictions, kdes, misaligned=misaligned),
        Findings(
            details={"log_likelihoods": [log if math.isfinite(log) else None for log in logs]},
            notes=(ALL_ZERO,) if nothing else (),
        ),
    )


def shares(logs: Sequence[float]) -> tuple[float, ...]:
    """exp(log) of each, divided by the sum of all; infinite ones share everything.

    Minus infinity everywhere gives every choice the same share.
    """
    greatest = max(logs)
    if not math.isfinite(greatest):
        alike = [log == greatest for log in logs]
        return tuple(1.0 / sum(alike) if each else 0.0 for each in alike)
    total = log_sum_exp(logs)
    return tuple(math.exp(log - total) for log in logs)


def _near_best(scores: Sequence[float]) -> tuple[int, ...]:
    least = max(scores) * (1.0 - TIE)
    return tuple(index for index, score in enumerate(scores) if score >= least)
