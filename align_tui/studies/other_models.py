"""Let a stored study run on copies of its models, or on another model, on this machine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import PurePath
from typing import TypeVar

from align_tui.config.backbone_spec import FROM_HUB, BackboneSpec
from align_tui.config.backbones import Backbone, check_model, is_local, resolve, typed
from align_tui.config.code import with_hashes
from align_tui.config.profile import MAIN, Profile
from align_tui.config.study import Study
from align_tui.core.errors import ConfigError
from align_tui.core.text.display import one_line

_Spec = TypeVar("_Spec", bound=BackboneSpec)


def on_models(study: Study, models: Sequence[str], backbone: str | None = None) -> Study:
    """The study on other models. Everything else of its profiles stays: prompts, decoding, seeds.

    Each of `models` is `OLD=NEW`, or `NEW` where the study has one model. OLD is a model as the
    profiles name it, or the last part of its path; NEW is a folder, a GGUF file, a hub id, a named
    backbone or a URL. A folder and a hub id change where the weights come from and nothing else.
    `backbone` replaces the main model of every profile that asks one. Raises ConfigError.
    """
    wanted = [_read(study, text) for text in models]
    found = {text: resolve(typed(text)) for text in [new for _, new in wanted]}
    profiles = study.profiles
    for old, new in wanted:
        profiles = tuple(_replaced(profile, old, found[new]) for profile in profiles)
    if backbone is not None:
        other = resolve(typed(backbone))
        profiles = tuple(
            _with_spec(profile, MAIN, _moved(profile.backbone, other))
            if profile.needs_model
            else profile
            for profile in profiles
        )
    for profile, before in zip(profiles, study.profiles, strict=True):
        if profile is not before:
            for role, spec in profile.used_models.items():
                check_model(spec, f"profile {profile.name}", f"models.{role}" if role else "model")
    return replace(study, profiles=profiles)


def _read(study: Study, text: str) -> tuple[str, str]:
    """(the model to replace, what replaces it); a path may have the sign `=` in its name."""
    known = list(dict.fromkeys(each.model for each in _specs(study.profiles) if each.model))
    at = text.find("=")
    while at >= 0:
        old = [model for model in known if _names(text[:at], model)]
        if old and text[at + 1 :]:
            if len(old) > 1:
                raise ConfigError(
                    f"--model {one_line(text, 200)}: several models have that name: "
                    f"{', '.join(one_line(each, 200) for each in old)}",
                    "Name one by its whole path.",
                )
            return old[0], text[at + 1 :]
        at = text.find("=", at + 1)
    if len(known) == 1 and text and "=" not in text:
        return known[0], text
    said = ", ".join(one_line(each, 200) for each in known) or "none"
    raise ConfigError(
        f"--model {one_line(text, 200)} replaces no model of the run; its models are: {said}",
        "For example: --model OLD=NEW, with OLD as it stands here, or the last part of its path.",
    )


def _specs(profiles: Iterable[Profile]) -> Iterator[BackboneSpec]:
    for profile in profiles:
        yield from profile.used_models.values()


def _names(text: str, model: str) -> bool:
    """Does `text` name the model: whole, with `~`, or by the last part of its path?"""
    from align_tui.config.reading.files import as_path

    if text == model or (text and text == PurePath(model.rstrip("/")).name):
        return True
    return text.startswith("~") and str(as_path(text)) == model


def _replaced(profile: Profile, old: str, new: Backbone) -> Profile:
    for role, spec in profile.used_models.items():
        if spec.model == old:
            profile = _with_spec(profile, role, _moved(spec, new))
    return profile


def _moved(spec: _Spec, new: Backbone) -> _Spec:
    """The model's settings with other weights; those of a named backbone or a server as a whole."""
    other = new.spec
    local = other.kind in FROM_HUB and spec.kind in FROM_HUB
    if not new.name and local:
        revision = None if is_local(other.model) else spec.revision
        return spec.model_copy(update={"model": other.model, "revision": revision})
    return spec.model_copy(update={key: getattr(other, key) for key in BackboneSpec.model_fields})


def _with_spec(profile: Profile, role: str, spec: BackboneSpec) -> Profile:
    if role == MAIN:
        made = profile.model_copy(update={"backbone": spec})
    else:
        made = profile.model_copy(update={"models": {**profile.models, role: spec}})
    return with_hashes(made) if spec.trust_remote_code and not spec.code_sha256 else made
