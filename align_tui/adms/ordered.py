"""Show a decision-maker the choices in the order of its profile, and map its decision back.

This is the one place where the order of choices is decided. A decision-maker gets a scenario whose
choices are permuted, and need not know it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from align_tui.adms.base import Adm, Llm
from align_tui.adms.wrapped_llm import WrappedLlm
from align_tui.core.both_orders import averaged
from align_tui.core.choice_order import (
    OrderSetting,
    mapped_back,
    permuted,
    reversed_order,
    shuffled_order,
)
from align_tui.core.decision_checks import checked_decision
from align_tui.core.decisions import Decision, Generation, Message, Sampling
from align_tui.core.scenarios import Scenario
from align_tui.core.targets import Targets
from align_tui.core.types import JsonObject, derive_seed


def in_order(adm: Adm, order: OrderSetting) -> Adm:
    """The decision-maker with its choices in that order; itself if that is the scenario's own.

    A scenario that asks for a text is passed on as it is.
    """
    if order == "given":
        return adm
    ask = _shuffled if order == "shuffled" else _both

    async def decide(scenario: Scenario, targets: Targets, llm: Llm) -> Decision:
        if scenario.asks != "choice" or len(scenario.choices) < 2:
            return await adm(scenario, targets, llm)
        return await ask(adm, scenario, targets, llm)

    return decide


async def _shuffled(adm: Adm, scenario: Scenario, targets: Targets, llm: Llm) -> Decision:
    order = shuffled_order(llm.seed, len(scenario.choices))
    return await _asked(adm, scenario, targets, llm, order)


async def _both(adm: Adm, scenario: Scenario, targets: Targets, llm: Llm) -> Decision:
    """Ask in both orders at once; the given order is asked as a profile without the key asks."""
    count = len(scenario.choices)

    async def as_given() -> Decision:
        return checked_decision(await adm(scenario, targets, _Half(llm, 0)), count)

    async with asyncio.TaskGroup() as group:
        given = group.create_task(as_given())
        turned = group.create_task(
            _asked(adm, scenario, targets, _Half(llm, 1), reversed_order(count))
        )
    return averaged(given.result(), turned.result(), count, llm.seed)


async def _asked(
    adm: Adm, scenario: Scenario, targets: Targets, llm: Llm, order: tuple[int, ...]
) -> Decision:
    made = await adm(permuted(scenario, order), targets, llm)
    return mapped_back(checked_decision(made, len(order)), order)


class _Half(WrappedLlm):
    """The model for one of two orders: each has streams of its own, so that texts do not mix.

    Order 0 has the even streams and draws as the sample without a second order would; order 1 has
    the odd ones and seeds of its own.
    """

    def __init__(self, llm: Llm, number: int) -> None:
        super().__init__(llm)
        self._number = number

    def role(self, name: str) -> Llm:
        """The model of a role, in this order."""
        return _Half(self._llm.role(name), self._number)

    def sampling(self, stream: int = 0) -> Sampling:
        """The decoding; the seeds of the second order are its own."""
        found = self._llm.sampling(stream)
        if not self._number:
            return found
        return replace(found, seed=derive_seed(found.seed, "reversed order"))

    async def generate(
        self,
        messages: Sequence[Message],
        schema: JsonObject,
        sampling: Sampling,
        *,
        stream: int = 0,
        to_choice: bool = False,
    ) -> Generation:
        """One reply, on this order's stream of that number."""
        return await self._llm.generate(
            messages, schema, sampling, stream=2 * stream + self._number, to_choice=to_choice
        )
