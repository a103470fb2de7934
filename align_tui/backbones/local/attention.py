"""Attention of a packed batch: tokens of many replies in one row, each against its own slot.

A model of transformers calls the attention that its config names and passes keyword arguments on to
it; registered there, `attend` gets the plan of a step. Without a plan it is transformers' own SDPA.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch.nn.functional import scaled_dot_product_attention as sdpa
from transformers import AttentionInterface, PreTrainedModel
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import AttentionMaskInterface, sdpa_mask

from align_tui.backbones.local.slots import SlotCache, round_up

NAME = "align_tui"
WIDTH_STEP = 64


@dataclass(frozen=True, slots=True)
class Piece:
    """Tokens of one reply in a step: `count` of them, from `start` on in its `slot`."""

    slot: int
    start: int
    count: int


@dataclass(eq=False)
class Plan:
    """Where a step's packed tokens belong: first the `singles` (one token each), then `chunks`.

    `slot` and `position` are (tokens,); `mask` (rows, 1, 1, width) is for the singles, whose row is
    their slot: of the `rows` slots attended to, those without a token this step come to nothing.
    """

    cache: SlotCache
    slot: torch.Tensor
    position: torch.Tensor
    singles: int
    rows: int
    width: int
    chunks: Sequence[Piece]
    mask: torch.Tensor
    _moved: dict[torch.device, Plan] = field(default_factory=dict)

    def on(self, device: torch.device) -> Plan:
        """The same plan with its tensors on another device (layers may lie on several)."""
        if device == self.slot.device:
            return self
        if device not in self._moved:
            self._moved[device] = Plan(
                self.cache,
                self.slot.to(device),
                self.position.to(device),
                self.singles,
                self.rows,
                self.width,
                self.chunks,
                self.mask.to(device),
            )
        return self._moved[device]


def make_plan(
    cache: SlotCache, singles: Sequence[Piece], chunks: Sequence[Piece], device: torch.device
) -> Plan:
    """The plan of a step; singles in the order of their slots."""
    slots: list[int] = []
    positions: list[int] = []
    for piece in [*singles, *chunks]:
        slots += [piece.slot] * piece.count
        positions += range(piece.start, piece.start + piece.count)
    rows = singles[-1].slot + 1 if singles else 0
    longest = max((piece.start + 1 for piece in singles), default=1)
    width = min(round_up(longest, WIDTH_STEP), cache.positions)
    last = [0] * rows
    for piece in singles:
        last[piece.slot] = piece.start
    ends = torch.tensor(last, dtype=torch.long, device=device)
    return Plan(
        cache=cache,
        slot=torch.tensor(slots, device=device),
        position=torch.tensor(positions, device=device),
        singles=len(singles),
        rows=rows,
        width=width,
        chunks=tuple(chunks),
        mask=single_mask(ends, width),
    )


def single_mask(last: torch.Tensor, width: int) -> torch.Tensor:
    """Booleans (rows, 1, 1, width): the positions up to each row's `last`."""
    return (torch.arange(width, device=last.device) <= last[:, None])[:, None, None]


def attend(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    scaling: float | None = None,
    plan: Plan | None = None,
    **more: Any,
) -> tuple[torch.Tensor, None]:
    """Write the keys and values (1, heads, tokens, width) into their slots, and attend to them.

    Returns (1, tokens, query heads, width), as transformers wants it.
    """
    if plan is None:
        return sdpa_attention_forward(
            module, query, key, value, attention_mask, scaling=scaling, **more
        )
    plan = plan.on(query.device)
    index: Any = module.layer_idx
    buffers = plan.cache.layer(index, key, value)
    buffers.keys[plan.slot, :, plan.position] = key[0].transpose(0, 1)
    buffers.values[plan.slot, :, plan.position] = value[0].transpose(0, 1)
    parts = []
    if plan.singles:
        parts.append(_attend_singles(plan, query, buffers.keys, buffers.values, scaling))
    at = plan.singles
    for piece in plan.chunks:
        own = query[:, :, at : at + piece.count]
        parts.append(_attend_chunk(piece, own, buffers.keys, buffers.values, scaling))
        at += piece.count
    out = parts[0] if len(parts) == 1 else torch.cat(parts)
    return out[None], None


def _attend_singles(
    plan: Plan, query: torch.Tensor, keys: torch.Tensor, values: torch.Tensor, scale: float | None
) -> torch.Tensor:
    """(singles, query heads, width). Query heads that share a key head stand as its rows."""
    heads = keys.shape[1]
    q = query[0, :, : plan.singles].transpose(0, 1)  # (singles, query heads, width)
    dense = q
    if plan.singles < plan.rows:
        dense = q.new_zeros((plan.rows, *q.shape[1:]))
        dense[plan.slot[: plan.singles]] = q
    out = sdpa(
        dense.reshape(plan.rows, heads, -1, q.shape[-1]),
        keys[: plan.rows, :, : plan.width],
        values[: plan.rows, :, : plan.width],
        attn_mask=plan.mask,
        scale=scale,
    )
    out = out.reshape(plan.rows, q.shape[1], -1)
    return out if plan.singles == plan.rows else out[plan.slot[: plan.singles]]


def _attend_chunk(
    piece: Piece, query: torch.Tensor, keys: torch.Tensor, values: torch.Tensor, scale: float | None
) -> torch.Tensor:
    """(tokens, query heads, width) for tokens of one reply, each seeing those before it."""
    end = piece.start + piece.count
    k, v = keys[piece.slot, :, :end][None], values[piece.slot, :, :end][None]
    if piece.start == 0:
        out = sdpa(query, k, v, is_causal=True, scale=scale, enable_gqa=True)
        return out[0].transpose(0, 1)
    shape = (piece.count, end)
    mask = torch.ones(shape, dtype=torch.bool, device=query.device).tril(piece.start)
    if query.device.type == "cuda":  # whose quick kernels take a mask, or grouped heads, not both
        k, v = (each.repeat_interleave(query.shape[1] // each.shape[1], 1) for each in (k, v))
    out = sdpa(query, k, v, attn_mask=mask, scale=scale, enable_gqa=k.shape[1] != query.shape[1])
    return out[0].transpose(0, 1)


def packed_logits(
    model: PreTrainedModel, ids: torch.Tensor, plan: Plan, keep: Sequence[int] | int
) -> torch.Tensor:
    """Logits (kept, vocabulary) of packed tokens `ids` (tokens,); `keep` 0 keeps all."""
    index: int | torch.Tensor = 0
    if not isinstance(keep, int):  # none may be wanted, of a piece of a prompt
        index = torch.tensor(keep, dtype=torch.long, device=ids.device)
    out = model(
        input_ids=ids[None],
        position_ids=plan.position[None],
        # Four dimensions: a mask of our own, which transformers leaves as it is.
        attention_mask=plan.mask,
        use_cache=False,
        logits_to_keep=index,
        plan=plan,
    )
    logits: torch.Tensor = out.logits[0]
    return logits


AttentionInterface.register(NAME, attend)
AttentionMaskInterface.register(NAME, sdpa_mask)


def install(model: PreTrainedModel) -> bool:
    """Have the model attend through `attend`; False when it does not take attention by name."""
    if not getattr(model, "_supports_attention_backend", False):
        return False
    try:
        model.set_attn_implementation(NAME)
    except (ValueError, ImportError):
        return False
    return bool(model.config.get_text_config()._attn_implementation == NAME)
