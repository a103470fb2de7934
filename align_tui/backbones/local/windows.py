"""Which earlier tokens a layer's attention may see: all of them, a sliding window, or a chunk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from transformers import PreTrainedModel


@dataclass(frozen=True, slots=True)
class Window:
    """The last `size` positions; with `chunked` those of the own chunk of `size` positions."""

    size: int
    chunked: bool = False

    def sees(self, queries: torch.Tensor, keys: torch.Tensor) -> torch.Tensor:
        """Booleans: is a key's position inside the window of a query's? Broadcasts the two."""
        if self.chunked:
            return keys // self.size == queries // self.size
        return keys > queries - self.size


Windows = tuple[Window | None, ...]
"""One a layer; None where a layer sees everything before a token."""
_SIZES = {"sliding_attention": "sliding_window", "chunked_attention": "attention_chunk_size"}


def windows_of(model: PreTrainedModel) -> Windows | None:
    """The windows of a loaded model's layers, as `windows_of_config` has them."""
    return windows_of_config(model.config)


def windows_of_config(config: Any) -> Windows | None:
    """The windows of the layers that a config describes; None for layers that keep something else
    than keys and values of every position (a recurrent state, a convolution's, another layer's)."""
    config = config.get_text_config()
    kinds = getattr(config, "layer_types", None)
    if kinds is None:
        kind = next((k for k, name in _SIZES.items() if getattr(config, name, None)), None)
        kinds = [kind or "full_attention"] * config.num_hidden_layers
    if getattr(config, "kv_sharing_modes", None) or getattr(config, "num_kv_shared_layers", None):
        return None
    found: list[Window | None] = []
    for kind in kinds:
        if kind == "full_attention":
            found.append(None)
        elif kind in _SIZES and getattr(config, _SIZES[kind], None):
            found.append(Window(int(getattr(config, _SIZES[kind])), kind == "chunked_attention"))
        else:
            return None
    return tuple(found)


def shrunk(windows: Windows, size: int) -> Windows:
    """The same windows of another size."""
    return tuple(window and Window(size, window.chunked) for window in windows)
