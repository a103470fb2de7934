"""Keys and values of a decode batch that rows join and leave, and of prompts read before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch.nn.functional import pad
from transformers import DynamicCache, PreTrainedModel
from transformers.cache_utils import DynamicLayer

Layers = list[tuple[torch.Tensor, torch.Tensor]]
"""Keys and values of each layer: (rows, heads, positions, width)."""


def batchable(model: PreTrainedModel) -> bool:
    """Is every layer plain full attention, whose positions can be padded, cut and joined?"""
    layers = DynamicCache(config=model.config).layers
    return bool(layers) and all(type(layer) is DynamicLayer for layer in layers)


def to_cache(layers: Layers) -> DynamicCache:
    """A transformers cache over those tensors (an empty one for no layers)."""
    return DynamicCache(layers) if layers else DynamicCache()


def from_cache(cache: DynamicCache) -> Layers:
    """The tensors of a transformers cache."""
    out: Layers = []
    for layer in cache.layers:
        assert isinstance(layer, DynamicLayer)
        assert layer.keys is not None and layer.values is not None
        out.append((layer.keys, layer.values))
    return out


def widen(layers: Layers, by: int) -> Layers:
    """`by` empty positions on the left; they stay masked."""
    if by == 0:
        return layers
    return [(pad(k, (0, 0, by, 0)), pad(v, (0, 0, by, 0))) for k, v in layers]


class BatchCache:
    """The cache of the rows that decode together, left-padded, with a mask of what is real."""

    def __init__(self, device: torch.device) -> None:
        self.layers: Layers = []
        self.mask = torch.zeros((0, 0), dtype=torch.long, device=device)

    def join(self, layers: Layers, length: int) -> None:
        """Add one row whose cache is `layers` (1, heads, length, width), at the end."""
        fresh = torch.ones((1, length), dtype=torch.long, device=self.mask.device)
        if not self.layers:
            self.layers, self.mask = layers, fresh
            return
        width = max(self.mask.shape[1], length)
        old = widen(self.layers, width - self.mask.shape[1])
        new = widen(layers, width - length)
        self.layers = [
            (torch.cat([ok, nk]), torch.cat([ov, nv]))
            for (ok, ov), (nk, nv) in zip(old, new, strict=True)
        ]
        self.mask = torch.cat(
            [pad(self.mask, (width - self.mask.shape[1], 0)), pad(fresh, (width - length, 0))]
        )

    def keep(self, rows: Sequence[int]) -> None:
        """Drop all rows but these, and the positions on the left that none of them uses."""
        if not rows:
            self.layers, self.mask = [], self.mask[:0, :0]
            return
        index = torch.tensor(list(rows), device=self.mask.device)
        mask = self.mask[index]
        start = int(mask.any(0).long().argmax())
        self.mask = mask[:, start:].contiguous()
        self.layers = [(k[index][:, :, start:], v[index][:, :, start:]) for k, v in self.layers]

    def row(self, index: int) -> Layers:
        """One row's cache without its padding: (1, heads, its length, width)."""
        real = self.mask[index].nonzero().squeeze(1)
        return [
            (k[index : index + 1, :, real], v[index : index + 1, :, real]) for k, v in self.layers
        ]


@dataclass(eq=False)
class _Kept:
    ids: list[int]
    layers: Layers
    size: int


class PrefixStore:
    """What has been read of late, so that a prompt's common beginning is read once.

    Bounded in bytes; the least recently used goes first.
    """

    def __init__(self, budget: int) -> None:
        self.budget = budget
        self._kept: list[_Kept] = []

    def put(self, ids: Sequence[int], layers: Layers) -> None:
        """Remember the cache of `ids`; one that it continues is replaced."""
        size = sum(k.numel() * k.element_size() + v.numel() * v.element_size() for k, v in layers)
        if size > self.budget:
            return
        ids = list(ids)
        self._kept = [kept for kept in self._kept if kept.ids != ids[: len(kept.ids)]]
        self._kept.append(_Kept(ids, layers, size))
        while sum(kept.size for kept in self._kept) > self.budget:
            self._kept.pop(0)

    def longest(self, ids: Sequence[int], least: int = 8) -> tuple[int, Layers]:
        """(how many of `ids` are known, their cache), one token at least left to be read."""
        best, found = 0, None
        for kept in self._kept:
            n = common_prefix(kept.ids, ids)
            if n > best:
                best, found = n, kept
        best = min(best, len(ids) - 1)
        if found is None or best < least:
            return 0, []
        self._kept.remove(found)
        self._kept.append(found)
        return best, [(k[:, :, :best], v[:, :, :best]) for k, v in found.layers]

    def clear(self) -> None:
        """Forget everything."""
        self._kept = []


def common_prefix(a: Sequence[int], b: Sequence[int]) -> int:
    """How many tokens two sequences begin with alike."""
    n = 0
    for x, y in zip(a, b, strict=False):
        if x != y:
            break
        n += 1
    return n
