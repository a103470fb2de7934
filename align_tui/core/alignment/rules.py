"""From distances or weights of the choices to a ranking: what several alignment functions share.

Both rules are align-system's (commit 6d59f0d, `utils/alignment_utils.py`). With epsilon = 1e-16:

- by distance: the probability of a choice is 1 / (distance + epsilon), divided by the sum of these;
  misaligned, it is distance / (sum of distances + epsilon);
- by weight: it is weight / (sum of weights + epsilon); misaligned, it is 1 / (weight + epsilon),
  divided by the sum of these.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field

from align_tui.core.alignment.ranking import TIE, Ranking, draw_one, take_one, tied_best
from align_tui.core.types import Json

EPSILON = 1e-16
SampleOf = Callable[[int], int | None]
"""From the index of the taken choice to the index of its sample whose reasons are shown."""


@dataclass(frozen=True, slots=True)
class Rule:
    """How a choice is taken by its distance or weight.

    `misaligned` prefers the farthest choice. `probabilistic` draws by the probabilities. With
    `exact_ties` the last bit of a sum decides, as in align-system; without it, values within 1e-9
    of each other are equal. `epsilon` (above 0) is added to a distance before it is inverted.
    """

    misaligned: bool = False
    probabilistic: bool = False
    exact_ties: bool = False
    epsilon: float = EPSILON


@dataclass(frozen=True, slots=True)
class Findings:
    """What a function tells beside the scores: `parameters` are those that `Rule` has not."""

    details: Mapping[str, Json] = field(default_factory=dict)
    parameters: Mapping[str, Json] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def rank_by_distance(
    name: str,
    distances: Sequence[float],
    rule: Rule,
    seed: int,
    sample: SampleOf,
    findings: Findings | None = None,
) -> Ranking:
    """Rank choices (at least one) by their distances (0 or more); the scores are probabilities."""
    if not rule.exact_ties:
        distances = [0.0 if distance <= TIE else distance for distance in distances]
    scores = probabilities(distances, misaligned=rule.misaligned, epsilon=rule.epsilon)
    best = (
        tied_best(scores, exact=True)
        if rule.exact_ties
        else tied_best([d if rule.misaligned else -d for d in distances])
    )
    found = findings or Findings()
    details = {"distances": list(distances), **found.details}
    return _ranking(name, scores, best, rule, seed, sample, details, found)


def rank_by_weight(
    name: str,
    weights: Sequence[float],
    rule: Rule,
    seed: int,
    sample: SampleOf,
    findings: Findings | None = None,
) -> Ranking:
    """Rank choices (at least one) by their weights (0 or more); the scores are probabilities.

    If all weights are 0, every probability is 0 and every choice ties, as in align-system. Without
    `exact_ties`, weights are equal within 1e-9 of the greater one: they can be very large.
    """
    if rule.misaligned:
        scores = probabilities(weights, epsilon=rule.epsilon)
    else:
        total = sum(weights) + rule.epsilon
        scores = tuple(weight / total for weight in weights)
    if rule.exact_ties:
        best = tied_best(scores, exact=True)
    elif rule.misaligned:
        most = min(weights) * (1.0 + TIE)
        best = tuple(i for i, weight in enumerate(weights) if weight <= most)
    else:
        least = max(weights) * (1.0 - TIE)
        best = tuple(i for i, weight in enumerate(weights) if weight >= least)
    found = findings or Findings()
    details = {"weights": list(weights), **found.details}
    return _ranking(name, scores, best, rule, seed, sample, details, found)


def rank_by_probability(
    name: str,
    scores: tuple[float, ...],
    best: tuple[int, ...],
    rule: Rule,
    seed: int,
    sample: SampleOf,
    findings: Findings,
) -> Ranking:
    """Rank choices by probabilities and their tied best, which the function found itself."""
    return _ranking(name, scores, best, rule, seed, sample, dict(findings.details), findings)


def _ranking(
    name: str,
    scores: tuple[float, ...],
    best: tuple[int, ...],
    rule: Rule,
    seed: int,
    sample: SampleOf,
    details: Mapping[str, Json],
    findings: Findings,
) -> Ranking:
    taken, why = draw_one(scores, seed) if rule.probabilistic else take_one(best, seed)
    return Ranking(
        function=name,
        measure="probability",
        scores=scores,
        best=best,
        taken=taken,
        tie_break=why,
        parameters={**asdict(rule), **findings.parameters},
        notes=findings.notes,
        sample=sample(taken),
        details=details,
    )


def probabilities(
    distances: Sequence[float], *, misaligned: bool = False, epsilon: float = EPSILON
) -> tuple[float, ...]:
    """The probability of each choice: 1 / (distance + epsilon), divided by the sum of all.

    With `misaligned` it is the distance, divided by the sum; if all distances are 0, every choice
    has 0, as in align-system.
    """
    if misaligned:
        total = sum(distances) + epsilon
        return tuple(distance / total for distance in distances)
    inverses = [1.0 / (distance + epsilon) for distance in distances]
    total = sum(inverses)
    return tuple(inverse / total for inverse in inverses)
