"""Which texts go through the model together, and how many fit into the device's memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from transformers import PreTrainedModel

from align_tui.backbones.local.load import free_memory

SHARE = 0.25
"""The part of the device's free memory that a batch may take."""
ROWS = {"cuda": 256, "mps": 32, "cpu": 16}
"""The most texts of a batch: a request that is cancelled waits for one batch at most."""


@dataclass
class Room:
    """Bounds of a batch: `rows` texts, and `tokens` in all, padding included.

    One text always has room. `notes` record why the bounds were lowered.
    """

    rows: int
    tokens: int
    notes: list[str] = field(default_factory=list)

    def halve(self, rows: int, tokens: int) -> None:
        """Lower the bounds after a batch of this size ran out of memory."""
        self.rows = max(1, min(self.rows, rows) // 2)
        self.tokens = max(1, min(self.tokens, tokens) // 2)
        self.notes.append(
            f"out of memory with {rows} texts of {tokens} tokens in all: at most {self.rows} texts "
            f"and {self.tokens} tokens from now on"
        )


def room_of(model: PreTrainedModel, device: torch.device) -> Room:
    """The bounds that a loaded model has on its device.

    A token of a text takes a few rows of the model's width at once, and its share of the
    attention's scores; keys and values of all decoder layers stay while a text is written.
    """
    config: Any = model.config
    width = int(getattr(config, "d_model", 0) or getattr(config, "hidden_size", 0) or 1024)
    inner = int(getattr(config, "d_ff", 0) or getattr(config, "encoder_ffn_dim", 0) or 4 * width)
    heads = int(getattr(config, "num_heads", 0) or 16)
    layers = int(getattr(config, "num_decoder_layers", 0) or 12)
    size = torch.empty((), dtype=model.dtype).element_size()
    each = size * (8 * width + 3 * inner + 2 * layers * width) + 4 * heads * 512
    tokens = int(free_memory(device) * SHARE) // max(1, each)
    return Room(ROWS.get(device.type, 16), max(1, tokens))


def batch_sizes(lengths: Sequence[int], room: Room) -> list[int]:
    """How many texts, in their order, each batch takes; none is empty."""
    sizes: list[int] = []
    rest = list(lengths)
    while rest:
        size = first_batch(rest, room)
        sizes.append(size)
        rest = rest[size:]
    return sizes


def first_batch(lengths: Sequence[int], room: Room) -> int:
    """How many of the texts, from the first one on, go through the model together (1 or more)."""
    longest = size = 0
    for length in lengths[: room.rows]:
        longest = max(longest, length)
        if size and longest * (size + 1) > room.tokens:
            break
        size += 1
    return size
