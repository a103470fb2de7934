"""Load a model; device, number format and memory are checked before the weights are read."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import psutil
import torch
from safetensors import SafetensorError
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoModelForSeq2SeqLM,
    AutoTokenizer,
    GenerationConfig,
    PreTrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)
from transformers.utils import logging as transformers_logging

from align_tui.backbones.base import ModelInfo, OnProgress
from align_tui.backbones.local.files import ModelFiles, locate
from align_tui.backbones.local.gguf_file import read_once
from align_tui.backbones.local.identity import FileHashes, machine_facts
from align_tui.backbones.local.model_code import check_code, only_trusted
from align_tui.config.backbone_spec import BackboneSpec
from align_tui.config.model_files.weights import Size
from align_tui.core.errors import BackboneError, CodeRefused, OutOfMemory

SMALL = 50_000_000
SPARE = 0.10  # of the weights, for buffers and the first prompt
LONGEST = 2000
"""How many characters of a transformers message an error quotes."""
SEQ2SEQ = "seq2seq"
"""The kind of backbone that loads encoder-decoder models; others load causal ones."""
DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


@dataclass(frozen=True)
class Loaded:
    """A model that is ready to run."""

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    device: torch.device
    info: ModelInfo


def pick_device(name: str) -> torch.device:
    """The torch device for `backbone.device`; 'auto' is the GPU with most free memory, or CPU."""
    if name != "auto":
        try:
            device = torch.device(name)
        except RuntimeError as error:
            raise BackboneError(
                f"There is no device {name!r}", "Name one such as cuda:0, mps or cpu."
            ) from error
        if device.type == "cuda" and not torch.cuda.is_available():
            raise BackboneError(
                f"The profile asks for {name}, but torch sees no GPU here",
                "See: align-tui doctor. Or --set backbone.device=auto",
            )
        if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
            raise BackboneError(f"This machine has {torch.cuda.device_count()} GPUs, but no {name}")
        return device
    if torch.cuda.is_available():
        free = [torch.cuda.mem_get_info(i)[0] for i in range(torch.cuda.device_count())]
        return torch.device("cuda", max(range(len(free)), key=free.__getitem__))
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")


def free_memory(device: torch.device) -> int:
    """The free memory of the device in bytes."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    return int(psutil.virtual_memory().available)


def pick_dtype(spec: BackboneSpec, device: torch.device) -> torch.dtype:
    """The number format; 'auto' is float32 on a CPU (repeatable), bfloat16 on an accelerator."""
    if spec.dtype != "auto":
        return DTYPES[spec.dtype]
    if device.type == "cuda" and not torch.cuda.is_bf16_supported():
        return torch.float16
    return torch.float32 if device.type == "cpu" else torch.bfloat16


def check_memory(parameters: int, dtype: torch.dtype, device: torch.device) -> None:
    """Raise OutOfMemory, with sizes in its message, when the weights cannot fit."""
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
    quieten()
    files = locate(spec, progress)
    check_code(spec, files)
    device = pick_device(spec.device)
    dtype = pick_dtype(spec, device)
    size = files.size()
    own_placing = {"device_map", "quantization_config", "load_in_8bit", "load_in_4bit"}
    if not own_placing & set(spec.load):
        check_memory(size.parameters, dtype, device)
    progress(f"loading {spec.label}", None)
    hashes = FileHashes(files)
    try:
        model, tokenizer = _load(files, spec, dtype, device)
    except BaseException:
        hashes.stop()
        raise
    placed = next(model.parameters()).device
    if placed.type == "cpu":
        # Threads of a smaller model wait for each other longer than they work (ten times longer
        # beside another busy process).
        few = size.parameters < SMALL
        torch.set_num_threads(1 if few else _threads())
    return Loaded(
        model,
        tokenizer,
        placed,
        ModelInfo(
            name=spec.label,
            identity=files.identity,
            device=str(placed),
            dtype=str(dtype).removeprefix("torch."),
            parameters=size.parameters,
            facts=machine_facts(placed) | attention_of(model),
            files=hashes,
        ),
    )


