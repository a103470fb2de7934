"""A reply while the model writes it: its tokens, its growing text, and how it ends."""

from __future__ import annotations

import codecs
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from llguidance import LLMatcher

from align_tui.backbones.base import OnText, Request
from align_tui.backbones.local.bounds import Bounds
from align_tui.backbones.local.grammar import Grammars
from align_tui.backbones.local.reader import Reader
from align_tui.backbones.local.thinking_grammar import ThinkingPhase
from align_tui.core.decisions import Finish, Generation
from align_tui.core.errors import AlignError
from align_tui.core.replies import (
    CHOICE_BEGINS,
    LONGEST_MARK,
    THINKING,
    THOUGHT,
    reasoning_cap,
)
from align_tui.core.text.plurals import counted

CHARACTERS = 5  # in a token of prose; the JSON around the reasoning is forced, and costs no steps


@dataclass(eq=False, kw_only=True)
class Reply(Reader):
    """A reply in progress. The event loop makes it, and the model's thread writes it.

    A reply that HfGenerator writes has no matcher. `reply_start` is where its text begins in `ids`,
    after its thinking.
    """

    request: Request
    prompt: str
    prompt_tokens: int
    matcher: LLMatcher | None
    grammars: Grammars | None
    bounds: Bounds
    on_text: OnText
    on_done: Callable[[Generation | BaseException], None]
    asked: float
    began_s: float | None = None  # when the model first began to read it, in seconds since `asked`
    thought: ThinkingPhase | None = None
    notes: tuple[str, ...] = ()
    reply_start: int = 0
    finish: Finish | None = None
    failure: AlignError | None = None
    tokens: int = 0
    first_token_s: float | None = None
    timeline: list[tuple[float, int]] = field(default_factory=list)
    # The random stream of this reply depends on its seed alone, never on the batch.
    _stream: torch.Generator | None = None
    _noise: torch.Tensor | None = None
    _opening: list[int] = field(default_factory=list)
    _parts: list[str] = field(default_factory=list)
    _chars: int = 0
    _checked: int = 0
    _tail: str = ""
    _decoder: codecs.IncrementalDecoder = field(
        default_factory=lambda: codecs.getincrementaldecoder("utf-8")("replace")
    )

    def begin(self) -> None:
        """Note when the model begins to read it, the first time."""
        if self.began_s is None:
            self.began_s = time.monotonic() - self.asked
            self.on_text(self.began_s, "")

    @property
    def growth(self) -> int:
        """How many tokens it may still write."""
        room = self.thought.room if self.thought is not None else 0
        return max(0, self.request.sampling.max_tokens - self.reply_tokens) + room

    @property
    def expected(self) -> int:
        """How many tokens it is likely to draw, from the cap of its reasoning in characters."""
        cap = reasoning_cap(self.request.schema)
        room = self.thought.room if self.thought is not None else 0
        return min(self.growth, room + cap // CHARACTERS) if cap else self.growth

    @property
    def thinking_tokens(self) -> int:
        """How many tokens of thinking it has written."""
        return self.thought.count if self.thought is not None else 0

    @property
    def reply_tokens(self) -> int:
        """How many tokens it has written after its thinking."""
        return self.tokens - self.thinking_tokens

    @property
    def has_ended(self) -> bool:
        """Has the reply ended?"""
        return self.finish is not None

    @property
    def is_thinking(self) -> bool:
        """Does its next token belong to its thinking, which has no grammar?"""
        return self.thought is not None and not self.thought.is_over

    def noise(self, size: int, device: torch.device) -> torch.Tensor | None:
        """Exponential noise (size,) that decides the next token; None for a greedy reply.

        The noise stays the same until `take` is called.
        """
        if self._noise is None and self.request.sampling.temperature > 0:
            if self._stream is None:
                self._stream = torch.Generator(device)
                self._stream.manual_seed(self.request.sampling.seed)
            drawn = torch.empty(size, device=device).exponential_(generator=self._stream)
            self._noise = drawn.clamp_(min=1e-30)  # `draw` divides by it
        return self._noise

    def open_forced(self) -> None:
        """Append the tokens that the grammar forces at the start to the prompt.

        Their text is added with the first drawn token. A reply that ends at its choice may end
        here. A reply that thinks first calls this after its thinking.
        """
        if self.is_thinking:
            return
        assert self.matcher is not None and self.grammars is not None
        self._opening = self.grammars.forced(self.matcher)
        if self._opening:
            self.ids.extend(self._opening)
            opening = self.grammars.tokens.decode_bytes(self._opening).decode("utf-8", "replace")
            if self.request.to_choice and CHOICE_BEGINS.search(opening):
                self._write(self._opening)
        self.check_bounds()

    def check_bounds(self) -> None:
        """End the reply with a failure when the model cannot read its tokens."""
        if self.finish is None and self.failure is None:
            known, self._checked = self._checked, len(self.ids)
            self.failure = self.bounds.problem(self.ids, self.prompt_tokens, known)
            if self.failure is not None:
                self.finish = "cancelled"

    def take(self, token: int) -> None:
        """Add a drawn token and the tokens that it forces; set `finish` when the reply ends.

        The next step reads the drawn and the forced tokens together.
        """
        self._noise = None
        if self.is_thinking:
            self._think(token)
            return
        assert self.matcher is not None and self.grammars is not None
        if self._opening:
            self._write(self._opening)
            self._opening = []
        if token in self.grammars.tokens.eos_tokens:
            self.finish = "stop"
            return
        self.matcher.consume_token(token)
        forced = self.grammars.forced(self.matcher)
        self.ids += [token, *forced]
        self._write([token, *forced])
        if self.finish is not None:
            return
        if self.matcher.is_stopped():
            self.finish = "stop"
        elif self.reply_tokens >= self.request.sampling.max_tokens:
            self.finish = "length"
        self.check_bounds()

    def _think(self, token: int) -> None:
        assert self.thought is not None
        text, joined = self.thought.take(token)
        self.ids += joined
        self.add_thinking(text, self.thought.is_over)
        self.check_bounds()
        if self.thought.is_over:
            self.reply_start = len(self.ids)
            if self.finish is None:
                self.open_forced()

    def add_thinking(self, text: str, is_over: bool) -> None:
        """Add text of the thinking, between the marks that separate it from the reply."""
        if text and not self._parts:
            text = THINKING + text
        if is_over and (self._parts or text):
            text += THOUGHT
        self.add_text(text, self.tokens + 1)

    def _write(self, tokens: list[int]) -> None:
        assert self.grammars is not None
        text = self._decoder.decode(self.grammars.tokens.decode_bytes(tokens))
        self.add_text(self.up_to_choice(text), self.tokens + len(tokens))

    def up_to_choice(self, text: str) -> str:
        """The new text up to the choice; ends a reply that has `to_choice` there.

        The mark has quotes, which are escaped inside a string, so reasoning cannot contain it.
        """
        if not self.request.to_choice:
            return text
        seen = self._tail + text
        if mark := CHOICE_BEGINS.search(seen):
            self.finish = "choice"
            return seen[len(self._tail) : mark.end()]
        self._tail = seen[1 - LONGEST_MARK :]
        return text

    def add_text(self, text: str, tokens: int) -> None:
        """Add new text; `tokens` is how many the reply has now."""
        self.tokens = tokens
        now = time.monotonic() - self.asked
        if self.first_token_s is None:
            self.first_token_s = now
        if text:
            self._parts.append(text)
            self._chars += len(text)
            self.timeline.append((now, self._chars))
            self.on_text(now, text)

    def result(self) -> Generation:
        """The finished generation."""
        total = time.monotonic() - self.asked
        notes = self.notes
        if self.thought is not None and self.thought.was_cut:
            notes += (f"The thinking was cut at {counted(self.thought.cap, 'token')}.",)
        return Generation(
            text="".join(self._parts),
            prompt=self.prompt,
            prompt_tokens=self.prompt_tokens,
            tokens=self.tokens,
            finish=self.finish or "cancelled",
            first_token_s=self.first_token_s if self.first_token_s is not None else total,
            total_s=total,
            timeline=((self.began_s or 0.0, 0), *self.timeline),
            thinking_tokens=self.thinking_tokens,
            notes=notes,
        )
