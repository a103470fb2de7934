"""Whether a model can be batched: what it says of itself, and what it computes."""

from __future__ import annotations

import torch
from transformers import DynamicCache, PreTrainedModel
from transformers.cache_utils import DynamicLayer

from align_tui.backbones.local.attention import NAME, Piece, install, make_plan, packed_logits
from align_tui.backbones.local.slots import SlotCache

FIRST, SECOND = (1, 5, 2, 7, 3, 1), (4, 3, 6, 2)
LEAST_ALIKE = 0.99


def unbatchable(model: PreTrainedModel) -> tuple[str, ...]:
    """Have the model attend to slots; why it cannot (one sentence), or nothing when it can."""
    layers = DynamicCache(config=model.config).layers
    if not layers or not all(type(layer) is DynamicLayer for layer in layers):
        return ("its cache cannot be batched: one reply at a time",)
    named = model.config.get_text_config()._attn_implementation
    # Flash kernels compute what ours does; anything else was asked for because it differs.
    if named not in {"sdpa", NAME} and not named.startswith("flash_attention"):
        return (f"attn_implementation={named} cannot be batched: one reply at a time",)
    if not install(model):
        return ("its attention cannot be batched: one reply at a time",)
    try:
        is_alike = _is_alike(model)
    except torch.OutOfMemoryError:
        raise
    except (RuntimeError, TypeError, ValueError, AttributeError):
        is_alike = False
    if not is_alike:
        model.set_attn_implementation("sdpa" if named == NAME else named)
        return ("batched, it computes something else than alone: one reply at a time",)
    return ()


@torch.inference_mode()
def _is_alike(model: PreTrainedModel) -> bool:
    """Are two sequences read together, in pieces, what each is when it is read alone?

    An attention that needs more than keys, values and positions (a bias, sinks, a cap) would show.
    """
    device = model.device
    cache = SlotCache()
    cache.reserve(2, len(FIRST))
    pieces = [[Piece(0, 0, 2), Piece(1, 0, 3)], [Piece(0, 2, 3), Piece(1, 3, 1)], [Piece(0, 5, 1)]]
    found = []
    for step in pieces:
        singles = [piece for piece in step if piece.count == 1]
        chunks = [piece for piece in step if piece.count > 1]
        ids = [
            token
            for piece in [*singles, *chunks]
            for token in (FIRST, SECOND)[piece.slot][piece.start : piece.start + piece.count]
        ]
        plan = make_plan(cache, singles, chunks, device)
        found.append(packed_logits(model, torch.tensor(ids, device=device), plan, 0))
    batched = torch.stack([found[2][0], found[1][0]]).float()
    alone = torch.stack(
        [model(torch.tensor([ids], device=device)).logits[0, -1] for ids in (FIRST, SECOND)]
    ).float()
    alike = torch.nn.functional.cosine_similarity(
        batched - batched.mean(-1, keepdim=True), alone - alone.mean(-1, keepdim=True)
    )
    return bool((alike > LEAST_ALIKE).all())
