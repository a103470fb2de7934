"""The interface of a backbone: its requests, facts about its model, and its protocols."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, Protocol, runtime_checkable

from align_tui.config.backbone_kinds import Capability
from align_tui.core.decisions import (
    DEFAULT_RENDERING,
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
"""Called from the model's thread with (seconds since the request, new text).

The first call has no text: the model begins to read. Until then the request waits for others.
"""
OnProgress = Callable[[str, float | None], None]
"""Called while a model is fetched or loaded, with (what happens, share done 0 to 1, or None)."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request for one reply: the turns before it, its schema, and how tokens are drawn.

    A backbone serves the highest `priority` first. With `to_choice` it may end the reply where the
    choice begins (finish `choice`), and then draws the choice in `score`. Requests of one `group`
    make one decision together (0: no group).
    """

    messages: tuple[Message, ...]
    schema: JsonObject
    sampling: Sampling
    engine: Literal["batched", "generate"] = "batched"
    priority: int = 0
    to_choice: bool = False
    rendering: Rendering = DEFAULT_RENDERING
    group: int = 0


@dataclass(frozen=True, slots=True)
class ChoiceScoringRequest:
    """Unfinished replies that differ only in their choice, and how one of them is drawn."""

    messages: tuple[Message, ...]
    replies: tuple[str, ...]
    sampling: Sampling = GREEDY
    priority: int = 0
    rendering: Rendering = DEFAULT_RENDERING
    group: int = 0


class HashedFiles(Protocol):
    """The hashes of a model's files, which are computed beside everything else."""

    trouble: str
    """Why there will be no hashes; empty if they are known or still computed."""

    def known(self) -> Mapping[str, str] | None:
        """SHA-256 by the file's name; None while they are computed."""
        ...

    def stop(self) -> None:
        """Compute no further: the model is closed."""
        ...


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """Which weights run, and where. `identity` is a revision or a hash of the files.

    `side_by_side` is how many samples are worth deciding at once (None: the model cannot say).
    `facts` say what computes: device name, driver, versions. `files` gives the hashes of the
    model's files once they are known; None for a model without files here.
    """

    name: str
    identity: str
    device: str
    dtype: str
    parameters: int
    notes: tuple[str, ...] = ()
    side_by_side: int | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    files: HashedFiles | None = None


class Backbone(Protocol):
    """A model that is ready. One event loop may call all methods.

    The protocols below say what a model can do. A kind of backbone declares which of them it has.
    """

    @property
    def info(self) -> ModelInfo:
        """Facts about the loaded model."""
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
        """Write one reply under its schema; cancelling the task stops it within one token."""
        ...


@runtime_checkable
class ScoresChoices(Protocol):
    """A backbone that computes how likely each choice is."""

    async def score(self, request: ChoiceScoringRequest) -> ChoiceProbabilities | None:
        """Probabilities of the choices (they sum to 1) and the choice drawn, in one pass.

        None when the model gives no probabilities, as a server without token probabilities does.
        """
        ...


@runtime_checkable
class RatesStatements(Protocol):
    """A backbone that rates statements (Kaleido)."""

    async def rate(
        self, action: str, statements: Sequence[Statement]
    ) -> tuple[StatementRating, ...]:
        """The rating of each statement for the action, in the order of the statements."""
        ...


@runtime_checkable
class WritesStatements(Protocol):
    """A backbone that writes statements that bear on an action, and explains them (Kaleido)."""

    async def explain(self, action: str, statements: Sequence[Statement]) -> tuple[str, ...]:
        """The reason for the rating of each statement, in the order of the statements."""
        ...

    async def suggest(
        self, action: str, most: int, seed: int | None = None
    ) -> tuple[Statement, ...]:
        """At most `most` different statements, the likeliest first.

        Without a `seed` they come from a beam search of that many beams, with one they are drawn.
        """
        ...


@runtime_checkable
class Embeds(Protocol):
    """A backbone that turns texts into vectors."""

    async def embed(self, texts: Sequence[str]) -> tuple[tuple[float, ...], ...]:
        """One unit vector for each text, in the order of the texts; all have the same size."""
        ...


PROTOCOLS: Final[Mapping[Capability, type]] = {
    "generates": Generates,
    "scores_choices": ScoresChoices,
    "rates_statements": RatesStatements,
    "writes_statements": WritesStatements,
    "embeds": Embeds,
}
"""The protocol of each capability that a kind of backbone may declare."""


@runtime_checkable
class Waits(Protocol):
    """A backbone that may have to wait, for a server say, before it asks its model again."""

    def waits_for(self) -> str:
        """What it waits for, as a text for the user; empty while it does not wait."""
        ...
