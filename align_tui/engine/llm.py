"""The models as a sample's decision-maker asks them: with its seeds, and with live text."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from itertools import count
from types import MappingProxyType
from typing import Final

from align_tui.backbones.base import (
    Backbone,
    ChoiceScoringRequest,
    Embeds,
    Generates,
    RatesStatements,
    Request,
    ScoresChoices,
    WritesStatements,
)
from align_tui.config.backbone_kinds import CAPABILITY_WORDS, Capability
from align_tui.config.backbone_spec import DecodingSpec
from align_tui.config.profile import MAIN
from align_tui.config.roles import table_of
from align_tui.core.alignment.ranking import History
from align_tui.core.decisions import (
    DEFAULT_RENDERING,
    Attempt,
    ChoiceProbabilities,
    Generation,
    Message,
    Rendering,
    Sampling,
)
from align_tui.core.errors import AdmError
from align_tui.core.replies import RESTART
from align_tui.core.statements import Statement, StatementRating
from align_tui.core.text.repair import storable, storable_parts
from align_tui.core.types import JsonObject, derive_seed

_groups = count(1)
Tell = Callable[[int, str], None]
"""A function that takes (stream, new text) from any thread; no text: the model begins to read."""


@dataclass(frozen=True, slots=True)
class OpenModel:
    """A loaded model, with the decoding and rendering of its role."""

    backbone: Backbone
    decoding: DecodingSpec
    rendering: Rendering = DEFAULT_RENDERING


NO_MODELS: Final[Mapping[str, OpenModel]] = MappingProxyType({})
NO_HISTORY: Final[History] = MappingProxyType({})


class SampleLlm:
    """Sends a sample's requests to the backbone with its seed, and reports the live text.

    The sample began at `began` (monotonic); its model may have been loaded since. `models` are the
    other models that it may ask, by role; `history` is what it may remember. `attempts` keeps the
    last reply of each stream, in case the sample fails. All models of a sample share one numbering
    of streams.
    """

    def __init__(
        self,
        backbone: Backbone | None,
        decoding: DecodingSpec,
        seed: int,
        tell: Tell,
        began: float,
        priority: int = 0,
        rendering: Rendering = DEFAULT_RENDERING,
        models: Mapping[str, OpenModel] = NO_MODELS,
        history: History = NO_HISTORY,
    ) -> None:
        self._backbone = backbone
        self._decoding = decoding
        self._seed = seed
        self._tell = tell
        self._priority = priority
        self._rendering = rendering
        self._models = models
        self._history = history
        self._role = MAIN
        self._group = next(_groups)
        self._began = began
        self._begun: set[int] = set()
        self.attempts: dict[int, Attempt] = {}

    def role(self, name: str) -> SampleLlm:
        """The sample's model of a role, with the same methods as the main one.

        Raises AdmError if the profile names no model for the role.
        """
        model = self._models.get(name)
        if model is None:
            known = ", ".join(self._models) or "none"
            raise AdmError(
                f"The decision-maker asked for a model in the role {name!r}, but its profile "
                "names none",
                f'For example: [models.{name}] use = "mistral-7b". Roles of the profile: {known}.',
            )
        made = copy(self)  # the copy shares the sample's begun streams and attempts
        made._backbone, made._decoding = model.backbone, model.decoding
        made._rendering, made._role = model.rendering, name
        return made

    @property
    def seed(self) -> int:
        """The sample's seed."""
        return self._seed

    @property
    def history(self) -> History:
        """By attribute: the mean predictions of the choices of earlier decisions, in order."""
        return self._history

    def sampling(self, stream: int = 0) -> Sampling:
        """The decoding of the model's role, with the seed of the sample's stream `stream`."""
        d = self._decoding
        return Sampling(
            temperature=d.temperature,
            top_p=d.top_p,
            top_k=d.top_k,
            min_p=d.min_p,
            max_tokens=d.max_tokens,
            # Each role has its own seeds, so that one model in two roles writes two texts.
            seed=derive_seed(self._seed, *((self._role,) if self._role else ()), stream),
            thinking=d.thinking,
            max_thinking_tokens=d.max_thinking_tokens,
        )

    async def generate(
        self,
        messages: Sequence[Message],
        schema: JsonObject,
        sampling: Sampling,
        *,
        stream: int = 0,
        to_choice: bool = False,
    ) -> Generation:
        """One reply that fits the schema; its times count from the start of the sample."""
        backbone = self._opened()
        if not isinstance(backbone, Generates):
            raise self._unable(backbone, "generates")
        turns, schema = storable_parts(tuple(messages)), storable_parts(schema)
        if stream in self._begun:
            self._tell(stream, RESTART)
        self._begun.add(stream)
        request = Request(
            turns,
            schema,
            sampling,
            self._decoding.engine,
            self._priority,
            to_choice,
            self._rendering,
            self._group,
        )
        asked = time.monotonic() - self._began
        made = await backbone.generate(request, lambda _, text: self._tell(stream, text))
        made = replace(made, timeline=tuple((asked + t, n) for t, n in made.timeline))
        retried = stream in self.attempts
        self.attempts[stream] = Attempt(request.messages, schema, sampling, made, retried)
        return made

    async def score(
        self, messages: Sequence[Message], replies: Sequence[str], sampling: Sampling
    ) -> ChoiceProbabilities | None:
        """The probabilities of begun replies that differ in the choice alone, and a drawn one.

        None if the model cannot give them: a server without token probabilities.
        """
        backbone = self._opened()
        if not isinstance(backbone, ScoresChoices):
            return None
        self._tell(0, "")
        request = ChoiceScoringRequest(
            storable_parts(tuple(messages)),
            storable_parts(tuple(replies)),
            sampling,
            self._priority,
            self._rendering,
            self._group,
        )
        return await backbone.score(request)

    async def rate(
        self, action: str, statements: Sequence[Statement]
    ) -> tuple[StatementRating, ...]:
        """The rating of each statement for the action, in the order of the statements."""
        backbone = self._opened()
        if not isinstance(backbone, RatesStatements):
            raise self._unable(backbone, "rates_statements")
        self._tell(0, "")
        return await backbone.rate(storable(action), storable_parts(tuple(statements)))

    async def explain(self, action: str, statements: Sequence[Statement]) -> tuple[str, ...]:
        """The model's reason for the rating of each statement, in their order."""
        backbone = self._opened()
        if not isinstance(backbone, WritesStatements):
            raise self._unable(backbone, "writes_statements")
        self._tell(0, "")
        made = await backbone.explain(storable(action), storable_parts(tuple(statements)))
        return storable_parts(made)

    async def suggest(
        self, action: str, most: int, seed: int | None = None
    ) -> tuple[Statement, ...]:
        """At most `most` different statements that bear on the action, the likeliest first."""
        backbone = self._opened()
        if not isinstance(backbone, WritesStatements):
            raise self._unable(backbone, "writes_statements")
        self._tell(0, "")
        return storable_parts(await backbone.suggest(storable(action), most, seed))

    async def embed(self, texts: Sequence[str]) -> tuple[tuple[float, ...], ...]:
        """A vector of length 1 for each text, in their order; all have the same dimension."""
        backbone = self._opened()
        if not isinstance(backbone, Embeds):
            raise self._unable(backbone, "embeds")
        self._tell(0, "")
        return await backbone.embed(storable_parts(tuple(texts)))

    def _unable(self, backbone: Backbone, capability: Capability) -> AdmError:
        return AdmError(
            f"The decision-maker asked for a model that {CAPABILITY_WORDS[capability]}, but "
            f"{backbone.info.name} does not",
            f"Name another in {table_of(self._role)}.",
        )

    def _opened(self) -> Backbone:
        if self._backbone is None:
            raise AdmError(
                "This decision-maker asked for a model, but its profile has none",
                "Set needs_model = true in its [adm] table.",
            )
        return self._backbone
