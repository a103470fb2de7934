"""Open a model that turns texts into vectors: a sentence-transformers folder or a hub id."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModel, PreTrainedModel, PreTrainedTokenizerBase

from align_tui.backbones.base import ModelInfo, OnProgress
from align_tui.backbones.embedding.backbone import EmbeddingBackbone
from align_tui.backbones.embedding.pooling import POOLING, longest_of, read_pooling
from align_tui.backbones.local.files import ModelFiles, locate
from align_tui.backbones.local.identity import FileHashes, machine_facts
from align_tui.backbones.local.load import (
    check_memory,
    check_room,
    loading_errors,
    pick_device,
    pick_dtype,
    quieten,
    read_config,
    read_tokenizer,
)
from align_tui.backbones.local.model_code import check_code, only_trusted
from align_tui.config.backbone_spec import BackboneSpec
from align_tui.core.errors import BackboneError
from align_tui.core.text.plurals import counted

MEAN = "Its folder states no pooling (1_Pooling/config.json), so vectors are means over tokens."
_POOLERS = ("pooler.", "classifier.", "cls.", "lm_head.", "embeddings.position_ids")
"""Weights that vectors of tokens do not need; folders may lack them or bring more of them."""


def open_embedding(spec: BackboneSpec, progress: OnProgress) -> EmbeddingBackbone:
    """Load the model that `spec` names into this process; slow. Raises BackboneError."""
    quieten()
    files = _plain(spec, locate(spec, progress))
    check_code(spec, files)
    device = pick_device(spec.device)
    dtype = pick_dtype(spec, device)
    size = files.size()
    check_memory(size.parameters, dtype, device)
    progress(f"loading {spec.label}", None)
    pooling = read_pooling(_pooling_file(spec, files))
    with loading_errors(spec, device):
        model, tokenizer = _read(spec, files, dtype=dtype, **spec.load)
        torch.nn.Module.to(model, device)
    longest = longest_of(files.folder, _positions(model, tokenizer))
    pooled = f"{pooling.mode} of up to {counted(longest, 'token')}"
    info = ModelInfo(
        name=spec.label,
        identity=f"{files.identity}, {pooled}",
        device=str(device),
        dtype=str(dtype).removeprefix("torch."),
        parameters=size.parameters,
        facts=machine_facts(device) | {"pooling": pooled},
        files=FileHashes(files),
    )
    info = info if pooling.is_stated else replace(info, notes=(MEAN,))
    return EmbeddingBackbone(model, tokenizer, device, pooling.mode, longest, info)


def open_demo_embedding(spec: BackboneSpec, progress: OnProgress) -> EmbeddingBackbone:
    """Load the embedded demo model to embed texts: its means over tokens, good for a try only."""
    return open_embedding(spec.model_copy(update={"kind": "demo", "model": ""}), progress)


def check_embedding(spec: BackboneSpec) -> ModelFiles:
    """Check a model as loading does before it reads weights' numbers; returns its files.

    Fetches nothing and runs no untrusted code. Raises BackboneError (OutOfMemory when the model
    cannot fit).
    """
    quieten()
    spec = only_trusted(spec)
    files = _plain(spec, locate(spec, lambda what, share: None, fetch=False))
    check_room(spec, files.size())
    read_pooling(files.folder / POOLING)
    with loading_errors(spec, torch.device("meta")):
        _read(spec, files, device_map="meta")
    return files


def _plain(spec: BackboneSpec, files: ModelFiles) -> ModelFiles:
    """The files; raises BackboneError unless they are a folder of safetensors alone."""
    if files.gguf is not None or files.adapters:
        raise BackboneError(
            f"{spec.label} cannot be loaded as an embedding model",
            "Name a folder or a hub id with safetensors, such as "
            "sentence-transformers/all-MiniLM-L6-v2.",
        )
    return files


def _pooling_file(spec: BackboneSpec, files: ModelFiles) -> Path:
    """The folder's `1_Pooling/config.json`; of a hub model it is fetched, if it has one."""
    path = files.folder / POOLING
    if path.is_file() or Path(spec.model).expanduser().is_dir():
        return path
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    try:
        return Path(hf_hub_download(spec.model, POOLING.as_posix(), revision=files.folder.name))
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError, ValueError):
        return path  # the model's notes say that none was found


def _read(
    spec: BackboneSpec, files: ModelFiles, **load: Any
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    config = read_config(files, spec)
    tokenizer = read_tokenizer(files, spec)
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token or tokenizer.unk_token
    loaded: Any = AutoModel.from_pretrained(
        files.folder,
        config=config,
        use_safetensors=True,
        output_loading_info=True,
        trust_remote_code=spec.trust_remote_code,
        local_files_only=True,
        **load,
    )
    model, found = loaded  # output_loading_info returns this pair
    _refuse_random(spec, found)
    model.eval()
    return model, tokenizer


def _refuse_random(spec: BackboneSpec, found: Mapping[str, Any]) -> None:
    """Raise BackboneError if transformers filled a weight with random numbers."""
    names = sorted(str(name) for name in found.get("missing_keys", ()))
    missing = [name for name in names if not name.startswith(_POOLERS)]
    if missing or found.get("mismatched_keys"):
        raise BackboneError(
            f"The weights of {spec.label} are not those that its config.json describes: "
            f"it lacks {', '.join(missing[:3]) or 'tensors of the right shapes'}",
            "Its vectors would be made of random numbers.",
        )


def _positions(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> int:
    """The most tokens that model and tokenizer take; RoBERTa keeps two positions for padding."""
    most = getattr(model.config, "max_position_embeddings", None)
    limit = int(most) if isinstance(most, int) and most > 0 else 512
    if getattr(model.config, "model_type", "") in ("roberta", "xlm-roberta", "camembert", "mpnet"):
        limit -= 2
    longest = tokenizer.model_max_length
    return min(limit, longest) if isinstance(longest, int) and longest > 0 else limit
