"""Detect logits that are not finite, and explain them in an error with a hint."""

from __future__ import annotations

from typing import Any

import torch
from transformers import PreTrainedModel

from align_tui.core.errors import NotFinite


def is_finite(logits: torch.Tensor) -> torch.Tensor:
    """Booleans (..): can tokens be drawn from the logits (.., vocabulary) of each place?

    Only the largest logit is checked: it is NaN if any logit is, and infinite if any is +inf.
    """
    return logits.amax(-1).isfinite()


@torch.inference_mode()
def first_bad_layer(model: PreTrainedModel, ids: list[int]) -> str | None:
    """The name of the first part of the model whose output is not finite for these tokens.

    Reads the tokens once more, alone. None when all outputs are finite, or when reading fails.
    """
    found: list[str] = []

    def look(name: str) -> Any:
        def hook(module: torch.nn.Module, inputs: Any, output: Any) -> None:
            first = output[0] if isinstance(output, tuple) and output else output
            is_numbers = isinstance(first, torch.Tensor) and first.is_floating_point()
            if not found and is_numbers and not first.isfinite().all():
                found.append(name)

        return hook

    layers = [
        (name, module)
        for name, module in model.named_modules()
        if name and not any(True for _ in module.children())
    ]
    handles = [module.register_forward_hook(look(name)) for name, module in layers]
    try:
        model(torch.tensor([ids], device=model.device), use_cache=False, logits_to_keep=1)
    except (RuntimeError, ValueError, TypeError, LookupError):
        return None
    finally:
        for handle in handles:
            handle.remove()
    return found[0] if found else None


def not_finite(model: PreTrainedModel, name: str, ids: list[int]) -> NotFinite:
    """The error for a sample whose logits are not finite."""
    dtype = str(model.dtype).removeprefix("torch.")
    layer = first_bad_layer(model, ids)
    where = f", first in {layer}" if layer else ""
    bad = "" if _weights_are_finite(model) else " Some of its weights are not finite."
    return NotFinite(
        f"{name} computes NaN or infinity for this prompt (in {dtype}{where}).{bad}",
        "The model's files may be damaged: fetch them again."
        if bad
        else "Try --set backbone.dtype=bfloat16 or float32: some models overflow in float16.",
    )


def _weights_are_finite(model: PreTrainedModel) -> bool:
    return all(bool(p.isfinite().all()) for p in model.parameters() if p.is_floating_point())
