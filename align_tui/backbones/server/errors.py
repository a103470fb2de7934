"""What went wrong with a server, in our words: the error, and whether to ask again."""

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
    """One failure. `again`: another attempt may succeed, `at_once`: without a wait before it.

    `hold`: the whole server needs a rest, `after`: of so many seconds, where it said so. `what`
    names it in a word: 429.
    """

    error: AlignError
    again: bool = False
    at_once: bool = False
    hold: bool = False
    after: float | None = None
    what: str = ""


class Broken(Exception):
    """A stream that stalled, ended early or held what is no chunk."""


class Slow(Broken):
    """A reply that came, and took longer than a reply may."""


class Redirected(Exception):
    """A server that sends its clients elsewhere: neither prompt nor key goes there."""

    def __init__(self, status: int, where: str) -> None:
        super().__init__(f"answers {status} and leads to {one_line(where, 200)}")


class Unfit(Exception):
    """A whole reply that cannot be used, for the reason that `problem` tells."""

    def __init__(self, problem: ReplyError) -> None:
        super().__init__(problem.message)
        self.problem = problem


def explain(error: Exception, url: str, model: str, secret: Secret = NOTHING) -> ServerFault:
    """The fault behind an exception of the client, of Outlines or of ours.

    Whatever it quotes of the server is without `secret`, blotted out before it is cut.
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
                "Is the server running, and the URL right? See: align-tui doctor",
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
                "Is it overloaded? Longer waits: first_text_s and stall_s in [backbone.server].",
            ),
            again=True,
            what="it did not answer in time",
        )
    if isinstance(error, openai.APIConnectionError):
        said = quoted(cause or error, 200)
        return ServerFault(ServerError(f"{url} broke off: {said}"), again=True, what="it broke off")
    if isinstance(error, Redirected):
        return ServerFault(
            ServerError(
                f"{url} {quoted(error, 300)}",
                "Nothing was sent there. If it is the server that you mean, name it in base_urls.",
            )
        )
    if isinstance(error, Slow):
        hint = "Longer: total_s in [backbone.server]."
        return ServerFault(ServerError(f"{url} {error}", hint))
    if isinstance(error, Broken):
        return ServerFault(ServerError(f"{url} {quoted(error, 300)}"), again=True, what="it failed")
    said = quoted(error, 300)
    if TOO_LONG.search(said):
        return _too_long(url, said)
    if isinstance(error, openai.APIError):  # an error that came inside a stream
        return ServerFault(ServerError(f"{url} says: {said}"), again=True, what="it failed")
    other = ServerError(f"{url}: {type(error).__name__}: {said}")
    other.unforeseen = True
    return ServerFault(other)


def _of_status(
    error: openai.APIStatusError, url: str, model: str, quoted: Callable[[object, int], str]
) -> ServerFault:
    status, said = error.status_code, quoted(_said(error), 300)
    if status in (401, 403):
        return ServerFault(
            KeyRefused(
                f"{url} answers {status}: {said}",
                "Name the variable that holds your key: backbone.server.api_key_env",
            )
        )
    if status in OVERLOADED:
        return ServerFault(
            ServerBusy(
                f"{url} answers {status}: {said}",
                "Fewer requests at once: backbone.server.in_flight; more patience: retries.",
            ),
            again=True,
            hold=True,
            after=retry_after(error.response.headers),
            what=str(status),
        )
    if status == 404:
        return ServerFault(
            ServerError(
                f"{url} answers 404 for the model {model!r}: {said}",
                "Is the model's name as the server spells it, and does the URL end in /v1?",
            )
        )
    if status in (400, 413, 422) and TOO_LONG.search(f"{said} {error.code} {error.type}"):
        return _too_long(url, said)
    again = status >= 500 or status in (408, 409, 425)
    hint = (
        "It came back with every attempt. What does the server's log say?"
        if again
        else "A schema that is too much for it (lower adm.max_reasoning_chars), a turn that its "
        "chat template does not know, or a key of backbone.server.extra?"
    )
    return ServerFault(
        ServerError(f"{url} answers {status}: {said}", hint), again=again, what=str(status)
    )


def _too_long(url: str, said: str) -> ServerFault:
    return ServerFault(
        PromptTooLong(
            f"{url} says: {said}",
            "Serve the model with a longer context, shorten the scenario, or lower max_tokens.",
        )
    )


def _said(error: openai.APIStatusError) -> str:
    body = error.body
    if isinstance(body, Mapping):
        inner = body.get("error", body)
        body = inner.get("message", inner) if isinstance(inner, Mapping) else inner
    return str(body or error.message or "nothing more")


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that `Retry-After` asks for (a number, or a date), never negative; None without.

    A date is compared with the server's own clock (`Date`), where it tells it: ours may be wrong.
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
