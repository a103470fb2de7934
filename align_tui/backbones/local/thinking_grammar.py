"""Bound a model's thinking: free text up to the model's closing mark, or up to a cap."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import torch

from align_tui.backbones.local.literal_text import LiteralEncoder
from align_tui.backbones.local.thinking import Marks
from align_tui.core.replies import without_marks


@dataclass(frozen=True, slots=True)
class ThinkingTokens:
    """A model's marks as tokens.

    Each token of `ends` ends the thinking; `closes` is the closing mark when that is one token.
    `bridge` leads from the thinking to the reply, and `after_mark` is its part after the mark.
    `allowed` (vocabulary,): booleans of the tokens that thinking may contain.
    """

    marks: Marks
    ends: frozenset[int]
    closes: int | None
    bridge: tuple[int, ...]
    after_mark: tuple[int, ...]
    allowed: torch.Tensor


def thinking_tokens(
    encoder: LiteralEncoder, marks: Marks, ends: Iterable[int], vocabulary: int
) -> ThinkingTokens:
    """The marks as tokens of one tokenizer; `ends` are the tokens that end a model's turn."""
    mark = encoder.encode(marks.closes)
    closes = mark[0] if len(mark) == 1 else None
    allowed = torch.ones(vocabulary, dtype=torch.bool)
    allowed[len(encoder.tokenizer) :] = False  # rows without a token
    allowed[[token for token in encoder.control if token < vocabulary]] = False
    stops = frozenset(ends) | ({closes} if closes is not None else frozenset())
    allowed[[token for token in stops if token < vocabulary]] = True
    return ThinkingTokens(
        marks,
        stops,
        closes,
        tuple(encoder.encode(marks.bridge)),
        tuple(encoder.encode(marks.bridge.removeprefix(marks.closes))),
        allowed,
    )


@dataclass(eq=False)
class ThinkingPhase:
    """The thinking of one reply so far, at most `cap` tokens."""

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
        """How many more tokens the thinking may have."""
        return 0 if self.is_over else max(0, self.cap - self.count)

    def take(self, token: int) -> tuple[str, list[int]]:
        """Add a drawn token; returns (new text of the thinking, tokens to append).

        When the token ends the thinking, the tokens that lead to the reply are appended too.
        """
        self.count += 1
        if token in self.tokens.ends:
            self.is_over = True
            if token == self.tokens.closes:
                return self._rest(), [token, *self.tokens.after_mark]
            # The model ended its turn without the mark.
            return self._rest(), list(self.tokens.bridge)
        text = self._settled(self._utf8.decode(self.decode([token])))
        if self.is_over:
            return text, [token, *self.tokens.after_mark]
        if self.count >= self.cap:
            self.is_over = self.was_cut = True
            return text + self._rest(), [token, *self.tokens.bridge]
        return text, [token]

    def _settled(self, text: str) -> str:
        """The new text that is certain: without the mark, or a beginning of it."""
        mark = self.tokens.marks.closes
        self._held += text
        at = self._held.find(mark)
        if at >= 0:
            self.is_over = True
            settled, self._held = self._held[:at], ""
            return without_marks(settled)
        keep = next((n for n in range(len(mark) - 1, 0, -1) if self._held.endswith(mark[:n])), 0)
        settled = self._held[: len(self._held) - keep]
        self._held = self._held[len(self._held) - keep :]
        return without_marks(settled)

    def _rest(self) -> str:
        text, self._held = self._held + self._utf8.decode(b"", True), ""
        return without_marks(text)
