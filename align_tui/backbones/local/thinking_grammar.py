"""Thinking while it is written: free text up to the model's own mark, or up to its cap."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import torch

from align_tui.backbones.local.literal_text import PlainText
from align_tui.backbones.local.thinking import Marks
from align_tui.core.replies import without_marks


@dataclass(frozen=True, slots=True)
class ThinkingTokens:
    """A model's marks as tokens. `ends`: each of these ends its thinking; `closes` is one of them
    where the mark is a single token. `bridge` leads from thinking to the reply, `after_mark` is
    what of it comes behind the mark. `allowed` (vocabulary,): what may be written in thinking.
    """

    marks: Marks
    ends: frozenset[int]
    closes: int | None
    bridge: tuple[int, ...]
    after_mark: tuple[int, ...]
    allowed: torch.Tensor


def thinking_tokens(
    plain: PlainText, marks: Marks, ends: Iterable[int], vocabulary: int
) -> ThinkingTokens:
    """The marks as one tokenizer's tokens; `ends` are those that end a turn of the model."""
    mark = plain.encode(marks.closes)
    closes = mark[0] if len(mark) == 1 else None
    allowed = torch.ones(vocabulary, dtype=torch.bool)
    allowed[len(plain.tokenizer) :] = False  # rows that stand for no token
    allowed[[token for token in plain.control if token < vocabulary]] = False
    stops = frozenset(ends) | ({closes} if closes is not None else frozenset())
    allowed[[token for token in stops if token < vocabulary]] = True
    return ThinkingTokens(
        marks,
        stops,
        closes,
        tuple(plain.encode(marks.bridge)),
        tuple(plain.encode(marks.bridge.removeprefix(marks.closes))),
        allowed,
    )


@dataclass(eq=False)
class Thought:
    """What one reply's model has thought so far. `cap` bounds it, in tokens."""

    tokens: ThinkingTokens
    cap: int
    decode: Callable[[list[int]], bytes]
    count: int = 0
    was_cut: bool = False
    is_over: bool = False
    _held: str = ""
    _utf8: codecs.IncrementalDecoder = field(
        default_factory=lambda: codecs.getincrementaldecoder("utf-8")("replace")
    )

    @property
    def room(self) -> int:
        """How many more tokens may be thought."""
        return 0 if self.is_over else max(0, self.cap - self.count)

    def take(self, token: int) -> tuple[str, list[int]]:
        """A drawn token: (new text of the thinking, tokens that join the sequence).

        When the token ends the thinking, what leads to the reply joins too.
        """
        self.count += 1
        if token in self.tokens.ends:
            self.is_over = True
            if token == self.tokens.closes:
                return self._rest(), [token, *self.tokens.after_mark]
            return self._rest(), list(
                self.tokens.bridge
            )  # the model's turn ended: the mark did not
        text = self._told(self._utf8.decode(self.decode([token])))
        if self.is_over:
            return text, [token, *self.tokens.after_mark]
        if self.count >= self.cap:
            self.is_over = self.was_cut = True
            return text + self._rest(), [token, *self.tokens.bridge]
        return text, [token]

    def _told(self, text: str) -> str:
        """What can be told of new text: not the mark, nor what may become one."""
        mark = self.tokens.marks.closes
        self._held += text
        at = self._held.find(mark)
        if at >= 0:
            self.is_over = True
            told, self._held = self._held[:at], ""
            return without_marks(told)
        keep = next((n for n in range(len(mark) - 1, 0, -1) if self._held.endswith(mark[:n])), 0)
        told = self._held[: len(self._held) - keep]
        self._held = self._held[len(self._held) - keep :]
        return without_marks(told)

    def _rest(self) -> str:
        text, self._held = self._held + self._utf8.decode(b"", True), ""
        return without_marks(text)
