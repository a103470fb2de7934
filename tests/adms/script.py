"""A scripted model whose replies depend on the prompt, for decision-makers that ask much."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from typing import Any

from align_tui.adms.no_model import NoModel
from align_tui.adms.registry import make_adm
from align_tui.config.attributes import load_attributes
from align_tui.config.library import build_profile
from align_tui.core.decisions import Decision, Generation, Message, Sampling
from align_tui.core.scenarios import Scenario
from align_tui.core.types import JsonObject

Answer = Callable[[Sequence[Message], JsonObject], Any]


class Answering(NoModel):
    """Gives what `answer` makes of the turns and the schema; a text as it is, else as JSON."""

    def __init__(self, answer: Answer, seed: int = 1) -> None:
        self.answer = answer
        self.seed = seed
        self.asked: list[tuple[Message, ...]] = []
        self.schemas: list[JsonObject] = []
        self.streams: list[int] = []
        self.samplings: list[Sampling] = []
        self.most_at_once = 0
        self._open = 0

    def sampling(self, stream: int = 0) -> Sampling:
        return Sampling(seed=100 + stream)

    async def generate(
        self,
        messages: Sequence[Message],
        schema: JsonObject,
        sampling: Sampling,
        *,
        stream: int = 0,
        to_choice: bool = False,
    ) -> Generation:
        self.asked.append(tuple(messages))
        self.schemas.append(schema)
        self.streams.append(stream)
        self.samplings.append(sampling)
        self._open += 1
        self.most_at_once = max(self.most_at_once, self._open)
        await asyncio.sleep(0)
        self._open -= 1
        reply = self.answer(messages, schema)
        text = reply if isinstance(reply, str) else json.dumps(reply)
        return Generation(text, "p", 1, 5, "stop", 0.1, 0.2)


def decided(llm: Answering, scenario: Scenario, targets: object = (), **adm: object) -> Decision:
    """The decision of a profile with this `[adm]` table, read as a profile's file is."""
    attributes = load_attributes()
    backbone = {"kind": "transformers", "model": "org/model"}  # the demo's has a prompt of its own
    table = {"name": "p", "adm": adm, "target": targets, "backbone": backbone}
    profile = build_profile(table, "p", "", attributes)
    decide = make_adm(profile, attributes)

    async def run() -> Decision:
        return await decide(scenario, profile.target, llm)

    try:
        return asyncio.run(run())
    except BaseExceptionGroup as group:
        raise group.exceptions[0] from group
