"""The medical-urgency midpoint: at which value of an attribute medical need gives way to it.

Both functions are align-system's (commit 6d59f0d): `MedicalUrgencyAlignmentADMComponent`
(`medical_urgency_midpoint`) and its Weighted subclass (`medical_urgency_midpoint_weighted`). Of two
choices, A has the greater medical need (the first one, if it is equal) and B the other. With m and
a the mean ratings of need and of the target's attribute, Dm = m_A - m_B, Da = a_B - a_A, and

    midpoint = 0.5 + (Dm - Da) / 2
    weighted = (a_A + 2 Dm - a_A Dm) / 2   for affiliation
             = (a_A + 4 Dm) / 4            for merit
             = the midpoint                for every other attribute

each attribute of the target votes with its relevance (1 without one; nothing at 0):

    Dm = 0 and Da = 0  for neither           Da <= 0            for A
    Dm = 0, Da > 0     for B, else for A     target <= midpoint for A, else for B

The choice with most votes is taken, and A if they are equal.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isclose
from typing import TypeAlias

from align_tui.core.alignment.ranking import TIE, Ranking, TieBreak, draw_one
from align_tui.core.alignment.ratings import (
    mean,
    numbers_of,
    relevance_in_scenario,
    samples_of,
)
from align_tui.core.errors import AlignmentError
from align_tui.core.predictions import Predictions, Relevance
from align_tui.core.targets import Targets
from align_tui.core.types import Json

MEDICAL = "medical"


@dataclass(frozen=True, slots=True)
class Pair:
    """What a midpoint is made of: `need` is Dm (0 or more), `attribute` Da, `urgent` a_A."""

    need: float
    attribute: float
    urgent: float


Midpoint: TypeAlias = Callable[[str, Pair], float]
"""From an attribute and its pair to the midpoint on the scale of the target."""


def plain_midpoint(attribute: str, pair: Pair) -> float:
    """0.5 + (Dm - Da) / 2, for every attribute."""
    return 0.5 + (pair.need - pair.attribute) / 2.0


def weighted_midpoint(attribute: str, pair: Pair) -> float:
    """The weighted midpoint of affiliation and merit; the plain one of other attributes."""
    if attribute == "affiliation":
        return (pair.urgent + 2.0 * pair.need - pair.urgent * pair.need) / 2.0
    if attribute == "merit":
        return (pair.urgent + 4.0 * pair.need) / 4.0
    return plain_midpoint(attribute, pair)


def rank_by_midpoint(
    name: str,
    midpoint: Midpoint,
    predictions: Predictions,
    targets: Targets,
    relevance: Relevance | None,
    seed: int,
    *,
    misaligned: bool,
    probabilistic: bool,
    exact_ties: bool,
) -> Ranking:
    """Rank two choices by the votes of the target's attributes; scores are the shares of votes.

    Without votes both choices have a half, and A is taken. `misaligned` gives A's votes to B and
    B's to A; `probabilistic` draws by the shares. With `exact_ties` a difference of ratings is 0
    only if it is so to the last bit, as in align-system. Raises AlignmentError for other than two
    choices, a missing rating and a target without a number.
    """
    if len(predictions) != 2:
        raise AlignmentError(
            f"The alignment function {name!r} needs two choices, but there are {len(predictions)}",
            "Leave out the scenario, or choose another function under [alignment].",
        )
    urgent = _more_urgent(predictions, exact_ties=exact_ties)
    zero = 0.0 if exact_ties else TIE
    votes = [0.0, 0.0]  # for A, for B
    told: dict[str, Json] = {}
    for target, value in numbers_of(targets, name) if targets else ():
        matters = relevance_in_scenario(relevance, target.attribute)
        weight = target.weight * (1.0 if matters is None else matters)
        if weight == 0.0:
            told[target.attribute] = {"reasoning": "not relevant", "relevance_weight": 0.0}
            continue
        pair = _pair(predictions, target.attribute, urgent, zero)
        middle = midpoint(target.attribute, pair)
        to, reason = _vote(pair, middle, value)
        if to is not None:
            votes[to] += weight
        told[target.attribute] = {
            "midpoint": middle, "target": value, "relevance_weight": weight, "reasoning": reason
        }  # fmt: skip
    return _ranking(
        name, votes, told, urgent, seed,
        misaligned=misaligned, probabilistic=probabilistic, exact_ties=exact_ties,
    )  # fmt: skip


def _more_urgent(predictions: Predictions, *, exact_ties: bool) -> int:
    """The index of A: the choice with the greater medical need, the first one if it is equal."""
    first, second = (mean(samples_of(predictions, i, MEDICAL)) for i in range(2))
    return int(second - first > (0.0 if exact_ties else TIE))


def _pair(predictions: Predictions, attribute: str, urgent: int, zero: float) -> Pair:
    other = 1 - urgent
    need = [mean(samples_of(predictions, i, MEDICAL)) for i in (urgent, other)]
    rated = [mean(samples_of(predictions, i, attribute)) for i in (urgent, other)]
    by_need, by_attribute = need[0] - need[1], rated[1] - rated[0]
    return Pair(
        0.0 if abs(by_need) <= zero else by_need,
        0.0 if abs(by_attribute) <= zero else by_attribute,
        rated[0],
    )


def _vote(pair: Pair, midpoint: float, target: float) -> tuple[int | None, str]:
    """For A (0), B (1) or neither (None), and why."""
    if pair.need == 0.0:
        if pair.attribute == 0.0:
            return None, "the choices are equal in both"
        return int(pair.attribute > 0.0), "equal need: the choice with more of the attribute"
    if pair.attribute <= 0.0:
        return 0, "the more urgent choice leads in both"
    if isclose(target, midpoint):
        return 0, "the target is at the midpoint: the more urgent choice"
    if target < midpoint:
        return 0, "the target is below the midpoint: the more urgent choice"
    return 1, "the target is above the midpoint: the less urgent choice"


def _ranking(
    name: str,
    votes: list[float],
    told: Mapping[str, Json],
    urgent: int,
    seed: int,
    *,
    misaligned: bool,
    probabilistic: bool,
    exact_ties: bool,
) -> Ranking:
    counted = votes[::-1] if misaligned else votes
    total = sum(counted)
    shares = [each / total for each in counted] if total else [0.5, 0.5]
    tied = isclose(*counted)
    best = 0 if tied or counted[0] > counted[1] else 1  # of A and B
    scores = tuple(shares if urgent == 0 else shares[::-1])
    places = (urgent, 1 - urgent)
    taken, why = places[best], _why(tied=tied)
    if probabilistic:
        taken, why = draw_one(scores, seed)
    return Ranking(
        function=name,
        measure="share of votes",
        scores=scores,
        best=(0, 1) if tied else (places[best],),
        taken=taken,
        tie_break=why,
        parameters={
            "misaligned": misaligned, "probabilistic": probabilistic, "exact_ties": exact_ties
        },
        sample=0,
        details={
            "per_kdma": dict(told),
            "more_urgent": urgent,
            "votes": {"more_urgent": votes[0], "less_urgent": votes[1]},
        },
    )  # fmt: skip


def _why(*, tied: bool) -> TieBreak:
    return "rule" if tied else "none"
