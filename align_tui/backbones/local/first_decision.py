"""Let the first decision of a sweep finish early: reading other prompts waits, within a budget."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence

from align_tui.backbones.local.prefix_cache import common_prefix
from align_tui.backbones.local.reader import Reader

SHARE = 0.16
"""The share of the time for reading the waiting prompts (half of a sweep or more) that steps which
read nothing may spend."""
STEP_TOKENS = 16
"""A step that reads nothing takes about as long as reading so many tokens; used until timed."""
GRACE_S = 0.1
"""Seconds to wait, after a reply has ended at its choice, for the request that scores it."""
MANY = 64
"""A step has to read so many tokens to time one token."""


class FirstDecision:
    """Lets the first reply after an idle batch reach its decision.

    In a sweep all prompts arrive at once, and a step that reads prompts takes as long as ten that
    only write: reading all prompts would delay the first reply. Steps that read nothing cost time
    too (they load the model's weights for a few tokens), so they have a budget.
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
        """Start again after an idle batch: the next reply to write leads."""
        self.is_awaited, self._leader, self._is_over, self._left_at = False, None, False, None

    def update(self, seats: Sequence[Reader], waiting: Iterable[Reader]) -> None:
        """Before a step, update `is_awaited`: is the first decision still being written?"""
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
                self._is_over = True  # yielding would cost time, and the budget would not suffice
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
        """Does the reader wait for the first decision? Not if a user is looking at it."""
        return self.is_awaited and reader.priority <= 0 and not self.is_of_it(reader)

    def is_of_it(self, reader: Reader) -> bool:
        """Does the reader belong to the leading decision?"""
        return _decision(reader) == self._leader

    def record(self, seconds: float, tokens: int) -> None:
        """Record a step: its seconds, and how many tokens it read or drew."""
        if tokens >= MANY:
            each = seconds / tokens
            self._token_s = min(self._token_s or each, each)  # a first step includes set-up
            return
        if tokens == 1:
            self._step_s = min(self._step_s or seconds, seconds)
        if self.is_awaited:
            self._budget_s -= seconds
            if tokens == 0 and self._left_at is None:
                # The first decision is stuck, so the budget would never be spent. The reader that
                # blocks it (a suspect that is read alone, or one without room) must not yield.
                self._is_over, self.is_awaited = True, False


def unread(readers: Sequence[Reader]) -> int:
    """How many tokens of the readers are still unread, counting shared beginnings once.

    Sorted by tokens, a reader shares most with the one before it, so comparing neighbours is
    enough, even for thousands.
    """
    total = 0
    before: list[int] = []
    for reader in sorted(readers, key=lambda reader: reader.ids):
        shared = common_prefix(before, reader.ids)
        total += max(0, len(reader.ids) - max(reader.read, shared))
        before = reader.ids
    return total


def _decision(reader: Reader) -> object:
    """The key of a reader's decision: its group, or the reader itself."""
    return reader.group or reader
