"""What has been read of late, so that a prompt's common beginning is read once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from align_tui.backbones.local.kv_cache import Layers

LEAST = 8  # tokens: a shorter beginning is read again sooner than it is copied


@dataclass(frozen=True, eq=False)
class Known:
    """The beginning of a sequence that is known: its `length`, its cache, and, when it is the
    whole of what was read, the logits (vocabulary,) after it."""

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
    """The system prompt of a profile over its scenarios, a prompt over its samples, a reply until
    it is scored. Bounded in bytes; the least recently used goes first.
    """

    def __init__(self, budget: int) -> None:
        self.budget = budget
        self._kept: list[_Kept] = []

    def put(self, ids: Sequence[int], layers: Layers, logits: torch.Tensor | None = None) -> None:
        """Remember the cache of `ids`; one that it continues is replaced."""
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
        """The longest known beginning of `ids`, of `limit` tokens at most.

        Without its logits the last token is left to be read again.
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
        """Forget everything."""
        self._kept = []


def common_prefix(a: Sequence[int], b: Sequence[int]) -> int:
    """How many tokens two sequences begin with alike: halving, as comparing slices is quick."""
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
