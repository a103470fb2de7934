"""What a running sample has written, taken apart: what was thought, what is reasoned."""

from __future__ import annotations

from dataclasses import dataclass

from align_tui.core.replies import reasoning_so_far, split_thinking
from align_tui.core.text.display import plain


@dataclass(frozen=True, slots=True)
class Written:
    """The first reply of a sample as far as it has come, safe to show; `streams` were begun."""

    text: str = ""
    thinking: str = ""
    streams: int = 0


NOTHING = Written()


def written(raw: str, streams: int) -> Written:
    """Take the raw text of an unfinished reply apart."""
    thinking = plain(split_thinking(raw)[0]).strip()
    return Written(plain(reasoning_so_far(raw)), thinking, streams)
