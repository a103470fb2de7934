"""Keep keys and values of recent sequences, so that a shared beginning is read only once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from align_tui.backbones.local.kv_cache import Layers

LEAST = 8  # tokens: reading a shorter beginning again is faster than copying it


@dataclass(frozen=True, eq=False)
class Known:
    """The cached beginning of a sequence: its `length` in tokens, and its keys and values.

    `logits` (vocabulary,) follow it when the whole sequence is cached.
    """

    length: int
    layers: Layers
    logits: torch.Tensor | None = None


@dataclass(eq=False)
class _Kept:
    ids: list[int]
    layers: Layers
    logits: torch.Tensor | None
    size: int


class PrefixCache:
    """Sequences by their tokens, within `budget` bytes; drops the least recently used first.

    Scenarios of a profile share its system prompt, samples share their prompt, and a reply stays
    until its choices are scored.
    """

    def __init__(self, budget: int) -> None:
        self.budget = budget
        self._kept: list[_Kept] = []

    def put(self, ids: Sequence[int], layers: Layers, logits: torch.Tensor | None = None) -> None:
        """Keep the keys and values of `ids`, in place of a sequence that it continues."""
        size = sum(k.numel() * k.element_size() + v.numel() * v.element_size() for k, v in layers)
        if size > self.budget:
            return
        ids = list(ids)
        self._kept = [kept for kept in self._kept if kept.ids != ids[: len(kept.ids)]]
        self._kept.append(_Kept(ids, layers, logits, size))
        total = sum(kept.size for kept in self._kept)
        while total > self.budget:
            total -= self._kept.pop(0).size

    def longest(self, ids: Sequence[int], limit: int | None = None) -> Known:
        """The longest cached beginning of `ids`, at most `limit` tokens.

        Without logits it leaves out the last token, which is read again for them.
        """
        ids = list(ids)
        limit = len(ids) if limit is None else limit
        best, found = 0, None
        for kept in self._kept:
            n = common_prefix(kept.ids, ids)
            if n > best or (n == best and kept.logits is not None):
                best, found = n, kept
        if found is None:
            return Known(0, [])
        whole = best == len(ids) == len(found.ids) <= limit and found.logits is not None
        best = min(best, limit, len(ids) if whole else len(ids) - 1)
        if best < LEAST:
            return Known(0, [])
        self._kept.remove(found)
        self._kept.append(found)
        return Known(best, found.layers, found.logits if whole else None)

    def clear(self) -> None:
        """Drop all sequences."""
        self._kept = []


def common_prefix(a: Sequence[int], b: Sequence[int]) -> int:
    """How many tokens two sequences share at their beginning (by bisection, with fast slices)."""
    low, high = 0, min(len(a), len(b))
    if a[:high] == b[:high]:
        return high
    while high - low > 1:
        middle = (low + high) // 2
        if a[low:middle] == b[low:middle]:
            low = middle
        else:
            high = middle
    return low
