"""Find what a decision-maker asks first about a scenario, without a model."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import NoReturn

from align_tui.adms.no_model import NoModel
from align_tui.adms.registry import make_adm
from align_tui.config.adm_params import RunsFile
from align_tui.config.profile import Profile
from align_tui.core.attributes import Attributes
from align_tui.core.decisions import ChoiceProbabilities, Generation, Message, Sampling
from align_tui.core.scenarios import Scenario
from align_tui.core.statements import Statement, StatementRating
from align_tui.core.types import JsonObject


class _Asked(Exception):
    """Ends a decision at its first question."""

    def __init__(self, messages: Sequence[Message]) -> None:
        super().__init__()
        self.messages = tuple(messages)


class _Unanswered(NoModel):
    """A model that answers nothing."""

    async def generate(
        self,
        messages: Sequence[Message],
        schema: JsonObject,
        sampling: Sampling,
        *,
        stream: int = 0,
        to_choice: bool = False,
    ) -> Generation:
        raise _Asked(messages)

    async def score(
        self, messages: Sequence[Message], replies: Sequence[str], sampling: Sampling
    ) -> ChoiceProbabilities | None:
        raise _Asked(messages)

    async def rate(
        self, action: str, statements: Sequence[Statement]
    ) -> tuple[StatementRating, ...]:
        self._stop()

    async def explain(self, action: str, statements: Sequence[Statement]) -> tuple[str, ...]:
        self._stop()

    async def suggest(
        self, action: str, most: int, seed: int | None = None
    ) -> tuple[Statement, ...]:
        self._stop()

    async def embed(self, texts: Sequence[str]) -> tuple[tuple[float, ...], ...]:
        self._stop()

    def _stop(self) -> NoReturn:
        raise _Asked(())


def first_prompt(
    profile: Profile, scenario: Scenario, attributes: Attributes
) -> tuple[Message, ...]:
    """The turns of the profile's first question about a scenario.

    Empty if its decision-maker asks nothing, decided elsewhere, or runs a file of the user's: that
    code is not run here. Raises AlignError if a text of the profile cannot be used.
    """
    traits = profile.adm.traits
    asks = traits.can_decide and (traits.needs_model or traits.roles)
    if isinstance(profile.adm, RunsFile) or not asks:
        return ()

    async def decide() -> None:
        await make_adm(profile, attributes)(scenario, profile.target, _Unanswered())

    try:
        asyncio.run(decide())
    except _Asked as asked:
        return asked.messages
    except BaseExceptionGroup as group:
        found = group.subgroup(_Asked)
        first: BaseException | None = found
        while isinstance(first, BaseExceptionGroup):
            first = first.exceptions[0]
        if not isinstance(first, _Asked):
            raise
        return first.messages
    return ()
