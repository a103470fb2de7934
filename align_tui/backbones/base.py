"""What a backbone is to whoever asks it: requests, what a model is, and protocols."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, Protocol, runtime_checkable

from align_tui.config.backbone_kinds import Capability
from align_tui.core.decisions import (
    AS_IT_IS,
    GREEDY,
    ChoiceProbabilities,
    Generation,
    Message,
    Rendering,
    Sampling,
)
from align_tui.core.statements import Statement, StatementRating
from align_tui.core.types import JsonObject

OnText = Callable[[float, str], None]
"""Called from the model's thread with (seconds since the request, new text)."""
OnProgress = Callable[[str, float | None], None]
"""Called while a model is fetched or loaded with (what happens, share done or None)."""


@dataclass(frozen=True, slots=True)
class Request:
    """A reply that is wanted: the turns before it, its schema, how tokens are drawn.

    Of those that wait, a higher `priority` is served first. With `to_choice` the reply may end
    (finish `choice`) where its choice begins: a backbone that does so draws it in `score`.
    Requests of one `group` make one decision together (0: of none).
    """

    messages: tuple[Message, ...]
    schema: JsonObject
    sampling: Sampling
    engine: Literal["batched", "generate"] = "batched"
    priority: int = 0
    to_choice: bool = False
    rendering: Rendering = AS_IT_IS
    group: int = 0


@dataclass(frozen=True, slots=True)
class ChoiceScoringRequest:
    """Half-written replies that differ in the choice alone, and how one of them is drawn."""

    messages: tuple[Message, ...]
    replies: tuple[str, ...]
    sampling: Sampling = GREEDY
    priority: int = 0
    rendering: Rendering = AS_IT_IS
    group: int = 0


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """Which weights really run, and where. `identity` is a revision or a hash of the files.

    `side_by_side` is how many samples are worth deciding at once, where the model itself knows.
    """

    name: str
    identity: str
    device: str
    dtype: str
    parameters: int
    notes: tuple[str, ...] = ()
    side_by_side: int | None = None


class Backbone(Protocol):
    """A model that is ready. All methods may be called from one event loop.

    What it can do is said by the protocols below: its kind declares which of them it has.
    """

    @property
    def info(self) -> ModelInfo:
        """What was loaded."""
        ...

    def tokens_generated(self) -> int:
        """Tokens written since the model was loaded; 0 for a model that writes none."""
        ...

    def close(self) -> None:
        """Stop, and free the device's memory."""
        ...


@runtime_checkable
class Generates(Protocol):
    """A backbone that writes text under a schema."""

    async def generate(self, request: Request, on_text: OnText) -> Generation:
        """One constrained reply; cancelling the task stops it within one token."""
        ...


@runtime_checkable
class ScoresChoices(Protocol):
    """A backbone that says how likely it takes each choice to be."""

    async def score(self, request: ChoiceScoringRequest) -> ChoiceProbabilities | None:
        """Probabilities of the choices, and which one is drawn, in one pass.

        None where the model cannot tell: a server without token probabilities.
        """
        ...


@runtime_checkable
class RatesStatements(Protocol):
    """A backbone that rates statements (Kaleido)."""

    async def rate(
        self, action: str, statements: Sequence[Statement]
    ) -> tuple[StatementRating, ...]:
        """The rating of each statement for the action, in their order."""
        ...


@runtime_checkable
class Embeds(Protocol):
    """A backbone that turns texts into vectors."""

    async def embed(self, texts: Sequence[str]) -> tuple[tuple[float, ...], ...]:
        """A vector of length 1 for each text, in their order; all of one size."""
        ...


PROTOCOLS: Final[Mapping[Capability, type]] = {
    "generates": Generates,
    "scores_choices": ScoresChoices,
    "rates_statements": RatesStatements,
    "embeds": Embeds,
}
"""The protocol of each capability that a kind of backbone may declare."""


@runtime_checkable
class Waits(Protocol):
    """A backbone that may have to wait for somebody else before it asks a model again."""

    def waits_for(self) -> str:
        """What it waits for, in words for the user; empty while it does not."""
        ...
