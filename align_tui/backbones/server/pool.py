"""Share requests among the servers of one backbone, and pause failing servers for a while."""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from align_tui.backbones.server.clients import NO_KEY
from align_tui.core.text.redaction import NOTHING, Secret

if TYPE_CHECKING:
    from openai import AsyncOpenAI


FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 30.0
LEAST_HOLD_S = 0.05


def backoff(failures: int) -> float:
    """Seconds to wait after so many failures: doubled each time, with a random part."""
    longest = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** min(failures, 16))
    return longest * random.uniform(0.5, 1.0)


def _seconds(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s".replace(".0", "")


@dataclass(eq=False)
class Endpoint:
    """One server. `failures` counts failures since its last answer; times are the event loop's."""

    url: str
    client: AsyncOpenAI
    busy: int = 0
    failures: int = 0
    held_until: float = 0.0
    held_for: str = ""

    @cached_property
    def secret(self) -> Secret:
        """The key that requests send; the program removes it from the server's texts."""
        return Secret(self.client.api_key) if self.client.api_key != NO_KEY else NOTHING


class Pool:
    """Hands out servers, with at most `in_flight` requests at once to each.

    Calls `on_wait` with the reason when a wait begins, and with "" when it ends.
    """

    def __init__(
        self,
        endpoints: Sequence[Endpoint],
        in_flight: int,
        on_wait: Callable[[str], None] = lambda message: None,
    ) -> None:
        self.endpoints = tuple(endpoints)
        self._in_flight = in_flight
        self._turn = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._on_wait = on_wait
        self._pauses: list[str] = []
        self._loop: asyncio.AbstractEventLoop | None = None

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[Endpoint]:
        """The server with the fewest requests; waits while all are full or held."""
        self._loop = loop = asyncio.get_running_loop()
        while (endpoint := self._freest(loop.time())) is None:
            future: asyncio.Future[None] = loop.create_future()
            self._waiting.append(future)
            try:
                await future
            except asyncio.CancelledError:
                if future.done() and not future.cancelled():
                    self._wake()  # pass the turn on to the next request
                raise
        if endpoint.held_for:
            endpoint.held_for = ""
            self._on_wait("")
        endpoint.busy += 1
        try:
            yield endpoint
        finally:
            endpoint.busy -= 1
            self._wake()

    def waits_for(self) -> str:
        """Why all requests wait, as a text for the user; empty while one is running.

        May be called from any thread: a worker's heartbeat may run in another one.
        """
        if self._loop is None or any(endpoint.busy for endpoint in self.endpoints):
            return ""
        now = self._loop.time()
        held = [endpoint for endpoint in self.endpoints if endpoint.held_until > now]
        if len(held) == len(self.endpoints):
            return min(held, key=lambda endpoint: endpoint.held_until).held_for
        return next(iter(list(self._pauses)), "")

    def _named(self, endpoint: Endpoint) -> str:
        return "the server" if len(self.endpoints) == 1 else urlsplit(endpoint.url).netloc

    async def pause(self, endpoint: Endpoint, seconds: float, what: str) -> None:
        """Wait before another attempt; `what` names the failure of the last one."""
        message = f"asking {self._named(endpoint)} again in {_seconds(seconds)} ({what})"
        self._pauses.append(message)
        self._on_wait(message)
        try:
            await asyncio.sleep(seconds)
        finally:
            self._pauses.remove(message)
            self._on_wait("")

    def hold(self, endpoint: Endpoint, seconds: float | None, what: str = "") -> None:
        """Send the server nothing for `seconds` (None: longer after each failure)."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        if seconds is None:
            if endpoint.held_until > now:
                return  # requests that failed together count as one failure
            seconds = backoff(endpoint.failures)
            message = f"asking {self._named(endpoint)} again in {_seconds(seconds)} ({what})"
        else:
            message = f"{self._named(endpoint)} asks to wait {_seconds(seconds)} ({what})"
            seconds = max(seconds, LEAST_HOLD_S)
        endpoint.failures += 1
        if now + seconds > endpoint.held_until:
            endpoint.held_until, endpoint.held_for = now + seconds, message
            self._on_wait(message)
        loop.call_at(endpoint.held_until, self._wake, len(self.endpoints) * self._in_flight)

    def _freest(self, now: float) -> Endpoint | None:
        # Rotate the order, so that equally busy servers share the requests.
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
