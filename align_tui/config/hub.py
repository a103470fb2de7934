"""Which models of the hub are on this machine, as far as that can be told without a network."""

from __future__ import annotations

from collections.abc import Iterable

from align_tui.config.backbone_spec import BackboneSpec
from align_tui.config.backbones import is_local
from align_tui.config.profile import Profile


def missing_models(profiles: Iterable[Profile]) -> tuple[str, ...]:
    """The hub ids that profiles ask for and of which nothing is in the hub's cache here.

    Neither the hub nor a server is asked. Takes a third of a second: it imports the hub's client.
    """
    wanted = {
        spec.model: spec
        for profile in profiles
        for spec in profile.used_models.values()
        if _of_hub(spec)
    }
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
            return False  # said in words when it is asked
        return isinstance(found, str)

    return tuple(model for model, spec in wanted.items() if not is_here(spec))


def _of_hub(spec: BackboneSpec) -> bool:
    return spec.kind == "transformers" and not is_local(spec.model)
