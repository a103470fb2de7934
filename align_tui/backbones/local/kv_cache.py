"""The keys and values of all replies in the batch: one slot for each reply, written in place.

A slot holds a reply's positions from 0 on. When replies come and go, no other slot is padded, cut
or joined, and the shapes of a step do not depend on a reply's length.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

Layers = list[tuple[torch.Tensor, torch.Tensor]]
"""Keys and values of each layer for one sequence: (heads, positions, width)."""

STEP = 128  # positions are added in steps of so many, so that few sizes occur


def round_up(value: int, step: int) -> int:
    """The smallest multiple of `step` that is at least `value`."""
    return -(-value // step) * step


@dataclass(eq=False)
class Buffers:
    """One layer's keys and values: (slots, heads, positions, width)."""

    keys: torch.Tensor
    values: torch.Tensor

    def resized(self, slots: int, positions: int) -> Buffers:
        """Larger buffers with the same content."""
        return Buffers(*(_grown(old, slots, positions) for old in (self.keys, self.values)))


def _grown(old: torch.Tensor, slots: int, positions: int) -> torch.Tensor:
    # Zeros, since a masked position is still multiplied by zero, and zero times NaN is NaN.
    new = old.new_zeros((slots, old.shape[1], positions, old.shape[3]))
    new[: old.shape[0], :, : old.shape[2]] = old
    return new


class KvCache:
    """Slots of equal size for every layer, on the device that the layer runs on."""

    def __init__(self) -> None:
        self.slots = 0
        self.positions = 0
        self.generation = 0
        self._layers: list[Buffers] = []

    def reserve(self, slots: int, positions: int) -> None:
        """Make room for so many slots of so many positions; keeps their content."""
        if slots <= self.slots and positions <= self.positions:
            return
        if slots > self.slots:
            self.slots = max(slots, min(2 * self.slots, slots + 32))
        self.positions = max(self.positions, round_up(positions, STEP))
        self.generation += 1
        for i, layer in enumerate(self._layers):
            self._layers[i] = layer.resized(self.slots, self.positions)

    def layer(self, index: int, keys: torch.Tensor, values: torch.Tensor) -> Buffers:
        """The buffers of a layer, created like `keys` and `values` (.., heads, .., width)."""
        while len(self._layers) <= index:
            shape = (self.slots, keys.shape[1], self.positions)
            self._layers.append(
                Buffers(
                    keys.new_zeros((*shape, keys.shape[-1])),
                    values.new_zeros((*shape, values.shape[-1])),
                )
            )
        return self._layers[index]

    def load(self, slot: int, layers: Layers, length: int) -> None:
        """Put the first `length` positions of a kept sequence into a slot; zero the rest."""
        for index, (keys, values) in enumerate(layers):
            buffers = self.layer(index, keys[None], values[None])
            buffers.keys[slot, :, :length] = keys[:, :length]
            buffers.values[slot, :, :length] = values[:, :length]
        for buffers in self._layers:
            buffers.keys[slot, :, length:] = 0
            buffers.values[slot, :, length:] = 0

    def copy_out(self, slot: int, length: int) -> Layers:
        """A copy of a slot's first `length` positions."""
        return [
            (layer.keys[slot, :, :length].clone(), layer.values[slot, :, :length].clone())
            for layer in self._layers
        ]

    def move(self, source: int, target: int, length: int) -> None:
        """Copy one slot's first `length` positions over another's."""
        for layer in self._layers:
            layer.keys[target, :, :length] = layer.keys[source, :, :length]
            layer.values[target, :, :length] = layer.values[source, :, :length]

    def wipe(self, slot: int) -> None:
        """Zero a slot, so that values that are not finite do not reach its next reader."""
        for layer in self._layers:
            layer.keys[slot] = 0
            layer.values[slot] = 0

    def clear(self) -> None:
        """Free the memory."""
        self.slots = self.positions = 0
        self.generation += 1
        self._layers = []
