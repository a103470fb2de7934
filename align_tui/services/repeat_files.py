"""Find out, before anything runs, which files a repeated run lacks on this machine."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from align_tui.core.errors import ConfigError
from align_tui.core.text.display import one_line
from align_tui.core.text.plurals import counted

if TYPE_CHECKING:
    from align_tui.config.profile import Profile
    from align_tui.config.study import Study
    from align_tui.formats.bundle.content import Bundle


def require_files(study: Study, bundle: Bundle) -> None:
    """Raise ConfigError that names each file that is not here, with its hash and its profiles."""
    profiles: dict[str, list[str]] = {}
    models: dict[str, None] = {}
    for index, profile in enumerate(study.profiles):
        for model, sentence in _models(profile, index, bundle):
            models[model] = None
            profiles.setdefault(sentence, []).append(profile.name)
        for sentence in (*_records(profile, study), *_examples(profile)):
            profiles.setdefault(sentence, []).append(profile.name)
    if not profiles:
        return
    said = [
        f"{sentence}; needed by {', '.join(dict.fromkeys(names))}"
        for sentence, names in profiles.items()
    ]
    copies = " ".join(f"--model {shlex.quote(model)}=YOUR_COPY" for model in models)
    raise ConfigError(
        "This machine lacks what decided. " + ". ".join(said),
        f"Name your copies of the models: {copies}"
        if models
        else "Import the sets under the same names: align-tui scenarios import FILE.",
    )


def _models(profile: Profile, index: int, bundle: Bundle) -> Iterator[tuple[str, str]]:
    """(model, what is missing) for each model in a folder or file that is not here."""
    from align_tui.config.backbone_spec import FROM_HUB
    from align_tui.config.backbones import check_model

    for role, spec in profile.used_models.items():
        try:
            check_model(spec, f"profile {profile.name}", f"models.{role}" if role else "backbone")
        except ConfigError as error:  # it asks no hub
            if spec.kind not in FROM_HUB or not spec.model:
                yield spec.model, error.message
                continue
            kind = "file" if spec.model.lower().endswith(".gguf") else "folder"
            named = f"the model {kind} {one_line(spec.model, 300)}"
            yield spec.model, f"It does not have {named} ({_told(files_of(bundle, index, role))})"


def _examples(profile: Profile) -> Iterator[str]:
    spec = profile.examples
    if spec is not None and not spec.is_loaded:
        names = ", ".join(one_line(name, 200) for name in spec.scenarios)
        yield f"The bundle does not have the examples {names} (hash {_cut(spec.set_sha256)})"


def _cut(digest: str) -> str:
    return f"{digest[:16]}…" if digest else "not recorded"


def files_of(bundle: Bundle, profile: int, role: str) -> tuple[Mapping[str, str], ...]:
    """The files (SHA-256 by name) of each model that decided a profile in that role, if known."""
    found: dict[str, Mapping[str, str]] = {}
    for each in bundle.models:
        files = each.body.get("files") if isinstance(each.body, dict) else None
        if (each.profile, each.role) == (profile, role) and isinstance(files, dict):
            found[each.hash] = {str(name): str(sha256) for name, sha256 in files.items()}
    return tuple(found.values())


def _told(models: tuple[Mapping[str, str], ...]) -> str:
    from align_tui.core.types import content_hash

    if not models:
        return "the hashes of its files are not recorded"
    files = models[-1]
    weights = [name for name in files if name.endswith((".safetensors", ".bin", ".gguf"))]
    named = "".join(f", {one_line(name, 80)} {files[name]}" for name in sorted(weights)[:1])
    return f"{counted(len(files), 'file')}, SHA-256 {content_hash(dict(files))[:16]}…{named}"


def _records(profile: Profile, study: Study) -> Iterator[str]:
    from align_tui.config.adm_params import UsesRecords
    from align_tui.config.attributes import load_attributes
    from align_tui.studies.records import read_sets

    adm = profile.adm
    if not isinstance(adm, UsesRecords) or not adm.records:
        return
    try:
        read_sets(adm, study.attributes or load_attributes())
    except ConfigError as error:
        names = ", ".join(one_line(name, 200) for name in adm.records)
        digest = _cut(adm.records_sha256)
        yield (
            f"The bundle does not have the records {names} (hash {digest}), and here: "
            f"{error.message}"
        )
