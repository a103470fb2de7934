"""Split the text of a running sample into thinking and reasoning."""

from __future__ import annotations

from dataclasses import dataclass

from align_tui.core.replies import CHOICE, reasoning_so_far, split_thinking
from align_tui.core.strict_json import read_json
from align_tui.core.text.display import plain
from align_tui.core.words_so_far import words_so_far


@dataclass(frozen=True, slots=True)
class Written:
    """The shown reply of a sample so far, safe to show; `streams` counts the replies that began."""

    text: str = ""
    thinking: str = ""
    streams: int = 0


NOTHING = Written()


def written(raw: str, streams: int) -> Written:
    """Split the raw text of an unfinished reply."""
    thinking = plain(split_thinking(raw)[0]).strip()
    return Written(plain(reasoning_so_far(raw) or words_so_far(raw)), thinking, streams)


def is_whole_step(raw: str) -> bool:
    """Is the raw text a whole reply that takes no choice, or free text?"""
    reply = split_thinking(raw)[1].strip()
    if not reply.startswith("{"):
        return bool(reply)
    try:
        body = read_json(reply)
    except (ValueError, RecursionError):
        return False
    return isinstance(body, dict) and CHOICE not in body
