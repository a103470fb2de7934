"""What a rater returns, and how samples of several replies are put together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from align_tui.adms.base import Llm
from align_tui.adms.reply import ask_json
from align_tui.core.attributes import Attribute
from align_tui.core.decisions import Message, Response
from align_tui.core.predictions import Prediction, Predictions, Relevance
from align_tui.core.rating_replies import Scored
from align_tui.core.replies import reasoning_so_far
from align_tui.core.types import JsonObject

T = TypeVar("T")

RATER = "regression"
TurnsByAttribute = Mapping[str, Sequence[Message]]
"""Worked examples by attribute id: user and assistant turns, in their order."""
NO_EXAMPLES: TurnsByAttribute = {}


@dataclass(frozen=True, slots=True)
class Rated:
    """The predictions of a rater with the replies that they come from.

    `relevance` is None unless it was asked for. `outcomes` has the foreseen outcome of each choice
    for each sample, and `matters` for each choice why an attribute matters or not.
    """

    predictions: Predictions
    responses: tuple[Response, ...] = ()
    relevance: Relevance | None = None
    outcomes: tuple[tuple[str, ...], ...] = ()
    matters: tuple[Mapping[str, str], ...] = ()


def dialogue(system: str, examples: Sequence[Message], user: str) -> tuple[Message, ...]:
    """The turns of a request for scores: worked examples stand between instruction and question."""
    first = (Message("system", system),) if system else ()
    return (*first, *examples, Message("user", user))


def prediction(attribute: Attribute, scored: Iterable[Scored], rater: str = RATER) -> Prediction:
    """The samples of one choice: each score divided by the attribute's factor."""
    found = tuple(scored)
    reasons = tuple(each.reason for each in found)
    samples = tuple(each.score / attribute.factor for each in found)
    return Prediction(samples, reasons if any(reasons) else (), rater)


async def ask_rating(
    llm: Llm,
    messages: Sequence[Message],
    schema: JsonObject,
    read: Callable[[JsonObject], T],
    *,
    role: str,
    stream: int,
) -> tuple[T, Response]:
    """Ask for one reply that rates, as `ask_json` does.

    Its reasoning is what a reader sees while the reply is written: reasons with their scores.
    """
    found, response = await ask_json(llm, messages, schema, read, role=role, stream=stream)
    return found, replace(response, reasoning=reasoning_so_far(response.generation.text))
