"""Loading a model: device, number format and memory are settled before the weights are read."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import torch
from safetensors import SafetensorError
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoTokenizer,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)
from transformers.utils import logging as transformers_logging

from align_tui.backbones.base import ModelInfo, OnProgress
from align_tui.backbones.local.files import count_parameters, locate
from align_tui.config.profile import BackboneSpec
from align_tui.core.errors import BackboneError, OutOfMemory

SMALL = 50_000_000
SPARE = 0.10  # of the weights, for buffers and the first prompt
DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


@dataclass(frozen=True)
class Loaded:
    """A model ready to run."""

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    device: torch.device
    info: ModelInfo


def pick_device(name: str) -> torch.device:
    """The device that a profile's `backbone.device` means; 'auto' is the emptiest GPU, or CPU."""
    if name != "auto":
        try:
            device = torch.device(name)
        except RuntimeError as error:
            raise BackboneError(
                f"There is no device {name!r}", "Like cuda:0, mps or cpu."
            ) from error
        if device.type == "cuda" and not torch.cuda.is_available():
            raise BackboneError(
                f"The profile asks for {name}, and torch sees no GPU here",
                "See: align-tui doctor. Or --set backbone.device=auto",
            )
        if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
            raise BackboneError(f"This machine has {torch.cuda.device_count()} GPUs, no {name}")
        return device
    if torch.cuda.is_available():
        free = [torch.cuda.mem_get_info(i)[0] for i in range(torch.cuda.device_count())]
        return torch.device("cuda", max(range(len(free)), key=free.__getitem__))
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")


def free_memory(device: torch.device) -> int:
    """Bytes that the device has free."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    return int(psutil.virtual_memory().available)


def pick_dtype(spec: BackboneSpec, device: torch.device) -> torch.dtype:
    """'auto' is float32 on a CPU (exact and repeatable), bfloat16 on an accelerator."""
    if spec.dtype != "auto":
        return DTYPES[spec.dtype]
    if device.type == "cuda" and not torch.cuda.is_bf16_supported():
        return torch.float16
    return torch.float32 if device.type == "cpu" else torch.bfloat16


def check_memory(parameters: int, stored: int, dtype: torch.dtype, device: torch.device) -> None:
    """Raise OutOfMemory, with the numbers, when the weights cannot fit."""
    need = int(parameters * torch.empty((), dtype=dtype).element_size() * (1 + SPARE))
    free = free_memory(device)
    if need > free:
        raise OutOfMemory(
            f"The model needs {need / 1e9:.1f} GB as {str(dtype).removeprefix('torch.')} "
            f"({parameters / 1e9:.2f} billion parameters), and {device} has "
            f"{free / 1e9:.1f} GB free",
            "Take a smaller model, another device, --set backbone.dtype=bfloat16, or free memory.",
        )


def load_model(spec: BackboneSpec, progress: OnProgress) -> Loaded:
    """Load the model of `spec`; raises BackboneError (OutOfMemory when it cannot fit)."""
    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    folder, identity = locate(spec, progress)
    device = pick_device(spec.device)
    dtype = pick_dtype(spec, device)
    parameters, stored = count_parameters(folder)
    own_placing = {"device_map", "quantization_config", "load_in_8bit", "load_in_4bit"}
    if not own_placing & set(spec.load):
        check_memory(parameters, stored, dtype, device)
    progress(f"loading {spec.label}", None)
    model, tokenizer = _load(folder, spec, dtype, device)
    placed = next(model.parameters()).device
    if placed.type == "cpu":
        # Below this size threads wait for each other longer than they work (ten times longer
        # beside another busy process).
        torch.set_num_threads(1 if parameters < SMALL else max(1, psutil.cpu_count(False) or 1))
    return Loaded(
        model,
        tokenizer,
        placed,
        ModelInfo(
            name=spec.label,
            identity=identity,
            device=str(placed),
            dtype=str(dtype).removeprefix("torch."),
            parameters=parameters,
        ),
    )


def _load(
    folder: Path, spec: BackboneSpec, dtype: torch.dtype, device: torch.device
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    common: dict[str, Any] = {
        "trust_remote_code": spec.trust_remote_code,
        "local_files_only": True,
    }
    try:
        config = AutoConfig.from_pretrained(folder, **common)
        if getattr(config, "is_encoder_decoder", False):
            raise BackboneError(
                f"{spec.label} is an encoder-decoder model, and decisions need a causal one"
            )
        tokenizer = AutoTokenizer.from_pretrained(folder, **common)
        model = AutoModelForCausalLM.from_pretrained(
            folder, config=config, dtype=dtype, use_safetensors=True, **common, **spec.load
        )
        if "device_map" not in spec.load and not getattr(model, "is_quantized", False):
            torch.nn.Module.to(model, device)
        model.eval()
    except (MemoryError, torch.OutOfMemoryError) as error:
        raise OutOfMemory(f"{spec.label} did not fit into the memory of {device}") from error
    except BackboneError:
        raise
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, ImportError) as error:
        raise BackboneError(_load_message(spec, error), _load_hint(error)) from error
    except SafetensorError as error:
        raise BackboneError(f"The weights of {spec.label} are damaged: {error}") from error
    return model, tokenizer


def _load_message(spec: BackboneSpec, error: BaseException) -> str:
    lines = [line for line in str(error).splitlines() if line.strip()]
    return f"{spec.label} cannot be loaded: {lines[0][:300] if lines else type(error).__name__}"


def _load_hint(error: BaseException) -> str:
    if "trust_remote_code" in str(error):
        return (
            "It brings code of its own. Only if you trust it: --set backbone.trust_remote_code=true"
        )
    return "Is it a causal language model with its tokenizer beside it? See: align-tui doctor"
