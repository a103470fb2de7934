"""Check that transformers reads a GGUF file's architecture, and let it load GGUF files faster.

transformers unpacks a file's weights into ordinary tensors (docs/profiles.md gives the cost),
since the packed form needs kernels that are fetched from a hub at their first use.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from functools import lru_cache
from typing import Any

from align_tui.config.model_files.gguf_header import GgufFile
from align_tui.core.errors import BackboneError


def check_architecture(file: GgufFile) -> None:
    """Raise BackboneError for an architecture that transformers does not read from GGUF files."""
    from transformers.integrations.gguf.utils import is_gguf_arch_supported
    from transformers.modeling_gguf_pytorch_utils import GGUF_SUPPORTED_ARCHITECTURES

    word = file.architecture
    known = {each.replace("-", "_") for each in GGUF_SUPPORTED_ARCHITECTURES}
    spelled = {word, word.replace("-", "_"), *ALIASES.get(word, ())}
    if not spelled & known and not is_gguf_arch_supported(word):
        raise BackboneError(
            f"{file.path.name} has a model of the architecture {word!r}, which transformers does "
            "not read from GGUF files",
            "Serve it with llama.cpp and name its URL (--backbone http://127.0.0.1:8080/v1), or "
            "take the model's safetensors.",
        )


ALIASES = {
    "qwen2moe": ("qwen2_moe",),
    "qwen3moe": ("qwen3_moe",),
    "gpt-oss": ("gpt_oss",),
    "minimax-m2": ("minimax_m2",),
}


@contextmanager
def read_once() -> Iterator[None]:
    """Inside this block, transformers parses a GGUF file only once.

    It would parse the header for config, tokenizer and weights, and list all tensor names of an
    architecture for every module. Loading SmolLM2 takes 10 s instead of 20 s.
    """
    import gguf
    from transformers import modeling_gguf_pytorch_utils as reading

    read: Any = reading.load_gguf_checkpoint
    of_header = lru_cache(maxsize=1)(lambda path: read(path, return_tensors=False))

    def read_checkpoint(path: Any, return_tensors: bool = False, **more: Any) -> Any:
        if return_tensors:
            return read(path, return_tensors=True, **more)
        return deepcopy(of_header(path))

    replaced: list[tuple[Any, str, Any]] = [
        (gguf, "GGUFReader", lru_cache(maxsize=1)(gguf.GGUFReader)),
        (gguf, "get_tensor_name_map", lru_cache(gguf.get_tensor_name_map)),
        (reading, "load_gguf_checkpoint", read_checkpoint),
        (reading, "tqdm", lambda each, **_: each),  # its progress bar would fill a worker's log
    ]
    before = [(module, name, getattr(module, name)) for module, name, _ in replaced]
    try:
        for module, name, value in replaced:
            setattr(module, name, value)
        yield
    finally:
        for module, name, value in before:
            setattr(module, name, value)