def _threads() -> int:
    """As many threads as OMP_NUM_THREADS allows (clusters set it), or one for each core."""
    allowed = os.environ.get("OMP_NUM_THREADS", "")
    if allowed.isascii() and allowed.isdigit() and len(allowed) < 5:
        return max(1, int(allowed))
    return max(1, psutil.cpu_count(False) or 1)


def attention_of(model: PreTrainedModel) -> dict[str, str]:
    """The implementation of attention that transformers chose for the model."""
    name = getattr(model.config.get_text_config(), "_attn_implementation", None)
    return {"attention": str(name)} if name else {}


def quieten() -> None:
    """Stop transformers from printing: the program reports its messages itself."""
    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")


def check_loadable(spec: BackboneSpec) -> ModelFiles:
    """Check a model as loading does before it reads weights; returns its files.

    Reads config, tokenizer and the names and shapes of all weights, or the header of a GGUF file.
    Fetches nothing and runs no untrusted code. Raises BackboneError (OutOfMemory when the model
    cannot fit).
    """
    quieten()
    spec = only_trusted(spec)
    files = locate(spec, lambda what, share: None, fetch=False)
    check_room(spec, files.size())
    check_fit(spec, files)
    return files


def check_room(spec: BackboneSpec, size: Size) -> None:
    """Raise OutOfMemory when such weights cannot fit, BackboneError without the device."""
    device = pick_device(spec.device)
    if not {"device_map", "quantization_config"} & set(spec.load):
        check_memory(size.parameters, pick_dtype(spec, device), device)


def check_fit(spec: BackboneSpec, files: ModelFiles) -> None:
    """Raise BackboneError unless config, tokenizer, weights and adapters fit each other.

    Compares names and shapes, and reads no weights except an adapter's. Skips GGUF files, since
    transformers would unpack all of their weights.
    """
    if files.gguf is not None:
        return
    with loading_errors(spec, torch.device("meta")):
        model, _ = _read(files, spec, device_map="meta")
        if files.adapters:
            from align_tui.backbones.local.adapters import adapted

            with warnings.catch_warnings():
                # torch warns for each tensor that a model on "meta" takes no numbers.
                warnings.simplefilter("ignore")
                adapted(model, files.adapters)


