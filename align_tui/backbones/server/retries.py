"""Asking again: another attempt where one may succeed, on another server where there is one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from align_tui.backbones.server.errors import explain
from align_tui.backbones.server.pool import Endpoint, Pool, backoff
from align_tui.core.errors import AlignError, ServerBusy
from align_tui.core.text.redaction import Secret

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
                fault = explain(error, endpoint.url, model, endpoint.secret)
                cause = _without(endpoint.secret, error)
            else:
                endpoint.failures = 0
                return answer
            # Outside of the handler: the exception as it came must not be told as the context.
            if not fault.again or attempt >= retries:
                raise fault.error from cause
            if fault.after is not None and fault.after > LONGEST_HOLD_S:
                raise ServerBusy(
                    f"{fault.error.message} (and asks to wait {fault.after:.0f} s)",
                    "Come back later: align-tui run --resume RUN",
                ) from cause
            if fault.hold:
                pool.hold(endpoint, fault.after, fault.what)
        if not fault.hold and not fault.at_once:
            await pool.pause(endpoint, backoff(attempt), fault.what)
        attempt += 1


class ServerSaid(Exception):
    """What the client raised, in its words without the key: tracebacks are printed and kept."""


def _without(secret: Secret, error: Exception) -> Exception:
    said = ServerSaid(f"{type(error).__name__}: {secret.redacted(str(error))[:2000]}")
    return said.with_traceback(error.__traceback__)
