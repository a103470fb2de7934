"""The model as one sample's decision-maker sees it: its seeds, its live text."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import count

from align_tui.backbones.base import Backbone, ChoiceScoringRequest, Request
from align_tui.config.profile import DecodingSpec
from align_tui.core.decisions import (
    AS_IT_IS,
    Attempt,
    ChoiceProbabilities,
    Generation,
    Message,
    Rendering,
    Sampling,
)
from align_tui.core.errors import AdmError
from align_tui.core.replies import RESTART
from align_tui.core.text.repair import storable_parts
from align_tui.core.types import JsonObject, derive_seed

_groups = count(1)
Tell = Callable[[int, str], None]
"""Takes (stream, new text), from any thread."""


class SampleLlm:
    """Passes requests on to the backbone, with the seed of this sample and its text told.

    `began` is when the sample was begun (monotonic); its model may have been loaded since.
    `attempts` keeps the last reply of each stream, for a sample that comes to no decision.
    """

    def __init__(
        self,
        backbone: Backbone | None,
        decoding: DecodingSpec,
        seed: int,
        tell: Tell,
        began: float,
        priority: int = 0,
        rendering: Rendering = AS_IT_IS,
    ) -> None:
        self._backbone = backbone
        self._decoding = decoding
        self._seed = seed
        self._tell = tell
        self._priority = priority
        self._rendering = rendering
        self._group = next(_groups)
        self._began = began
        self._begun: set[int] = set()
        self.attempts: dict[int, Attempt] = {}

    @property
    def seed(self) -> int:
        """The sample's seed."""
        return self._seed

    def sampling(self, stream: int = 0) -> Sampling:
        """The profile's decoding, with the seed of the sample's generation number `stream`."""
        d = self._decoding
        return Sampling(
            temperature=d.temperature,
            top_p=d.top_p,
            top_k=d.top_k,
            min_p=d.min_p,
            max_tokens=d.max_tokens,
            seed=derive_seed(self._seed, stream),
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
        """One reply under the schema; its timeline counts from when the sample was begun."""
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
        made = await self._model().generate(request, lambda _, text: self._tell(stream, text))
        made = replace(made, timeline=tuple((asked + t, n) for t, n in made.timeline))
        retried = stream in self.attempts
        self.attempts[stream] = Attempt(request.messages, schema, sampling, made, retried)
        return made

    async def score(
        self, messages: Sequence[Message], replies: Sequence[str], sampling: Sampling
    ) -> ChoiceProbabilities | None:
        """Probabilities of half-written replies that differ in the choice alone, and the one drawn.

        None where the model cannot tell: a server without token probabilities.
        """
        ballot = ChoiceScoringRequest(
            storable_parts(tuple(messages)),
            storable_parts(tuple(replies)),
            sampling,
            self._priority,
            self._rendering,
            self._group,
        )
        return await self._model().score(ballot)

    def _model(self) -> Backbone:
        if self._backbone is None:
            raise AdmError(
                "This decision-maker asked for a model and its profile has none",
                "Set needs_model = true in its [adm] table.",
            )
        return self._backbone


def sample_seed(profile_seed: int, scenario_hash: str, repeat: int) -> int:
    """A sample's seed: the same wherever, whenever and beside whatever it is decided.

    `scenario_hash` is the scenario's `seen_hash`; in runs of version 0.1 it is its `hash`.
    """
    return derive_seed(profile_seed, scenario_hash, repeat)
