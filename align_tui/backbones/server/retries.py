"""Retry requests when another attempt may succeed, on another server if there is one."""

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
    """The result of `work` for some server, after up to `retries` more attempts.

    Raises ServerError (or a subclass) when attempts failed or cannot help, ReplyError when no reply
    did fit, and any AlignError of `work` unchanged.
    """
    attempt = 0
    while True:
        async with pool.acquire() as endpoint:
            try:
                answer = await work(endpoint)
            except AlignError:
                raise
            except Exception as error:  # a hostile server may cause any exception
                fault = explain(error, endpoint.url, model, endpoint.secret)
                cause = _without(endpoint.secret, error)
            else:
                endpoint.failures = 0
                return answer
            # Outside the handler, so that the original exception, with the key, is not its context.
            if not fault.again or attempt >= retries:
                raise fault.error from cause
            if fault.after is not None and fault.after > LONGEST_HOLD_S:
                raise ServerBusy(
                    f"{fault.error.message} (and asks to wait {fault.after:.0f} s)",
                    "Resume the run later: align-tui run --resume RUN",
                ) from cause
            if fault.hold:
                pool.hold(endpoint, fault.after, fault.what)
        if not fault.hold and not fault.at_once:
            await pool.pause(endpoint, backoff(attempt), fault.what)
        attempt += 1


class ServerSaid(Exception):
    """The client's exception without the key, since tracebacks are printed and kept."""


def _without(secret: Secret, error: Exception) -> Exception:
    without_key = ServerSaid(f"{type(error).__name__}: {secret.redacted(str(error))[:2000]}")
    return without_key.with_traceback(error.__traceback__)
