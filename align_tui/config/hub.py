"""Which hub models are on this machine, found without a network."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from align_tui.config.backbone_spec import FROM_HUB, BackboneSpec
from align_tui.config.backbones import is_local
from align_tui.config.profile import Profile

HEADS = ("config.json", "adapter_config.json")
"""The files that say what a folder holds: a model, or an adapter of one."""


def missing_models(profiles: Iterable[Profile]) -> tuple[str, ...]:
    """The hub ids of the profiles' models that are not in the cache of this machine.

    Neither the hub nor a server is asked. It takes a third of a second to import the hub's client.
    """
    specs = (spec for profile in profiles for spec in profile.used_models.values())
    wanted = {spec.model: spec for spec in specs if _of_hub(spec)}
    return tuple(model for model, spec in wanted.items() if cached(spec) is None)


def cached(spec: BackboneSpec) -> Path | None:
    """The folder, or the GGUF file, of a hub model in the cache, complete or not; None if absent.

    It imports the hub's client.
    """
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    repository, _, file = spec.model.partition(":")  # a GGUF file of it, or all of it
    for name in (file,) if file else HEADS:
        try:
            found = try_to_load_from_cache(repository, name, revision=spec.revision)
        except HFValidationError:
            return None  # opening the model reports the error
        if isinstance(found, str):
            return Path(found) if file else Path(found).parent
    return None


def _of_hub(spec: BackboneSpec) -> bool:
    return spec.kind in FROM_HUB and not is_local(spec.model)
