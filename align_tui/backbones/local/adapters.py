"""Adapters (LoRA and similar): peft puts them on their base model and merges them into it.

A merged model is an ordinary one: it decodes in the batch as its base does.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from align_tui.core.errors import BackboneError, MissingPackage

if TYPE_CHECKING:
    from transformers import PreTrainedModel


def require_peft(folder: Path, base: str) -> None:
    """Raise MissingPackage unless the `peft` extra is installed."""
    try:
        import peft  # noqa: F401
    except ImportError as error:
        raise MissingPackage(
            f"{folder} is an adapter of {base}, and loading adapters needs the package peft: "
            f"{error}",
            "Install it: pip install 'align-tui[peft]' (in a checkout: pip install -e '.[peft]'). "
            "Or merge the adapter into its base (merge_and_unload) and name the merged folder.",
        ) from error


def adapted(model: PreTrainedModel, adapters: Sequence[Path]) -> PreTrainedModel:
    """The model with the adapters merged into it, in the order given.

    Raises BackboneError for an adapter that lacks a tensor or has one that the model has no place
    for.
    """
    from peft import PeftConfig, PeftModel

    for folder in adapters:
        config = PeftConfig.from_pretrained(str(folder))
        over = PeftModel(model, config)
        found: Any = over.load_adapter(str(folder), "default")
        missing = [name for name in found.missing_keys if ".default." in name]
        for what, names in (("lacks", missing), ("adds", found.unexpected_keys)):
            if names:
                raise BackboneError(
                    f"The adapter {folder} does not fit its base: it {what} {len(names)} tensors, "
                    f"the first is {sorted(names)[0]}",
                    "Check that the adapter was made for this model, in this version.",
                )
        merged: PreTrainedModel = over.merge_and_unload()
        model = merged
    return model
