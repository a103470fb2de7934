"""Check whether a model can be batched, from its config and from what it computes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from transformers import PreTrainedModel

from align_tui.backbones.local.attention import NAME, Piece, install, make_plan, packed_logits
from align_tui.backbones.local.kv_cache import KvCache
from align_tui.backbones.local.windows import Windows, shrunk, windows_of

FIRST, SECOND = (1, 5, 2, 7, 3, 1), (4, 3, 6, 2)
SMALL_WINDOW = 3
"""The check uses windows of this size, since the model's own may take minutes to fill."""
LEAST_ALIKE = 0.99


def unbatchable(model: PreTrainedModel) -> tuple[str, ...]:
    """Install the batched attention; returns why it cannot be used, or ()."""
    windows = windows_of(model)
    if windows is None:
        return ("its cache cannot be batched: one reply at a time",)
    named = model.config.get_text_config()._attn_implementation
    # Flash kernels compute the same as the batched attention, and a model without sdpa has only
    # eager. A user asks for any other attention because it differs.
    only_eager = named == "eager" and not getattr(model, "_supports_sdpa", True)
    known = named in {"sdpa", NAME} or named.startswith("flash_attention") or only_eager
    if not known:
        return (f"attn_implementation={named} cannot be batched: one reply at a time",)
    original = "sdpa" if named == NAME else named
    try:
        with _small_windows(model, windows):
            if named.startswith("flash_attention"):
                model.set_attn_implementation("sdpa")  # every machine has it
            alone = _alone(model)
            if not install(model):
                return ("its attention cannot be batched: one reply at a time",)
            is_alike = _is_alike(_packed(model, shrunk(windows, SMALL_WINDOW)), alone)
    except torch.OutOfMemoryError:
        raise
    except (RuntimeError, TypeError, ValueError, AttributeError, LookupError, ImportError):
        is_alike = False
    if not is_alike:
        model.set_attn_implementation(original)
        return ("it computes something else in a batch than alone: one reply at a time",)
    return ()


@contextmanager
def _small_windows(model: PreTrainedModel, windows: Windows) -> Iterator[None]:
    """Inside this block the model's windows are small, so that short sequences exceed them."""
    config = model.config.get_text_config()
    names = {
        "attention_chunk_size" if window.chunked else "sliding_window"
        for window in windows
        if window is not None
    }
    before = {name: getattr(config, name) for name in names}
    try:
        for name in names:
            setattr(config, name, SMALL_WINDOW)
        yield
    finally:
        for name, value in before.items():
            setattr(config, name, value)


@torch.inference_mode()
def _alone(model: PreTrainedModel) -> torch.Tensor:
    """Logits (2, vocabulary) after the two sequences, each read alone by the model itself."""
    return torch.stack(
        [
            model(torch.tensor([ids], device=model.device), use_cache=False).logits[0, -1]
            for ids in (FIRST, SECOND)
        ]
    ).float()


@torch.inference_mode()
def _packed(model: PreTrainedModel, windows: Windows) -> torch.Tensor:
    """Logits (2, vocabulary) after the same sequences, read together and in pieces."""
    device = model.device
    cache = KvCache()
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
        plan = make_plan(cache, singles, chunks, device, windows)
        found.append(packed_logits(model, torch.tensor(ids, device=device), plan, 0))
    return torch.stack([found[2][0], found[1][0]]).float()


def _is_alike(batched: torch.Tensor, alone: torch.Tensor) -> bool:
    """Are the batched logits (almost) the same as those of each sequence alone?

    An attention that needs more than keys, values and positions (a bias, say) gives other logits.
    Logits that are not finite show nothing; each sample then fails with its own error.
    """
    if not alone.isfinite().all():
        return True
    alike = torch.nn.functional.cosine_similarity(
        batched - batched.mean(-1, keepdim=True), alone - alone.mean(-1, keepdim=True)
    )
    return bool((alike > LEAST_ALIKE).all())
