"""Explain an exception of a server request: its titled error, and whether to retry."""

from __future__ import annotations

import email.utils
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import httpx2
import openai
from outlines.exceptions import APIError as OutlinesError

from align_tui.core.errors import (
    AlignError,
    KeyRefused,
    PromptTooLong,
    ReplyError,
    ServerBusy,
    ServerError,
    ServerUnreachable,
)
from align_tui.core.text.display import one_line
from align_tui.core.text.redaction import NOTHING, Secret

TOO_LONG = re.compile(
    r"context.{0,20}(length|size|window)|exceed_context|too many tokens|prompt.{0,30}too long"
    r"|maximum.{0,20}tokens",
    re.IGNORECASE,
)
OVERLOADED = (429, 503, 529)


@dataclass(frozen=True, slots=True)
class ServerFault:
    """One failure of a server.

    `again`: another attempt may succeed; `at_once`: it needs no wait. `hold`: send no request to
    the server for a while, for `after` seconds when it says so. `what` is a short name: 429.
    """

    error: AlignError
    again: bool = False
    at_once: bool = False
    hold: bool = False
    after: float | None = None
    what: str = ""


class Broken(Exception):
    """A stream that stalled, ended early or had a malformed chunk."""


class Slow(Broken):
    """A reply that took longer than the limit."""


class Redirected(Exception):
    """A redirect to another server, which gets neither the prompt nor the key."""

    def __init__(self, status: int, where: str) -> None:
        super().__init__(f"answers {status} and leads to {one_line(where, 200)}")


class Unfit(Exception):
    """A whole reply that does not fit its schema; `problem` gives the reason."""

    def __init__(self, problem: ReplyError) -> None:
        super().__init__(problem.message)
        self.problem = problem


def explain(error: Exception, url: str, model: str, secret: Secret = NOTHING) -> ServerFault:
    """The fault behind an exception of the client, of Outlines or of this package.

    `secret` is removed from all text of the server that it quotes, before the text is cut.
    """

    def quoted(text: object, width: int) -> str:
        return one_line(secret.redacted(str(text)), width)

    if isinstance(error, Unfit):
        return ServerFault(error.problem, again=True, at_once=True)
    if isinstance(error, OutlinesError) and error.original_exception is not None:
        error = error.original_exception
    if isinstance(error, openai.APIStatusError):
        return _of_status(error, url, model, quoted)
    cause = error.__cause__
    if isinstance(cause, httpx2.ConnectError | httpx2.ConnectTimeout):
        return ServerFault(
            ServerUnreachable(
                f"{url} cannot be reached: {quoted(cause, 200) or 'no answer in time'}",
                "Check that the server is running and the URL is right. See: align-tui doctor",
            ),
            again=True,
            hold=True,
            what="it cannot be reached",
        )
    if isinstance(error, TimeoutError | openai.APITimeoutError):
        message = str(error) if isinstance(error, TimeoutError) and str(error) else "did not answer"
        return ServerFault(
            ServerUnreachable(
                f"{url} {message} in time",
                "The server may be overloaded. For longer waits, set first_text_s and stall_s in "
                "[backbone.server].",
            ),
            again=True,
            what="it did not answer in time",
        )
    if isinstance(error, openai.APIConnectionError):
        server_text = quoted(cause or error, 200)
        return ServerFault(
            ServerError(f"{url} broke off: {server_text}"), again=True, what="it broke off"
        )
    if isinstance(error, Redirected):
        return ServerFault(
            ServerError(
                f"{url} {quoted(error, 300)}",
                "Nothing was sent there. If you mean that server, name it in base_urls.",
            )
        )
    if isinstance(error, Slow):
        hint = "For a longer limit, set total_s in [backbone.server]."
        return ServerFault(ServerError(f"{url} {error}", hint))
    if isinstance(error, Broken):
        return ServerFault(ServerError(f"{url} {quoted(error, 300)}"), again=True, what="it failed")
    server_text = quoted(error, 300)
    if TOO_LONG.search(server_text):
        return _too_long(url, server_text)
    if isinstance(error, openai.APIError):  # an error inside a stream
        return ServerFault(ServerError(f"{url} says: {server_text}"), again=True, what="it failed")
    other = ServerError(f"{url}: {type(error).__name__}: {server_text}")
    other.unforeseen = True
    return ServerFault(other)


def _of_status(
    error: openai.APIStatusError, url: str, model: str, quoted: Callable[[object, int], str]
) -> ServerFault:
    status, server_text = error.status_code, quoted(_message_of(error), 300)
    if status in (401, 403):
        return ServerFault(
            KeyRefused(
                f"{url} answers {status}: {server_text}",
                "Set backbone.server.api_key_env to the variable with your key.",
            )
        )
    if status in OVERLOADED:
        return ServerFault(
            ServerBusy(
                f"{url} answers {status}: {server_text}",
                "Lower backbone.server.in_flight (requests at once), or raise its retries.",
            ),
            again=True,
            hold=True,
            after=retry_after(error.response.headers),
            what=str(status),
        )
    if status == 404:
        return ServerFault(
            ServerError(
                f"{url} answers 404 for the model {model!r}: {server_text}",
                "Check that the server knows the model by this name and that the URL ends in /v1.",
            )
        )
    if status in (400, 413, 422) and TOO_LONG.search(f"{server_text} {error.code} {error.type}"):
        return _too_long(url, server_text)
    again = status >= 500 or status in (408, 409, 425)
    hint = (
        "Every attempt failed. See the server's log."
        if again
        else "The server may not take the schema (lower adm.max_reasoning_chars), a turn (see its "
        "chat template) or a key of backbone.server.extra."
    )
    return ServerFault(
        ServerError(f"{url} answers {status}: {server_text}", hint), again=again, what=str(status)
    )


def _too_long(url: str, server_text: str) -> ServerFault:
    return ServerFault(
        PromptTooLong(
            f"{url} says: {server_text}",
            "Serve the model with a longer context, shorten the scenario, or lower max_tokens.",
        )
    )


def _message_of(error: openai.APIStatusError) -> str:
    body = error.body
    if isinstance(body, Mapping):
        inner = body.get("error", body)
        body = inner.get("message", inner) if isinstance(inner, Mapping) else inner
    return str(body or error.message or "no message")


def retry_after(headers: Mapping[str, str]) -> float | None:
    """The seconds of a `Retry-After` header (a number or a date), at least 0; None without one.

    A date is compared with the server's clock (`Date`) if it is sent, since ours may be wrong.
    """
    value = headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]{1,9}(\.[0-9]+)?", value):
        return float(value)
    until, now = _moment(value), _moment(headers.get("date", ""))
    if until is None:
        return None
    return max(0.0, until - (time.time() if now is None else now))


def _moment(date: str) -> float | None:
    try:
        return email.utils.parsedate_to_datetime(date).timestamp()
    except (TypeError, ValueError, OverflowError):
        return None
