"""A scripted model for decision-makers that rate: it answers by what a request's schema asks."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from align_tui.adms.no_model import NoModel
from align_tui.adms.registry import make_adm
from align_tui.config.attributes import load_attributes
from align_tui.config.profile import Profile
from align_tui.core.alignment.ranking import History
from align_tui.core.attributes import Attributes
from align_tui.core.decisions import Decision, Generation, Message, Sampling
from align_tui.core.scenarios import Scenario
from align_tui.core.types import JsonObject

Vectors = Callable[[Sequence[str]], tuple[tuple[float, ...], ...]]


@dataclass
class Request:
    """One recorded request: its turns, its schema, and the stream of its reply."""

    messages: Sequence[Message]
    schema: Any
    sampling: Sampling
    stream: int

    @property
    def system(self) -> str:
        return self.messages[0].content

    @property
    def user(self) -> str:
        return self.messages[-1].content


@dataclass
class ScriptedLlm(NoModel):
    """Answers requests with `reply`, which gets each request, and records them."""

    reply: Callable[[Request], object]
    seed: int = 1
    history: History = field(default_factory=dict)
    vectors: Vectors | None = None
    asked: list[Request] = field(default_factory=list)
    embedded: list[str] = field(default_factory=list)

    def sampling(self, stream: int = 0) -> Sampling:
        return Sampling(max_tokens=100, seed=stream)

    async def generate(
        self,
        messages: Sequence[Message],
        schema: JsonObject,
        sampling: Sampling,
        *,
        stream: int = 0,
        to_choice: bool = False,
    ) -> Generation:
        request = Request(messages, schema, sampling, stream)
        self.asked.append(request)
        reply = self.reply(request)
        text = reply if isinstance(reply, str) else json.dumps(reply)
        await asyncio.sleep(0)
        return Generation(text, "p", 1, 5, "stop", 0.1, 0.2)

    async def embed(self, texts: Sequence[str]) -> tuple[tuple[float, ...], ...]:
        assert self.vectors is not None
        self.embedded += texts
        return self.vectors(texts)


def decide(
    llm: ScriptedLlm,
    scenario: Scenario,
    adm: Mapping[str, Any],
    target: Mapping[str, float],
    known: Attributes | None = None,
    **tables: Any,
) -> Decision:
    """The decision of the profile with these tables; a single error is raised as itself."""
    targets = [{"attribute": name, "value": value} for name, value in target.items()]
    profile = Profile.model_validate({"name": "p", "adm": adm, "target": targets, **tables})
    made = make_adm(profile, known if known is not None else load_attributes())

    async def run() -> Decision:
        try:
            return await made(scenario, profile.target, llm)
        except BaseExceptionGroup as group:
            raise group.exceptions[0] from group

    return asyncio.run(run())
