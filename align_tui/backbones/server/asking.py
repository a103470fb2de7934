"""Asking again: another attempt where one may succeed, on another server where there is one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from align_tui.backbones.server.pool import Endpoint, Pool, backoff
from align_tui.backbones.server.troubles import explain
from align_tui.core.errors import AlignError, ServerBusy

T = TypeVar("T")
LONGEST_HOLD_S = 600.0


async def ask_until_answered(
    pool: Pool, model: str, retries: int, work: Callable[[Endpoint], Awaitable[T]]
) -> T:
    """What `work` returns for some server, tried up to `retries` times more.

    Raises ServerError (or a kind of it) when that did not help or cannot, ReplyError when no reply
    was fit, and any AlignError of `work` as it is.
    """
    attempt = 0
    while True:
        async with pool.lease() as endpoint:
            try:
                answer = await work(endpoint)
            except AlignError:
                raise
            except Exception as error:  # whatever a hostile server makes client and parser raise
                trouble = explain(error, endpoint.url, model)
                if not trouble.again or attempt >= retries:
                    raise _without(endpoint.client.api_key, trouble.error) from error
                if trouble.after is not None and trouble.after > LONGEST_HOLD_S:
                    raise ServerBusy(
                        f"{trouble.error.message} (and asks to wait {trouble.after:.0f} s)",
                        "Come back later: align-tui run --resume RUN",
                    ) from error
                if trouble.hold:
                    pool.hold(endpoint, trouble.after)
            else:
                endpoint.failures = 0
                return answer
        if not trouble.hold and not trouble.at_once:
            await asyncio.sleep(backoff(attempt))
        attempt += 1


def _without(key: str, error: AlignError) -> AlignError:
    """The error with the key blotted out, should the server have repeated it: errors are stored."""
    return type(error)(error.message.replace(key, "***"), error.hint) if key else error
