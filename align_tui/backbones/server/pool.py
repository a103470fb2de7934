"""The servers of one backbone: who has the least to do, and who is left in peace for a while."""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from openai import AsyncOpenAI


FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 30.0


def backoff(failures: int) -> float:
    """Seconds to wait after that many failures: doubling, and no two callers alike."""
    longest = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** min(failures, 16))
    return longest * random.uniform(0.5, 1.0)


@dataclass(eq=False)
class Endpoint:
    """One server. `failures` counts those since it last answered; times are the loop's."""

    url: str
    client: AsyncOpenAI
    busy: int = 0
    failures: int = 0
    held_until: float = 0.0


class Pool:
    """Hands out servers; at most `in_flight` requests at once to each."""

    def __init__(self, endpoints: Sequence[Endpoint], in_flight: int) -> None:
        self.endpoints = tuple(endpoints)
        self._in_flight = in_flight
        self._turn = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    @asynccontextmanager
    async def lease(self) -> AsyncIterator[Endpoint]:
        """The server with the least to do; waits while all are full or held."""
        loop = asyncio.get_running_loop()
        while (endpoint := self._freest(loop.time())) is None:
            future: asyncio.Future[None] = loop.create_future()
            self._waiting.append(future)
            try:
                await future
            except asyncio.CancelledError:
                if future.done() and not future.cancelled():
                    self._wake()  # a turn that is not taken is the next one's
                raise
        endpoint.busy += 1
        try:
            yield endpoint
        finally:
            endpoint.busy -= 1
            self._wake()

    def hold(self, endpoint: Endpoint, seconds: float | None) -> None:
        """Send nothing to that server for so long; None: longer with every time it failed."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        if seconds is None:
            if endpoint.held_until > now:
                return  # requests that failed together count as one failure
            seconds = backoff(endpoint.failures)
        endpoint.failures += 1
        endpoint.held_until = max(endpoint.held_until, now + seconds)
        loop.call_at(endpoint.held_until, self._wake, len(self.endpoints) * self._in_flight)

    def _freest(self, now: float) -> Endpoint | None:
        # The turn goes round, so that equals share what there is.
        self._turn = (self._turn + 1) % len(self.endpoints)
        order = self.endpoints[self._turn :] + self.endpoints[: self._turn]
        free = [e for e in order if e.busy < self._in_flight and e.held_until <= now]
        return min(free, key=lambda endpoint: endpoint.busy, default=None)

    def _wake(self, count: int = 1) -> None:
        while self._waiting and count > 0:
            future = self._waiting.popleft()
            if not future.done():
                future.set_result(None)
                count -= 1
