"""Helpers of alignment functions: get the ratings and targets that they need, or raise an error."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from align_tui.core.errors import AlignmentError
from align_tui.core.predictions import Predictions, Relevance
from align_tui.core.targets import (
    KIND_WORDS,
    Distribution,
    RandomEffects,
    Target,
    TargetKind,
    Targets,
)


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
    """Each target (at least one) with its number; raises AlignmentError if one has none."""
    found = []
    for target in need_targets(targets, function):
        if target.number is None:
            raise _wrong_kind(target, "numbers", function)
        found.append((target, target.number))
    return tuple(found)


def distributions_of(targets: Targets, function: str) -> tuple[tuple[Target, Distribution], ...]:
    """Each target (at least one) with its distribution; raises AlignmentError for another kind."""
    found = []
    for target in need_targets(targets, function):
        if not isinstance(target.value, Distribution):
            raise _wrong_kind(target, "distributions", function)
        found.append((target, target.value))
    return tuple(found)


def effects_of(target: Target, function: str) -> RandomEffects:
    """The target's random-effects parameters; raises AlignmentError for another kind."""
    if not isinstance(target.value, RandomEffects):
        raise _wrong_kind(target, "random_effects", function)
    return target.value


def need_targets(targets: Targets, function: str) -> Targets:
    """The targets; raises AlignmentError if there are none."""
    if not targets:
        raise AlignmentError(
            f"The alignment function {function!r} needs a target",
            "Add a [target] to the profile, or choose a function that needs no target.",
        )
    return targets


def kind_in_words(target: Target) -> str:
    """What the target's value is, for a message."""
    if isinstance(target.value, Distribution):
        return "a distribution"
    if not isinstance(target.value, RandomEffects):
        return "a number"
    parameters = "random-effects parameters"
    return parameters if target.number is None else f"a number with {parameters}"


def _wrong_kind(target: Target, wanted: TargetKind, function: str) -> AlignmentError:
    return AlignmentError(
        f"The target of {target.attribute!r} is {kind_in_words(target)}, but the alignment "
        f"function {function!r} needs {KIND_WORDS[wanted]}",
        "Choose an alignment function for this kind of target.",
    )


def relevance_of(relevance: Relevance | None, choice: int, attribute: str, function: str) -> float:
    """The relevance (0..1) of an attribute for a choice; raises AlignmentError without it."""
    rows = relevance.by_choice if relevance is not None else ()
    found = rows[choice].get(attribute) if choice < len(rows) else None
    if found is None:
        raise AlignmentError(
            f"Choice {choice + 1} has no relevance of {attribute!r}",
            f"The alignment function {function!r} needs one for every choice and attribute.",
        )
    return found


def relevance_in_scenario(relevance: Relevance | None, attribute: str) -> float | None:
    """The relevance (0..1) of an attribute in the scenario: the mean over the choices.

    None if no choice has it.
    """
    rows = relevance.by_choice if relevance is not None else ()
    found = [row[attribute] for row in rows if attribute in row]
    if not found:
        return None
    return found[0] if len(set(found)) == 1 else mean(found)  # a mean of equals may round


def need_choices(predictions: Predictions) -> None:
    """Raise AlignmentError if there are no choices to rank."""
    if not predictions:
        raise AlignmentError("There are no choices to rank")


def speaking(
    predictions: Predictions,
    numbers: Sequence[tuple[Target, float]],
    *,
    misaligned: bool = False,
) -> Callable[[int], int | None]:
    """`speaking_sample` of whichever choice is taken, by targets with their numbers.

    Attributes without a prediction are left out; None if no attribute has one.
    """

    def sample(choice: int) -> int | None:
        rated = predictions[choice]
        wanted = [(t.attribute, value) for t, value in numbers if t.attribute in rated]
        if not wanted:
            return None
        return speaking_sample(predictions, choice, wanted, misaligned=misaligned)

    return sample


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
