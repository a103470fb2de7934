"""Which sample of the taken choice speaks for it, where the target is a distribution."""

from __future__ import annotations

import math
from collections.abc import Sequence

from align_tui.core.alignment.ratings import samples_of
from align_tui.core.alignment.rules import SampleOf
from align_tui.core.densities import density
from align_tui.core.predictions import Predictions
from align_tui.core.targets import Distribution, Target


def likeliest_sample(
    predictions: Predictions,
    kdes: Sequence[tuple[Target, Distribution]],
    *,
    misaligned: bool = False,
) -> SampleOf:
    """From the taken choice to its sample with the greatest likelihood under the targets.

    The densities are summed over the attributes; with `misaligned` the least likely sample speaks.
    Of equal samples it is the first; samples that some attribute lacks are left out. None if no
    attribute has a rating.
    """

    def sample(choice: int) -> int | None:
        rows = [
            (kde, samples_of(predictions, choice, target.attribute))
            for target, kde in kdes
            if target.attribute in predictions[choice]
        ]
        if not rows:
            return None
        likelihoods = [
            math.fsum(density(kde, samples[i]) for kde, samples in rows)
            for i in range(min(len(samples) for _, samples in rows))
        ]
        return likelihoods.index(min(likelihoods) if misaligned else max(likelihoods))

    return sample
