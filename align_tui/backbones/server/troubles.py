"""What went wrong with a server, in our words: the error, and whether to ask again."""

from __future__ import annotations

import email.utils
import re
import time
from collections.abc import Mapping
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
from align_tui.core.text import one_line

TOO_LONG = re.compile(
    r"context.{0,20}(length|size|window)|exceed_context|too many tokens|prompt.{0,30}too long"
    r"|maximum.{0,20}tokens",
    re.IGNORECASE,
)
OVERLOADED = (429, 503, 529)


@dataclass(frozen=True, slots=True)
class Trouble:
    """One failure. `again`: another attempt may succeed, `at_once`: without a wait before it.

    `hold`: the whole server needs a rest, `after`: of so many seconds, where it said so.
    """

    error: AlignError
    again: bool = False
    at_once: bool = False
    hold: bool = False
    after: float | None = None


class Broken(Exception):
    """A stream that stalled, ended early or held what is no chunk."""


class Unfit(Exception):
    """A whole reply that cannot be used, for the reason that `problem` tells."""

    def __init__(self, problem: ReplyError) -> None:
        super().__init__(problem.message)
        self.problem = problem


def explain(error: Exception, url: str, model: str) -> Trouble:
    """The trouble behind an exception of the client, of Outlines or of ours."""
    if isinstance(error, Unfit):
        return Trouble(error.problem, again=True, at_once=True)
    if isinstance(error, OutlinesError) and error.original_exception is not None:
        error = error.original_exception
    if isinstance(error, openai.APIStatusError):
        return _of_status(error, url, model)
    cause = error.__cause__
    if isinstance(cause, httpx2.ConnectError | httpx2.ConnectTimeout):
        return Trouble(
            ServerUnreachable(
                f"{url} cannot be reached: {one_line(str(cause), 200) or 'no answer in time'}",
                "Is the server running, and the URL right? See: align-tui doctor",
            ),
            again=True,
            hold=True,
        )
    if isinstance(error, TimeoutError | openai.APITimeoutError):
        message = str(error) if isinstance(error, TimeoutError) and str(error) else "did not answer"
        return Trouble(
            ServerUnreachable(
                f"{url} {message} in time",
                "Is it overloaded? Longer waits: first_text_s and stall_s in [backbone.server].",
            ),
            again=True,
        )
    if isinstance(error, openai.APIConnectionError):
        said = one_line(str(cause or error), 200)
        return Trouble(ServerError(f"{url} broke off: {said}"), again=True)
    if isinstance(error, Broken):
        return Trouble(ServerError(f"{url} {error}"), again=True)
    said = one_line(str(error), 300)
    if TOO_LONG.search(said):
        return _too_long(url, said)
    if isinstance(error, openai.APIError):  # an error that came inside a stream
        return Trouble(ServerError(f"{url} says: {said}"), again=True)
    return Trouble(ServerError(f"{url}: {type(error).__name__}: {said}"))


def _of_status(error: openai.APIStatusError, url: str, model: str) -> Trouble:
    status, said = error.status_code, _said(error)
    if status in (401, 403):
        return Trouble(
            KeyRefused(
                f"{url} answers {status}: {said}",
                "Name the variable that holds your key: backbone.server.api_key_env",
            )
        )
    if status in OVERLOADED:
        return Trouble(
            ServerBusy(
                f"{url} answers {status}: {said}",
                "Fewer requests at once: backbone.server.in_flight; more patience: retries.",
            ),
            again=True,
            hold=True,
            after=retry_after(error.response.headers),
        )
    if status == 404:
        return Trouble(
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
    return Trouble(ServerError(f"{url} answers {status}: {said}", hint), again=again)


def _too_long(url: str, said: str) -> Trouble:
    return Trouble(
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
    return one_line(str(body or error.message or "nothing more"), 300)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that `Retry-After` asks for (a number, or a date), never negative; None without.

    A date is compared with the server's own clock (`Date`), where it tells it: ours may be wrong.
    """
    value = headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d{1,9}(\.\d+)?", value):
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
