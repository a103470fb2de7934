"""Run a decision-maker up to its first question, without a model."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NoReturn

from align_tui.adms.no_model import NoModel
from align_tui.core.decisions import ChoiceProbabilities, Generation, Message, Sampling
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


def first_question(decide: Callable[[NoModel], Awaitable[object]]) -> tuple[Message, ...]:
    """The turns of the first question that `decide` asks; empty if it asks none.

    Raises whatever `decide` raises before it asks. It may be called inside an event loop, which
    waits: only for what asks at once.
    """

    async def run() -> None:
        await decide(_Unanswered())

    try:
        _finish(run)
    except _Asked as asked:
        return asked.messages
    except BaseExceptionGroup as group:
        first: BaseException | None = group.subgroup(_Asked)
        while isinstance(first, BaseExceptionGroup):
            first = first.exceptions[0]
        if not isinstance(first, _Asked):
            raise
        return first.messages
    return ()


def _finish(run: Callable[[], Awaitable[None]]) -> None:
    """Run it to its end, in a thread where this one has an event loop."""

    async def whole() -> None:
        await run()

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        asyncio.run(whole())
        return
    with ThreadPoolExecutor(1) as pool:
        pool.submit(lambda: asyncio.run(whole())).result()
