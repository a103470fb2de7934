"""Pass on the text of a reply as it arrives: thinking first, then the reply, both trimmed."""

from __future__ import annotations

from dataclasses import dataclass, field

from align_tui.backbones.base import OnText
from align_tui.core.replies import RESTART, THINKING, THOUGHT


@dataclass(eq=False)
class ReplyStream:
    """The text sent so far of one reply; each attempt starts again. Times are the event loop's."""

    on_text: OnText
    asked: float
    began_s: float | None = None  # when a server first got it, in seconds since `asked`
    first: float | None = None
    timeline: list[tuple[float, int]] = field(default_factory=list)
    _sent: list[str] = field(default_factory=list)
    _chars: int = 0
    _blanks: str = ""
    _part: str = ""

    def ask(self, now: float) -> None:
        """Begin an attempt: a server gets the request at `now`."""
        if self.began_s is None:
            self.began_s = now - self.asked
            self.on_text(self.began_s, "")
        self.begin()

    def begin(self) -> None:
        """Start again, and discard the text sent before."""
        if self._sent:
            self.on_text(0.0, RESTART)
        self.first, self._chars, self._blanks, self._part = None, 0, "", ""
        self._sent.clear()
        self.timeline.clear()

    def add(self, now: float, piece: str, *, thinking: bool = False) -> None:
        """Add a piece of text that arrived at `now`.

        Blanks wait for the text that follows them, so that neither part begins or ends with one.
        Thinking after the reply waits for `settle`, which puts it first.
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
                self._send(now, part)
        self._send(now, self._blanks + bare)
        self._part, self._blanks = part, piece[len(piece.rstrip()) :]

    def settle(self, now: float, whole: str) -> None:
        """End with the whole text; sends it again from the start if earlier text differs."""
        sent = "".join(self._sent)
        if whole.startswith(sent):
            if len(whole) > len(sent):
                self._send(now, whole[len(sent) :])
        else:
            first = self.first
            self.begin()
            self._send(now, whole)
            self.first = first

    def _send(self, now: float, text: str) -> None:
        since = now - self.asked
        if self.first is None:
            self.first = since
        self._sent.append(text)
        self._chars += len(text)
        self.timeline.append((since, self._chars))
        self.on_text(since, text)
