"""The text of a reply told as it comes: thinking in front, the reply behind it, both trimmed."""

from __future__ import annotations

from dataclasses import dataclass, field

from align_tui.backbones.base import OnText
from align_tui.core.replies import RESTART, THINKING, THOUGHT


@dataclass(eq=False)
class ReplyStream:
    """What was told of a reply; begun anew with every attempt. Times are the loop's."""

    on_text: OnText
    asked: float
    first: float | None = None
    timeline: list[tuple[float, int]] = field(default_factory=list)
    _told: list[str] = field(default_factory=list)
    _chars: int = 0
    _blanks: str = ""
    _part: str = ""

    def begin(self) -> None:
        """What was told before is void."""
        if self._told:
            self.on_text(0.0, RESTART)
        self.first, self._chars, self._blanks, self._part = None, 0, "", ""
        self._told.clear()
        self.timeline.clear()

    def tell(self, now: float, piece: str, *, thinking: bool = False) -> None:
        """A piece of text that came at that time.

        Blanks wait for what follows them, so that none is told before or behind either part.
        Thinking behind the reply waits for `settle`: it stands in front of it.
        """
        if thinking and self._part == THOUGHT:
            return
        part = THINKING if thinking else THOUGHT
        bare = piece.rstrip()
        if not bare:
            self._blanks += piece if part == self._part else ""
            return
        if part != self._part:
            bare, self._blanks = bare.lstrip(), ""
            if thinking or self._part:
                self._say(now, part)
        self._say(now, self._blanks + bare)
        self._part, self._blanks = part, piece[len(piece.rstrip()) :]

    def settle(self, now: float, whole: str) -> None:
        """The whole text, thinking in front: what was told otherwise is told anew."""
        told = "".join(self._told)
        if whole.startswith(told):
            if len(whole) > len(told):
                self._say(now, whole[len(told) :])
        else:
            first = self.first
            self.begin()
            self._say(now, whole)
            self.first = first

    def _say(self, now: float, text: str) -> None:
        since = now - self.asked
        if self.first is None:
            self.first = since
        self._told.append(text)
        self._chars += len(text)
        self.timeline.append((since, self._chars))
        self.on_text(since, text)
