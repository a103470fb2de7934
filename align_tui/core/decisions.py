"""What a model wrote and what a decision-maker made of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from align_tui.core.alignment.ranking import Ranking
from align_tui.core.answers import Answer, ChoiceAnswer
from align_tui.core.predictions import Predictions, Relevance
from align_tui.core.types import JsonObject

Finish = Literal["stop", "length", "cancelled", "choice"]
"""How a text ended; `choice`: where its choice begins, as was asked, the choice not written."""
ReasoningOrder = Literal["before", "after", "none"]
ThinkingMode = Literal["off", "on", "auto"]
"""May a model think before it replies? `auto`: as its own chat template has it by default."""


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a prompt."""

    role: Literal["system", "user", "assistant"]
    content: str


def messages_from_json(bodies: Iterable[JsonObject]) -> tuple[Message, ...]:
    """Turns as they were stored; a role that is none of ours becomes the user's."""
    return tuple(
        Message(role if role in ("system", "assistant") else "user", str(body.get("content", "")))
        for body in bodies
        for role in [body.get("role")]
    )


@dataclass(frozen=True, slots=True)
class Sampling:
    """How tokens are drawn. `temperature` 0 is greedy; `seed` names this generation's stream.

    `max_tokens` caps the reply; what the model thinks before it is capped by
    `max_thinking_tokens`, and comes on top.
    """

    temperature: float = 0.0
    top_p: float = 1.0
    top_k: int = 0
    min_p: float = 0.0
    max_tokens: int = 512
    seed: int = 0
    thinking: ThinkingMode = "off"
    max_thinking_tokens: int = 1024


GREEDY = Sampling()


@dataclass(frozen=True, slots=True)
class Rendering:
    """What a chat template is told beside the turns.

    `values` are variables of the template; `date` (ISO, a day) is the day that it sees as today's,
    so that a run that is resumed on another day still has one prompt. None: the day it is.
    """

    values: JsonObject = field(default_factory=dict)
    date: str | None = None


AS_IT_IS = Rendering()


@dataclass(frozen=True, slots=True)
class Generation:
    """One text from a model.

    `text` is the reply, with what the model thought before it in front (core/replies.py
    separates them). `tokens` counts both, `thinking_tokens` the thinking alone. `prompt` is the
    rendered prompt as the model saw it; times are in seconds from the moment the request was made;
    `timeline` holds (seconds, characters so far) as the text grew. The engine counts a timeline
    from when the sample was begun, so that a replay is in time. `notes` are sentences that a user
    of the decision must know.
    """

    text: str
    prompt: str
    prompt_tokens: int
    tokens: int
    finish: Finish
    first_token_s: float
    total_s: float
    timeline: tuple[tuple[float, int], ...] = ()
    thinking_tokens: int = 0
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ChoiceProbabilities:
    """What one scoring pass says of the choices.

    `probabilities` (sum 1) are normalised, not calibrated. `drawn` is the choice (index from 0)
    that constrained decoding takes by them; None where a model does not say (a server).
    """

    probabilities: tuple[float, ...]
    drawn: int | None = None


@dataclass(frozen=True, slots=True)
class Response:
    """One reply of the model, read: which choice, why, and everything needed to check it.

    `probabilities` of the choices after its own reasoning, where they were asked for and are known.
    """

    role: str
    choice: int
    reasoning: str
    messages: tuple[Message, ...]
    schema: JsonObject
    sampling: Sampling
    generation: Generation
    retried: bool = False
    probabilities: tuple[float, ...] | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """What was asked and written for a sample that came to no decision: nothing of it was read."""

    messages: tuple[Message, ...]
    schema: JsonObject
    sampling: Sampling
    generation: Generation
    retried: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One named step of deciding and how long it took, in seconds."""

    name: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Decision:
    """What a decision-maker answered, why, and what it made the answer of.

    A direct decision-maker has `votes` (shares of its responses) and may have `probabilities` (sum
    1 over the choices; normalised, not calibrated). One that rates the choices first has
    `predictions`, may have `relevance`, and the `ranking` that its alignment function made of them.
    `responses` are the replies of models; `steps` name what took how long.
    """

    answer: Answer
    reasoning: str
    probabilities: tuple[float, ...] | None = None
    votes: tuple[float, ...] | None = None
    responses: tuple[Response, ...] = ()
    notes: tuple[str, ...] = ()
    predictions: Predictions | None = None
    relevance: Relevance | None = None
    ranking: Ranking | None = None
    steps: tuple[Step, ...] = ()

    @property
    def choice(self) -> int | None:
        """The index (from 0) of the choice that was taken; None of an open answer."""
        return self.answer.index if isinstance(self.answer, ChoiceAnswer) else None
