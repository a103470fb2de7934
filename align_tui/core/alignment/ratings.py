"""Helpers of alignment functions: get the ratings and targets that they need, or raise an error."""

from __future__ import annotations

from collections.abc import Sequence

from align_tui.core.errors import AlignmentError
from align_tui.core.predictions import Predictions
from align_tui.core.targets import Distribution, Target, Targets


def samples_of(predictions: Predictions, choice: int, attribute: str) -> tuple[float, ...]:
    """The samples (at least one) of the attribute for the choice of that index (from 0).

    Raises AlignmentError that names both if there are none.
    """
    found = predictions[choice].get(attribute)
    if found is None or not found.samples:
        raise AlignmentError(
            f"Choice {choice + 1} has no prediction of {attribute!r}",
            "The alignment function needs one for every choice and every attribute of the target.",
        )
    return found.samples


def mean(samples: Sequence[float]) -> float:
    """The mean, summed from left to right.

    align-system sums in this order, and an inverse distance can magnify the last bit of a sum.
    (The built-in `sum` corrects rounding from Python 3.12 on.)
    """
    total = 0.0
    for sample in samples:
        total += sample
    return total / len(samples)


def numbers_of(targets: Targets, function: str) -> tuple[tuple[Target, float], ...]:
    """Each target with its number; raises AlignmentError for a distribution or without targets."""
    if not targets:
        raise AlignmentError(
            f"The alignment function {function!r} needs a target",
            "Add a [target] to the profile, or choose a function that needs no target.",
        )
    found = []
    for target in targets:
        if isinstance(target.value, Distribution):
            raise AlignmentError(
                f"The target of {target.attribute!r} is a distribution, and the alignment "
                f"function {function!r} takes numbers",
                "Choose an alignment function that takes distributions.",
            )
        found.append((target, target.value))
    return tuple(found)


def need_choices(predictions: Predictions) -> None:
    """Raise AlignmentError if there are no choices to rank."""
    if not predictions:
        raise AlignmentError("There are no choices to rank")


def speaking_sample(
    predictions: Predictions,
    choice: int,
    wanted: Sequence[tuple[str, float]],
    *,
    misaligned: bool = False,
) -> int:
    """The index of the sample of a choice that fits best: the nearest to the wanted values.

    Distances are summed over the attributes. With `misaligned` the farthest sample fits best. Of
    equal samples the first is taken; samples that some attribute lacks are left out.
    """
    rows = [(samples_of(predictions, choice, name), value) for name, value in wanted]
    distances = [
        sum(abs(value - samples[i]) for samples, value in rows)
        for i in range(min(len(samples) for samples, _ in rows))
    ]
    return distances.index(max(distances) if misaligned else min(distances))
