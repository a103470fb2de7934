"""The order in which a decision-maker is shown the choices, and the way back to the scenario's own.

An order is a permutation of the scenario's indices: `order[0]` is the index of the choice that is
shown first. Everything that is stored is in the scenario's own order.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final, Literal, TypeVar

from align_tui.core.alignment.ranking import Ranking
from align_tui.core.answers import Answer, ChoiceAnswer
from align_tui.core.decisions import Decision, Response, ShownChoices
from align_tui.core.scenarios import Scenario
from align_tui.core.types import Json, derive_seed

OrderSetting = Literal["given", "shuffled", "both"]
"""`given`: the scenario's own order; `shuffled`: drawn by the sample's seed; `both`: the given and
the reversed order are asked, and the two are averaged (core/both_orders.py)."""
NEGATIVE: Final = "negative"
"""The role of a reply that votes against its choice."""
T = TypeVar("T")


def given_order(choices: int) -> tuple[int, ...]:
    """The scenario's own order."""
    return tuple(range(choices))


def reversed_order(choices: int) -> tuple[int, ...]:
    """The scenario's order from its end."""
    return tuple(reversed(range(choices)))


def shuffled_order(seed: int, choices: int, stream: int = 0) -> tuple[int, ...]:
    """A random order from the sample's seed; the replies of one sample differ in their `stream`."""
    order = list(range(choices))
    random.Random(derive_seed(seed, "order of choices", stream)).shuffle(order)
    return tuple(order)


def relative_orders(seed: int, choices: int, replies: int) -> list[tuple[int, ...]]:
    """The orders of several replies of a sample whose scenario is already shuffled.

    They are indices of the shuffled scenario: the first reply shows it as it is, and reply number r
    shows `shuffled_order(seed, choices, r)` of the scenario's own.
    """
    place = {index: i for i, index in enumerate(shuffled_order(seed, choices))}
    return [
        tuple(place[index] for index in shuffled_order(seed, choices, stream))
        for stream in range(replies)
    ]


def permuted(scenario: Scenario, order: Sequence[int]) -> Scenario:
    """The scenario with its choices, labels and shares in that order."""
    return replace(
        scenario,
        choices=tuple(scenario.choices[index] for index in order),
        shares={
            group: tuple(shares[index] for index in order)
            for group, shares in scenario.shares.items()
        },
    )


def in_place(values: Sequence[T], order: Sequence[int]) -> tuple[T, ...]:
    """Values of the choices as shown, in the scenario's own order."""
    found = dict(zip(order, values, strict=True))
    return tuple(found[index] for index in range(len(order)))


def mapped_back(decision: Decision, order: Sequence[int]) -> Decision:
    """A checked decision on the permuted scenario as one on the scenario itself.

    It keeps the orders of its replies, and which choice was taken in each order (`shown`).
    """
    order = tuple(order)
    answer = decision.answer
    if isinstance(answer, ChoiceAnswer):
        answer = ChoiceAnswer(order[answer.index])
    responses = tuple(_response(each, order) for each in decision.responses)
    relevance = decision.relevance
    if relevance is not None:
        relevance = replace(relevance, by_choice=in_place(relevance.by_choice, order))
    return replace(
        decision,
        answer=answer,
        probabilities=_each(decision.probabilities, order),
        votes=_each(decision.votes, order),
        responses=responses,
        predictions=_each(decision.predictions, order),
        relevance=relevance,
        ranking=_ranking(decision.ranking, order) if decision.ranking is not None else None,
        shown=_shown(decision, responses, answer, order),
    )


def _shown(
    decision: Decision, responses: Sequence[Response], answer: Answer, order: tuple[int, ...]
) -> tuple[ShownChoices, ...]:
    """One item for each reply that took a choice in an order of its own, else one for all."""
    if any(each.order is not None for each in decision.responses):
        return tuple(
            ShownChoices(each.order or order, each.choice)
            for each in responses
            if each.choice is not None and each.choice in order and each.role != NEGATIVE
        )
    return (ShownChoices(order, answer.index),) if isinstance(answer, ChoiceAnswer) else ()


def _response(response: Response, order: Sequence[int]) -> Response:
    shown = response.order if response.order is not None else range(len(order))
    choice = response.choice
    if choice is not None and 0 <= choice < len(order):
        choice = order[choice]
    return replace(
        response,
        choice=choice,
        probabilities=_each(response.probabilities, order),
        order=tuple(order[index] for index in shown),
    )


def _each(values: Sequence[T] | None, order: Sequence[int]) -> tuple[T, ...] | None:
    return None if values is None else in_place(values, order)


def _ranking(ranking: Ranking, order: Sequence[int]) -> Ranking:
    return replace(
        ranking,
        scores=in_place(ranking.scores, order),
        best=tuple(sorted(order[index] for index in ranking.best)),
        taken=order[ranking.taken],
        details=_details(ranking.details, order),
    )


def _details(details: Mapping[str, Json], order: Sequence[int]) -> dict[str, Json]:
    """A list with a value for each choice follows the choices; everything else stays."""
    return {
        name: list(in_place(value, order))
        if isinstance(value, list) and len(value) == len(order)
        else value
        for name, value in details.items()
    }