def _load(
    files: ModelFiles, spec: BackboneSpec, dtype: torch.dtype, device: torch.device
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    with loading_errors(spec, device):
        model, tokenizer = _read(files, spec, dtype=dtype, **spec.load)
        if files.adapters:
            from align_tui.backbones.local.adapters import adapted

            model = adapted(model, files.adapters)
        packed = getattr(model, "is_quantized", False) and files.gguf is None
        if "device_map" not in spec.load and not packed:
            torch.nn.Module.to(model, device)
        model.eval()
        _forget_generation_config(model, decoder=spec.kind == SEQ2SEQ)
    return model, tokenizer


def _read(
    files: ModelFiles, spec: BackboneSpec, **load: Any
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Read config, tokenizer and weights; raises errors of transformers, and BackboneError."""
    with reading(files):
        config = read_config(files, spec)
        tokenizer = read_tokenizer(files, spec)
        if files.gguf is None:
            load["use_safetensors"] = True
        family: Any = AutoModelForSeq2SeqLM if spec.kind == SEQ2SEQ else AutoModelForCausalLM
        loaded: Any = family.from_pretrained(
            files.folder,
            config=config,
            output_loading_info=True,
            ignore_mismatched_sizes=True,  # _check_weights_fit reports them by name
            **_common(files, spec),
            **load,
        )
    model, found = loaded  # output_loading_info returns this pair
    _check_weights_fit(spec, found)
    return model, tokenizer


def reading(files: ModelFiles) -> AbstractContextManager[None]:
    """A block in which transformers reads the files; it parses a GGUF header only once."""
    return read_once() if files.gguf is not None else nullcontext()


def read_config(files: ModelFiles, spec: BackboneSpec) -> PreTrainedConfig:
    """The config; raises errors of transformers, and BackboneError for another kind of model."""
    config: PreTrainedConfig = AutoConfig.from_pretrained(files.folder, **_common(files, spec))
    is_seq2seq = bool(getattr(config, "is_encoder_decoder", False))
    if is_seq2seq and spec.kind != SEQ2SEQ:
        raise BackboneError(
            f"{spec.label} is an encoder-decoder model, but this backbone needs a causal one",
            'For a model that rates statements (Kaleido), set [backbone] kind = "seq2seq".',
        )
    if spec.kind == SEQ2SEQ and not is_seq2seq:
        raise BackboneError(
            f"{spec.label} is not an encoder-decoder model, but the kind {SEQ2SEQ!r} needs one",
            'For a model that writes replies, set [backbone] kind = "transformers".',
        )
    return config


def read_tokenizer(files: ModelFiles, spec: BackboneSpec) -> PreTrainedTokenizerBase:
    """The tokenizer; raises errors of transformers."""
    return AutoTokenizer.from_pretrained(files.folder, **_common(files, spec))


def _common(files: ModelFiles, spec: BackboneSpec) -> dict[str, Any]:
    named = {} if files.gguf is None else {"gguf_file": files.gguf.name}
    return {"trust_remote_code": spec.trust_remote_code, "local_files_only": True, **named}


def _check_weights_fit(spec: BackboneSpec, found: Mapping[str, Any]) -> None:
    """Raise BackboneError unless the weights are exactly those that the config describes.

    transformers would fill a missing weight with random numbers. A tied weight does not count as
    missing.
    """
    mismatched = [str(each[0]) for each in found.get("mismatched_keys", ())]
    mismatches = (
        ("lacks", sorted(map(str, found.get("missing_keys", ())))),
        ("adds", sorted(map(str, found.get("unexpected_keys", ())))),
        ("has other shapes for", sorted(mismatched)),
    )
    differences = [
        f"it {what} {len(names)} tensor{'s' if len(names) > 1 else ''} "
        f"({', '.join(names[:3])}{', ...' if len(names) > 3 else ''})"
        for what, names in mismatches
        if names
    ]
    if differences:
        raise BackboneError(
            f"The weights of {spec.label} are not those that its config.json describes: "
            + "; ".join(differences),
            "The model would decide with random numbers in their place. Check that config.json and "
            "the weights belong to one model, saved by the class that config.json names.",
        )


def _forget_generation_config(model: PreTrainedModel, *, decoder: bool) -> None:
    """Keep only the token ids of the generation config: the profile says how tokens are drawn.

    A repetition penalty in a model's files would change choices without notice. A `decoder` of its
    own also needs the tokens that it starts with and is padded with.
    """
    old = getattr(model, "generation_config", None)
    kept = ["bos_token_id", "eos_token_id"]
    kept += ["pad_token_id", "decoder_start_token_id"] if decoder else []
    ids = {name: getattr(old, name, None) for name in kept}
    model.generation_config = GenerationConfig(**ids)


@contextmanager
def loading_errors(spec: BackboneSpec, device: torch.device) -> Iterator[None]:
    """Turn errors that transformers, torch and safetensors raise into BackboneErrors."""
    try:
        yield
    except (MemoryError, torch.OutOfMemoryError) as error:
        raise OutOfMemory(f"{spec.label} did not fit into the memory of {device}") from error
    except (BackboneError, CodeRefused):
        raise
    except SafetensorError as error:
        raise BackboneError(f"The weights of {spec.label} are damaged: {error}") from error
    except Exception as error:  # a model's files and code may raise anything
        failure = BackboneError(_load_message(spec, error), _load_hint(error))
        failure.unforeseen = True
        raise failure from error


def _load_message(spec: BackboneSpec, error: BaseException) -> str:
    """The message with the whole error on one line: its end often says what is wrong."""
    message = " ".join(line.strip() for line in str(error).splitlines() if line.strip())
    return f"{spec.label} cannot be loaded: {message[:LONGEST] or type(error).__name__}"


def _load_hint(error: BaseException) -> str:
    if "trust_remote_code" in str(error):
        return (
            "The model brings code of its own. It runs only when the profile says "
            "trust_remote_code = true and you trust it: align-tui run asks, or takes --trust."
        )
    return "Check that it is a language model with its tokenizer. See: align-tui doctor"
