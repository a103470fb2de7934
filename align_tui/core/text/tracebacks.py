"""Tracebacks of unexpected errors as text to store, and logs without tracebacks."""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterable

from align_tui.core.text.plurals import counted
from align_tui.core.text.redaction import Secret
from align_tui.core.text.repair import storable

LONGEST = 20_000
"""The most characters of a stored traceback."""
_ROUGHLY = 4 * LONGEST
"""The most characters that are searched for secrets: a message may be of any length."""
_BEGINS = re.compile(
    r"(\s*\+ Exception Group )?Traceback \(most recent call last\):"
    r"|(Current thread|Thread) 0x\w+.*\(most recent call first\):"
)
_JOINS = (
    "The above exception was the direct cause of the following exception:",
    "During handling of the above exception, another exception occurred:",
)


def traceback_of(error: BaseException, secrets: Iterable[Secret] = ()) -> str:
    """The traceback of `error` and of its causes, as Python prints it.

    It is repaired, has no secret, and has at most LONGEST characters: the middle of a longer one
    is left out. An exception of a user's code may raise any error while it is printed.
    """
    try:
        lines = traceback.format_exception(error)
    except BaseException:
        try:
            lines = [*traceback.format_tb(error.__traceback__), type(error).__name__]
        except BaseException:
            lines = [f"{type(error).__name__}, whose traceback cannot be printed"]
    return kept_text("".join(lines), secrets)


def kept_text(text: str, secrets: Iterable[Secret] = ()) -> str:
    """A traceback's text ready to store: see `traceback_of`."""
    return shortened(without_secrets(shortened(text, _ROUGHLY), secrets))


def without_secrets(text: str, secrets: Iterable[Secret]) -> str:
    """The text, repaired, without any secret."""
    text = storable(text)
    for secret in secrets:
        text = secret.redacted(text)
    return text.strip("\n")


def shortened(text: str, most: int = LONGEST) -> str:
    """The beginning and the end, at most `most` characters, with a note of how many are gone."""
    if len(text) <= most:
        return text
    half = (most - 60) // 2
    gone = len(text) - 2 * half
    left_out = counted(gone, "character")
    return f"{text[:half]}\n[... {left_out} left out ...]\n{text[-half:]}"


def without_tracebacks(text: str) -> str:
    """A log without tracebacks and empty lines; their last lines (`ValueError: no`) stay."""
    kept: list[str] = []
    inside = False
    for line in text.splitlines():
        if _BEGINS.match(line):
            inside = True
        elif not line.strip() or line.startswith((LOGGED, *_JOINS)) or (inside and line[0] == " "):
            continue
        else:
            inside = False
            kept.append(line)
    return "\n".join(kept)


LOGGED = "  | "
"""The prefix of each line of a traceback in a worker's log."""


def logged(text: str) -> str:
    """A traceback as lines of a log."""
    return "\n".join(LOGGED + line for line in text.splitlines())
