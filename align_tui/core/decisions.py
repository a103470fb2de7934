"""A decision, with the requests and replies of models that it was made of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from align_tui.core.alignment.ranking import Ranking
from align_tui.core.answers import Answer, ChoiceAnswer
from align_tui.core.predictions import Predictions, Relevance
from align_tui.core.types import JsonObject

Finish = Literal["stop", "length", "cancelled", "choice"]
"""Why a text ended; `choice`: the request asked to stop where the choice begins."""
ReasoningOrder = Literal["before", "after", "none"]
ThinkingMode = Literal["off", "on", "auto"]
"""May a model think before it replies? `auto` leaves it to the model's chat template."""


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a prompt."""

    role: Literal["system", "user", "assistant"]
    content: str


def messages_from_json(bodies: Iterable[JsonObject]) -> tuple[Message, ...]:
    """Read stored turns; an unknown role becomes `user`."""
    return tuple(
        Message(role if role in ("system", "assistant") else "user", str(body.get("content", "")))
        for body in bodies
        for role in [body.get("role")]
    )


@dataclass(frozen=True, slots=True)
class Sampling:
    """How the model draws tokens. `temperature` 0 is greedy; `seed` is this generation's own.

    `max_tokens` limits the reply alone; `max_thinking_tokens` limits the thinking before it. With
    `blanks` the reply's JSON may have a blank between its parts.
    """

    temperature: float = 0.0
    top_p: float = 1.0
    top_k: int = 0
    min_p: float = 0.0
    max_tokens: int = 512
    seed: int = 0
    thinking: ThinkingMode = "off"
    max_thinking_tokens: int = 1024
    blanks: bool = False


GREEDY = Sampling()


@dataclass(frozen=True, slots=True)
class Rendering:
    """What a chat template gets besides the turns.

    `values` are variables of the template; `date` (an ISO day) is the day that the template sees
    as today, so that a run that is resumed on another day keeps its prompts. None means today.
    """

    values: JsonObject = field(default_factory=dict)
    date: str | None = None


DEFAULT_RENDERING = Rendering()


@dataclass(frozen=True, slots=True)
class Generation:
    """One text from a model.

    `text` is the thinking and then the reply (core/replies.py separates them). `tokens` counts
    both, `thinking_tokens` the thinking alone. `prompt` is the rendered prompt as the model saw it.
    Times are in seconds since the request. `timeline` holds (seconds, characters so far) as the
    text grew, and a first mark with 0 characters when the model began to read, if that is known;
    the engine counts these seconds from the start of the sample, so that a replay keeps the timing.
    `notes` are sentences that a user of the decision must know. `fingerprint` is what a server
    calls the setup (weights, version, options) that wrote the text; empty where it tells none.
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
    fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class ChoiceProbabilities:
    """The probabilities of the choices after one scoring pass of a model.

    `probabilities` (sum 1) are normalised, not calibrated. `drawn` is the choice (index from 0)
    that constrained decoding takes by them; None if the model (a server) does not report it.
    """

    probabilities: tuple[float, ...]
    drawn: int | None = None


@dataclass(frozen=True, slots=True)
class Response:
    """One reply that was read: its choice and reasoning, and everything needed to check it.

    `choice` (index from 0) is None for a reply that takes no choice: ratings, for example.
    `probabilities` are those of the choices after its own reasoning, if they were asked for and
    are known. `order` has the indices of the choices in the order in which its prompt shows them;
    None for the scenario's own.
    """

    role: str
    choice: int | None
    reasoning: str
    messages: tuple[Message, ...]
    schema: JsonObject
    sampling: Sampling
    generation: Generation
    retried: bool = False
    probabilities: tuple[float, ...] | None = None
    order: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class ShownChoices:
    """The choices as they were shown once, and what was taken then.

    `order` has the indices (from 0) of the choices as shown, and `choice` the index of the one
    taken; both are those of the scenario.
    """

    order: tuple[int, ...]
    choice: int

    @property
    def place(self) -> int:
        """At which place (from 0) the choice was shown that was taken."""
        return self.order.index(self.choice)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request and its text, of a sample that failed before the reply could be read."""

    messages: tuple[Message, ...]
    schema: JsonObject
    sampling: Sampling
    generation: Generation
    retried: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One named step of a decision and its duration in seconds."""

    name: str
    seconds: float


@dataclass(frozen=True, slots=True)
class UsedExample:
    """An in-context example that a prompt showed before its question.

    `example` is its key in the example set. `similarity` to the scenario is None for one that was
    drawn at random; its range depends on the measure. `attribute` is the one that it is about, and
    `prompt` and `response` are its two turns.
    """

    example: str
    similarity: float | None
    attribute: str
    prompt: str
    response: str


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision-maker's answer, its reasoning, and everything that the answer was made of.

    A direct decision-maker has `votes` (shares of its responses) and may have `probabilities` (sum
    1 over the choices; normalised, not calibrated). One that rates the choices first has
    `predictions`, may have `relevance`, and the `ranking` that its alignment function made of them.
    `responses` are the replies of models; `steps` have the duration of each step. `examples` are
    those that the (positive) prompts showed, in the order of the prompt. `shown` has an item for
    each time that the choices were shown in an order other than the scenario's alone; it is empty
    where they were shown in the scenario's order, or not at all. A decision that is the mean of two
    orders of the choices has the two in `halves`, the given order first.
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
    examples: tuple[UsedExample, ...] = ()
    shown: tuple[ShownChoices, ...] = ()
    halves: tuple[Decision, ...] = ()

    @property
    def choice(self) -> int | None:
        """The index (from 0) of the chosen choice; None for an open answer."""
        return self.answer.index if isinstance(self.answer, ChoiceAnswer) else None
