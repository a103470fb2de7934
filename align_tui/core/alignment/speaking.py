"""Which sample of the taken choice speaks for it, where the target is a distribution."""

from __future__ import annotations

from collections.abc import Sequence

from align_tui.core.alignment.ratings import samples_of
from align_tui.core.alignment.rules import SampleOf
from align_tui.core.densities import log_density, log_sum_exp
from align_tui.core.predictions import Predictions
from align_tui.core.targets import Distribution, Target


def likeliest_sample(
    predictions: Predictions,
    kdes: Sequence[tuple[Target, Distribution]],
    *,
    misaligned: bool = False,
) -> SampleOf:
    """From the taken choice to its sample that is the likeliest under the targets.

    The distance of a sample is the sum over the attributes of 1 / density, as in align-system. With
    `misaligned` the farthest sample speaks; one of density 0 is the farthest (align-system fails or
    gets NaN). Of equal samples it is the first; samples that some attribute lacks are left out.
    None if no attribute has a rating.
    """

    def sample(choice: int) -> int | None:
        rows = [
            (kde, samples_of(predictions, choice, target.attribute))
            for target, kde in kdes
            if target.attribute in predictions[choice]
        ]
        if not rows:
            return None
        logs = [
            log_sum_exp([-log_density(kde, samples[i]) for kde, samples in rows])
            for i in range(min(len(samples) for _, samples in rows))
        ]
        return logs.index(max(logs) if misaligned else min(logs))

    return sample
