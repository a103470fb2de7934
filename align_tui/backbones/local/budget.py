"""How many tokens may be in flight: what fits on the device, and less after it ran out."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from transformers import PreTrainedModel

from align_tui.backbones.local.load import free_memory
from align_tui.core.text.plurals import counted

SHARE = {"cuda": 0.55, "mps": 0.3, "cpu": 0.25}  # of the free memory, for keys and values
PREFIX_SHARE = {"cuda": 0.15, "mps": 0.1, "cpu": 0.05}
# Enough for prompts that come again soon; a laptop's memory has other uses.
PREFIX_MOST = {"cuda": 16 << 30, "mps": 1 << 30, "cpu": 512 << 20}
# On a CPU a batch of some hundred replies writes as many tokens a second as any larger one, and
# its steps are shorter.
TOKENS_MOST = {"cuda": 1 << 20, "mps": 1 << 16, "cpu": 1 << 16}
PREFILL = {"cuda": 2048, "mps": 512, "cpu": 256}
LEAST = 1024


def bytes_per_token(model: PreTrainedModel) -> int:
    """Bytes of keys and values that one token takes in all layers."""
    config = model.config.get_text_config()
    heads = getattr(config, "num_key_value_heads", None) or config.num_attention_heads
    width = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    size = torch.empty((), dtype=model.dtype).element_size()
    return int(2 * config.num_hidden_layers * heads * width * size)


@dataclass
class Budget:
    """Bounds of a batch: `tokens` in flight, and `prefill` tokens of new prompts in a step.

    `notes` records why the bounds were lowered.
    """

    tokens: int
    prefill: int
    prefix_bytes: int
    notes: list[str] = field(default_factory=list)

    def halve(self, in_flight: int) -> None:
        """Lower the bounds after running out of memory with `in_flight` tokens."""
        # However small the budget is, one reply alone always has room (schedule.py).
        self.tokens = min(self.tokens, in_flight) // 2
        self.prefill = max(64, self.prefill // 2)
        self.prefix_bytes //= 2
        self.notes.append(
            f"out of memory with {counted(in_flight, 'token')} in flight: "
            f"at most {self.tokens} from now on"
        )


def device_budget(model: PreTrainedModel, device: torch.device) -> Budget:
    """The budget that a loaded model has on its device."""
    kind = device.type
    free = free_memory(device)
    tokens = int(free * SHARE.get(kind, 0.25)) // max(1, bytes_per_token(model))
    return Budget(
        tokens=max(LEAST, min(tokens, TOKENS_MOST.get(kind, 1 << 16))),
        prefill=PREFILL.get(kind, 256),
        prefix_bytes=min(
            PREFIX_MOST.get(kind, 512 << 20), int(free * PREFIX_SHARE.get(kind, 0.05))
        ),
    )
