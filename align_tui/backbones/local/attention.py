"""Attention of a packed batch: one row holds tokens of many replies, and each sees only its slot.

A transformers model calls the attention that its config names, and passes keyword arguments on.
`attend` is registered there, and so receives the plan of a step. Without a plan it runs
transformers' own SDPA.
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

from align_tui.backbones.local.kv_cache import KvCache, round_up
from align_tui.backbones.local.windows import Window, Windows

NAME = "align_tui"
WIDTH_STEP = 64


@dataclass(frozen=True, slots=True)
class Piece:
    """Tokens of one reply in a step: `count` tokens, from position `start` on in its `slot`."""

    slot: int
    start: int
    count: int


@dataclass(eq=False)
class Plan:
    """Where a step's packed tokens belong: first `singles` lone tokens, then `chunks`.

    `slot` and `position` are (tokens,). `ends` (rows,) is the last position of each single's slot;
    the result of a row without a token in this step is not used. `windows` holds one window for
    each layer (empty: no layer has one), which limits what a token sees.
    """

    cache: KvCache
    slot: torch.Tensor
    position: torch.Tensor
    singles: int
    rows: int
    width: int
    chunks: Sequence[Piece]
    ends: torch.Tensor
    windows: Windows = ()
    _moved: dict[torch.device, Plan] = field(default_factory=dict)
    _masks: dict[Window | None, torch.Tensor] = field(default_factory=dict)

    def on(self, device: torch.device) -> Plan:
        """The same plan with its tensors on another device (a model may span several)."""
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
                self.ends.to(device),
                self.windows,
            )
        return self._moved[device]

    def window(self, layer: int) -> Window | None:
        """The window of a layer."""
        return self.windows[layer] if self.windows else None

    def mask(self, window: Window | None = None) -> torch.Tensor:
        """Booleans (rows, 1, 1, width) for the singles; the row of a single is its slot."""
        if window not in self._masks:
            self._masks[window] = single_mask(self.ends, self.width, window)
        return self._masks[window]


def make_plan(
    cache: KvCache,
    singles: Sequence[Piece],
    chunks: Sequence[Piece],
    device: torch.device,
    windows: Windows = (),
) -> Plan:
    """The plan of a step; `singles` have to be in the order of their slots."""
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
    return Plan(
        cache=cache,
        slot=torch.tensor(slots, device=device),
        position=torch.tensor(positions, device=device),
        singles=len(singles),
        rows=rows,
        width=width,
        chunks=tuple(chunks),
        ends=torch.tensor(last, dtype=torch.long, device=device),
        windows=windows,
    )


def single_mask(last: torch.Tensor, width: int, window: Window | None = None) -> torch.Tensor:
    """Booleans (rows, 1, 1, width): the positions up to each row's `last`, within the window."""
    keys, queries = torch.arange(width, device=last.device), last[:, None]
    seen = keys <= queries
    if window is not None:
        seen &= window.sees(queries, keys)
    return seen[:, None, None]


def chunk_mask(piece: Piece, window: Window | None, device: torch.device) -> torch.Tensor:
    """Booleans (tokens, positions): each token sees those before it, within the window."""
    end = piece.start + piece.count
    queries = torch.arange(piece.start, end, device=device)[:, None]
    keys = torch.arange(end, device=device)
    seen = keys <= queries
    return seen & window.sees(queries, keys) if window is not None else seen


@dataclass(frozen=True, slots=True)
class Extras:
    """What the attention of some models does besides a softmax of scaled products.

    `softcap` bounds the products smoothly (Gemma 2). `sinks` (query heads,) take a share of the
    attention away from the tokens (GPT-OSS).
    """

    scale: float | None
    softcap: float | None = None
    sinks: torch.Tensor | None = None

    @property
    def is_plain(self) -> bool:
        """Can torch's own attention compute it?"""
        return self.softcap is None and self.sinks is None


def attend(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    scaling: float | None = None,
    plan: Plan | None = None,
    softcap: float | None = None,
    s_aux: torch.Tensor | None = None,
    **more: Any,
) -> tuple[torch.Tensor, None]:
    """Write the keys and values (1, heads, tokens, width) into their slots, and attend to them.

    Returns (1, tokens, query heads, width), as transformers expects.
    """
    extras = Extras(scaling, softcap, s_aux)
    if plan is None:
        if extras.is_plain:
            return sdpa_attention_forward(
                module, query, key, value, attention_mask, scaling=scaling, **more
            )
        if attention_mask is None:
            whole = Piece(0, key.shape[2] - query.shape[2], query.shape[2])
            attention_mask = chunk_mask(whole, None, query.device)
        return _weighed(query, key, value, attention_mask, extras).transpose(1, 2), None
    plan = plan.on(query.device)
    index: Any = module.layer_idx
    window = plan.window(index)
    buffers = plan.cache.layer(index, key, value)
    buffers.keys[plan.slot, :, plan.position] = key[0].transpose(0, 1)
    buffers.values[plan.slot, :, plan.position] = value[0].transpose(0, 1)
    parts = []
    if plan.singles:
        parts.append(_attend_singles(plan, window, query, buffers.keys, buffers.values, extras))
    at = plan.singles
    for piece in plan.chunks:
        own = query[:, :, at : at + piece.count]
        parts.append(_attend_chunk(piece, window, own, buffers.keys, buffers.values, extras))
        at += piece.count
    out = parts[0] if len(parts) == 1 else torch.cat(parts)
    return out[None], None


