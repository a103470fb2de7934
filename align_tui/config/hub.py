"""Which hub models are on this machine, found without a network."""

from __future__ import annotations

from collections.abc import Iterable

from align_tui.config.backbone_spec import FROM_HUB, BackboneSpec
from align_tui.config.backbones import is_local
from align_tui.config.profile import Profile


def missing_models(profiles: Iterable[Profile]) -> tuple[str, ...]:
    """The hub ids of the profiles' models that are not in the cache of this machine.

    Neither the hub nor a server is asked. It takes a third of a second to import the hub's client.
    """
    return missing_specs(spec for profile in profiles for spec in profile.used_models.values())


def missing_specs(specs: Iterable[BackboneSpec]) -> tuple[str, ...]:
    """The same of models."""
    wanted = {spec.model: spec for spec in specs if _of_hub(spec)}
    if not wanted:
        return ()
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    def is_here(spec: BackboneSpec) -> bool:
        repository, _, file = spec.model.partition(":")  # a GGUF file of it, or all of it
        try:
            found = try_to_load_from_cache(
                repository, file or "config.json", revision=spec.revision
            )
        except HFValidationError:
            return False  # opening the model reports the error
        return isinstance(found, str)

    return tuple(model for model, spec in wanted.items() if not is_here(spec))


def _of_hub(spec: BackboneSpec) -> bool:
    return spec.kind in FROM_HUB and not is_local(spec.model)
