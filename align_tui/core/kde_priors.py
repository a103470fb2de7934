"""Divide a density by the density that labels have in the training data (align-system's priors).

align-system's `load_kde` with `priornorm` (commit 6d59f0d) corrects an estimate for how often each
value occurs among the labels of two attributes of the dry-run evaluation. The density at 1000
points is divided by the prior's density, mixed with the uncorrected one, and an estimate is fitted
anew to copies of the four label values, in proportion to that mixture.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from align_tui.core.attributes import fold
from align_tui.core.densities import kde_of, on_grid
from align_tui.core.errors import AlignmentError
from align_tui.core.targets import Distribution

VALUES = (0.1, 0.3, 0.7, 0.9)
"""The values that the labels of both attributes take."""
PRIORS: Mapping[str, tuple[int, int, int, int]] = {
    "QualityOfLife": (24, 12, 12, 24),
    "PerceivedQuantityOfLivesSaved": (24, 16, 8, 24),
}
"""How many labels of the training data have each of these values."""
POINTS = 1000
SMALLEST = 1e-10
FACTOR = 0.5
"""How much of the mixture is corrected, unless a profile says otherwise."""


def prior_of(attribute: str) -> Distribution:
    """The estimate of an attribute's labels; raises AlignmentError if it has no prior."""
    spelled = {fold(name): counts for name, counts in PRIORS.items()}
    counts = spelled.get(fold(attribute))
    if counts is None:
        raise AlignmentError(
            f"There is no prior of {attribute!r}",
            f"Priors are known of {' and '.join(PRIORS)}.",
        )
    return kde_of([v for v, count in zip(VALUES, counts, strict=True) for _ in range(count)])


@lru_cache(maxsize=256)
def prior_counts(kde: Distribution, attribute: str, factor: float = FACTOR) -> tuple[int, ...]:
    """How many copies of each of `VALUES` the corrected estimate is fitted to.

    `factor` (0..1) is the share of the corrected density in the mixture. Raises AlignmentError for
    an attribute without a prior.
    """
    own, prior = on_grid(kde, POINTS), on_grid(prior_of(attribute), POINTS)
    counts = []
    for value in VALUES:
        at = round(value * POINTS)
        corrected = own[at] / (prior[at] + SMALLEST)
        counts.append(round(100.0 * (factor * corrected + (1.0 - factor) * own[at])))
    return tuple(counts)


def prior_normalised(kde: Distribution, attribute: str, factor: float = FACTOR) -> Distribution:
    """The estimate, corrected for the prior of an attribute, with errors as `prior_counts`."""
    counts = prior_counts(kde, attribute, factor)
    copies = [v for v, count in zip(VALUES, counts, strict=True) for _ in range(count)]
    if not copies:
        raise AlignmentError(
            f"The density of the distribution {kde.name!r} is 0 at all values of {attribute!r}",
            "Use it without a prior.",
        )
    return kde_of(copies, kde.name)
