"""Which texts go through the model together, and how many fit into the device's memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from transformers import PreTrainedModel

from align_tui.backbones.local.load import free_memory
from align_tui.core.text.plurals import counted

SHARE = 0.25
"""The part of the device's free memory that a batch may take."""
ROWS = {"cuda": 256, "mps": 32, "cpu": 16}
"""The most texts of a batch: a request that is cancelled waits for one batch at most."""


TOKENS = {"cuda": 1 << 16, "mps": 1 << 14, "cpu": 1 << 11}
"""The most tokens of a batch, padding included; more are no faster, and a batch takes longer."""


@dataclass
class Room:
    """Bounds of a batch: `rows` texts, `tokens` in all (padding included), and `memory` in bytes.

    A token takes `each` bytes, and each pair of tokens of a text `pair` bytes (the attention's
    scores). One text always has room. `notes` record why the bounds were lowered.
    """

    rows: int
    tokens: int
    memory: int = 1 << 62
    each: int = 0
    pair: int = 0
    notes: list[str] = field(default_factory=list)

    def holds(self, rows: int, longest: int) -> bool:
        """Is there room for that many texts, the longest of that many tokens?"""
        tokens = rows * longest
        taken = tokens * (self.each + self.pair * longest)
        return rows <= self.rows and tokens <= self.tokens and taken <= self.memory

    def halve(self, rows: int, tokens: int) -> None:
        """Lower the bounds after a batch of this size ran out of memory."""
        self.rows = max(1, min(self.rows, rows) // 2)
        self.tokens = max(1, min(self.tokens, tokens) // 2)
        self.notes.append(
            f"out of memory with {counted(rows, 'text')} of {counted(tokens, 'token')} in all: at "
            f"most {counted(self.rows, 'text')} and {counted(self.tokens, 'token')} from now on"
        )


def room_of(model: PreTrainedModel, device: torch.device) -> Room:
    """The bounds that a loaded model has on its device.

    A token takes a few rows of the model's width at once; keys and values of all decoder layers
    stay while a text is written.
    """
    config: Any = model.config
    width = int(getattr(config, "d_model", 0) or getattr(config, "hidden_size", 0) or 1024)
    inner = int(getattr(config, "d_ff", 0) or getattr(config, "encoder_ffn_dim", 0) or 4 * width)
    heads = int(getattr(config, "num_heads", 0) or 16)
    layers = int(getattr(config, "num_decoder_layers", 0) or 12)
    size = torch.empty((), dtype=model.dtype).element_size()
    return Room(
        ROWS.get(device.type, 16),
        TOKENS.get(device.type, 1 << 11),
        int(free_memory(device) * SHARE),
        size * (8 * width + 3 * inner + 2 * layers * width),
        heads * (2 * size + 4),  # scores, weights, and the softmax in float32
    )


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
        if size and not room.holds(size + 1, longest):
            break
        size += 1
    return size
