"""Which earlier tokens the attention of a layer sees: all, a sliding window, or a chunk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from transformers import PreTrainedModel


@dataclass(frozen=True, slots=True)
class Window:
    """The last `size` positions; with `chunked` the positions of a token's own chunk of `size`."""

    size: int
    chunked: bool = False

    def sees(self, queries: torch.Tensor, keys: torch.Tensor) -> torch.Tensor:
        """Booleans: does each query position see each key position? The two broadcast."""
        if self.chunked:
            return keys // self.size == queries // self.size
        return keys > queries - self.size


Windows = tuple[Window | None, ...]
"""One entry for each layer; None for a layer that sees all earlier tokens."""
_SIZES = {"sliding_attention": "sliding_window", "chunked_attention": "attention_chunk_size"}


def windows_of(model: PreTrainedModel) -> Windows | None:
    """The windows of a loaded model's layers; see `windows_of_config`."""
    return windows_of_config(model.config)


def windows_of_config(config: Any) -> Windows | None:
    """The windows of a config's layers.

    None when a layer keeps something else than keys and values of every position (a recurrent
    state, a convolution's state, another layer's keys).
    """
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
    """The same windows with another size."""
    return tuple(window and Window(size, window.chunked) for window in windows)
