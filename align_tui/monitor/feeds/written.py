"""Split the text of a running sample into thinking and reasoning."""

from __future__ import annotations

from dataclasses import dataclass

from align_tui.core.replies import reasoning_so_far, split_thinking
from align_tui.core.text.display import plain
from align_tui.core.words_so_far import words_so_far


@dataclass(frozen=True, slots=True)
class Written:
    """The first reply of a sample so far, safe to show; `streams` counts the replies that began."""

    text: str = ""
    thinking: str = ""
    streams: int = 0


NOTHING = Written()


def written(raw: str, streams: int) -> Written:
    """Split the raw text of an unfinished reply."""
    thinking = plain(split_thinking(raw)[0]).strip()
    return Written(plain(reasoning_so_far(raw) or words_so_far(raw)), thinking, streams)