def _attend_singles(
    plan: Plan,
    window: Window | None,
    query: torch.Tensor,
    keys: torch.Tensor,
    values: torch.Tensor,
    extras: Extras,
) -> torch.Tensor:
    """Attention of the singles: (singles, query heads, width).

    Query heads that share a key head become its rows.
    """
    heads = keys.shape[1]
    q = query[0, :, : plan.singles].transpose(0, 1)  # (singles, query heads, width)
    dense = q
    if plan.singles < plan.rows:
        dense = q.new_zeros((plan.rows, *q.shape[1:]))
        dense[plan.slot[: plan.singles]] = q
    k, v = keys[: plan.rows, :, : plan.width], values[: plan.rows, :, : plan.width]
    mask = plan.mask(window)
    if extras.is_plain:
        grouped = dense.reshape(plan.rows, heads, -1, q.shape[-1])
        out = sdpa(grouped, k, v, attn_mask=mask, scale=extras.scale)
    else:
        out = _weighed(dense[:, :, None], k, v, mask, extras)
    out = out.reshape(plan.rows, q.shape[1], -1)
    return out if plan.singles == plan.rows else out[plan.slot[: plan.singles]]


def _attend_chunk(
    piece: Piece,
    window: Window | None,
    query: torch.Tensor,
    keys: torch.Tensor,
    values: torch.Tensor,
    extras: Extras,
) -> torch.Tensor:
    """Attention of one reply's tokens, each to those before it: (tokens, query heads, width)."""
    end = piece.start + piece.count
    k, v = keys[piece.slot, :, :end][None], values[piece.slot, :, :end][None]
    if not extras.is_plain:
        mask = chunk_mask(piece, window, query.device)
        return _weighed(query, k, v, mask, extras)[0].transpose(0, 1)
    is_narrow = window is not None and (window.size < end or window.chunked)
    if piece.start == 0 and not is_narrow:
        out = sdpa(query, k, v, is_causal=True, scale=extras.scale, enable_gqa=True)
        return out[0].transpose(0, 1)
    mask = chunk_mask(piece, window, query.device)
    if query.device.type == "cuda":  # its fast kernels take a mask or grouped heads, not both
        k, v = (each.repeat_interleave(query.shape[1] // each.shape[1], 1) for each in (k, v))
    gqa = k.shape[1] != query.shape[1]
    out = sdpa(query, k, v, attn_mask=mask, scale=extras.scale, enable_gqa=gqa)
    return out[0].transpose(0, 1)


def _weighed(
    query: torch.Tensor,
    keys: torch.Tensor,
    values: torch.Tensor,
    mask: torch.Tensor,
    extras: Extras,
) -> torch.Tensor:
    """Attention with `Extras`, which torch's own lacks: (batch, query heads, tokens, width)."""
    groups = query.shape[1] // keys.shape[1]
    k, v = keys.repeat_interleave(groups, 1), values.repeat_interleave(groups, 1)
    scale = extras.scale if extras.scale is not None else query.shape[-1] ** -0.5
    scores = torch.matmul(query, k.transpose(2, 3)) * scale
    if extras.softcap is not None:
        scores = torch.tanh(scores / extras.softcap) * extras.softcap
    scores = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)
    if extras.sinks is not None:
        sinks = extras.sinks.to(scores.dtype).reshape(1, -1, 1, 1)
        scores = torch.cat([scores, sinks.expand(scores.shape[0], -1, scores.shape[2], -1)], -1)
    shares = scores.float().softmax(-1).to(v.dtype)
    return torch.matmul(shares[..., : keys.shape[2]], v)


def packed_logits(
    model: PreTrainedModel, ids: torch.Tensor, plan: Plan, keep: Sequence[int] | int
) -> torch.Tensor:
    """Logits (kept, vocabulary) of packed tokens `ids` (tokens,); `keep` 0 keeps all."""
    index: int | torch.Tensor = 0
    if not isinstance(keep, int):  # a piece of a prompt may need no logits
        index = torch.tensor(keep, dtype=torch.long, device=ids.device)
    out = model(
        input_ids=ids[None],
        position_ids=plan.position[None],
        # transformers leaves a mask of four dimensions as it is.
        attention_mask=plan.mask() if plan.singles else plan.ends.new_ones(1, 1, 1, 1).bool(),
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
    # cuDNN's attention plans again for every length, which took most of the time for a prompt.
    torch.backends.cuda.enable_cudnn_sdp(False)
    try:
        model.set_attn_implementation(NAME)
    except (ValueError, ImportError):
        return False
    return bool(model.config.get_text_config()._attn_implementation == NAME)
