"""The first decision of a sweep: reading ahead yields to it, at a bounded price."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence

from align_tui.backbones.local.prefix_cache import common_prefix
from align_tui.backbones.local.reader import Reader

SHARE = 0.16
"""Of the time that reading the waiting prompts takes (half of a sweep and more), so much may be
spent on steps that read nothing."""
STEP_TOKENS = 16
"""A step that reads nothing takes about as long as reading so many tokens, until one was timed."""
GRACE_S = 0.1
"""Between a reply that ends at its choice and the coming of what scores the choice."""
MANY = 64
"""A step that reads so many tokens tells how long a token takes."""


class FirstDecision:
    """Lets whoever writes first after the batch was idle come to its decision.

    In a sweep all prompts are there at once, and a step that reads takes as long as ten that write:
    reading them all would hold back what is being written. Steps that read nothing are not free
    either (they read the model's weights for a few tokens), so there is a budget of them.
    """

    def __init__(self) -> None:
        self.is_awaited = False
        self._leader: object = None
        self._is_over = False
        self._left_at: float | None = None
        self._budget_s = 0.0
        self._token_s = 0.0
        self._step_s = 0.0

    def reset(self) -> None:
        """The batch was idle: the next to write leads."""
        self.is_awaited, self._leader, self._is_over, self._left_at = False, None, False, None

    def look(self, seats: Sequence[Reader], waiting: Iterable[Reader]) -> None:
        """See, before a step, whether the first decision is being written (`is_awaited`)."""
        if self._is_over:
            return
        if self._leader is None:
            begun = next((s for s in seats if s.growth and not s.is_fresh), None)
            if begun is None:
                return
            self._leader = _decision(begun)
            self._budget_s = SHARE * self._token_s * unread([*seats, *waiting])
            step_s = self._step_s or STEP_TOKENS * self._token_s
            if begun.expected * step_s > self._budget_s:
                self._is_over = (
                    True  # it would not get there: yielding would cost, and bring nothing
                )
                return
        now = time.monotonic()
        if any(self.is_of_it(reader) for reader in (*seats, *waiting)):
            self._left_at = None
        elif self._left_at is None:
            self._left_at = now
        left = self._left_at is not None and now - self._left_at > GRACE_S
        self._is_over = left or self._budget_s <= 0
        self.is_awaited = not self._is_over

    def yields(self, reader: Reader) -> bool:
        """Does the reader wait until the first decision is done? Not what someone looks at."""
        return self.is_awaited and reader.priority <= 0 and not self.is_of_it(reader)

    def is_of_it(self, reader: Reader) -> bool:
        """Is a reader of the decision that leads?"""
        return _decision(reader) == self._leader

    def spent(self, seconds: float, tokens: int) -> None:
        """A step took so long, and read or drew so many tokens."""
        if tokens >= MANY:
            each = seconds / tokens
            self._token_s = min(self._token_s or each, each)  # a first step also sets things up
            return
        if tokens == 1:
            self._step_s = min(self._step_s or seconds, seconds)
        if self.is_awaited:
            self._budget_s -= seconds
            if tokens == 0 and self._left_at is None:
                # It is here and cannot go on, so nothing would ever be spent: whoever holds it up
                # (one that is read alone, or has no room) must not yield to it.
                self._is_over, self.is_awaited = True, False


def unread(readers: Sequence[Reader]) -> int:
    """How many tokens of all these are still to be read, each shared beginning once.

    In the order of their tokens each shares most with the one before it: a sweep of thousands is
    not compared each with each.
    """
    total = 0
    before: list[int] = []
    for reader in sorted(readers, key=lambda reader: reader.ids):
        shared = common_prefix(before, reader.ids)
        total += max(0, len(reader.ids) - max(reader.read, shared))
        before = reader.ids
    return total


def _decision(reader: Reader) -> object:
    """What tells a decision: its group, or the one reader that it consists of."""
    return reader.group or reader
