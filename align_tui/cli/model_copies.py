"""Compare the files of this machine's models with those that a bundle's decisions came from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from align_tui.config import paths
from align_tui.config.backbone_spec import FROM_HUB, BackboneSpec
from align_tui.config.backbones import is_local
from align_tui.config.study import Study
from align_tui.core.text.display import one_line
from align_tui.core.text.plurals import counted
from align_tui.core.types import content_hash
from align_tui.formats.bundle.content import Bundle
from align_tui.services.repeat_files import files_of
from align_tui.store.run_models import differing_files

MOST_SHOWN = 5
Files = Mapping[str, str]  # SHA-256 by name


def model_notes(study: Study, bundle: Bundle) -> Iterator[tuple[bool, str]]:
    """(are they the same files?, a sentence) for each model in a folder or file of this machine.

    It reads whole files, which takes a while for large weights that were never hashed here. Raises
    BackboneError for a folder or file that holds no whole model.
    """
    known: dict[str, Files | str] = {}
    said: set[str] = set()
    for index, profile in enumerate(study.profiles):
        for role, spec in profile.used_models.items():
            if spec.kind not in FROM_HUB or not is_local(spec.model):
                continue
            if spec.key not in known:
                known[spec.key] = _files_here(spec)
            is_same, sentence = _note(spec, known[spec.key], files_of(bundle, index, role))
            if sentence not in said:
                said.add(sentence)
                yield is_same, sentence


def _files_here(spec: BackboneSpec) -> Files | str:
    """The files of a model on this machine, or why they cannot be read."""
    from align_tui.backbones.local.deciding_files import deciding_files
    from align_tui.backbones.local.files import locate
    from align_tui.files.hashes import hashes_of

    files = deciding_files(locate(spec, lambda what, share: None, fetch=False))
    try:
        found = hashes_of(files.values(), paths.cache_dir())
    except OSError as error:
        return str(error.strerror or error)
    return {name: found[path] for name, path in files.items()}


def _note(spec: BackboneSpec, here: Files | str, before: tuple[Files, ...]) -> tuple[bool, str]:
    model = one_line(spec.model, 200)
    if isinstance(here, str):
        return False, f"The files of {model} cannot be compared: {one_line(here, 300)}"
    if not before:
        return False, f"The bundle does not have the hashes of the files of {model}."
    if any(not differing_files(here, each) for each in before):
        count = counted(len(here), "file")
        digest = content_hash(dict(here))[:16]
        return True, f"{model} has the files that decided: {count}, SHA-256 {digest}…."
    then = before[-1]
    names = differing_files(here, then)
    parts = [
        f"{one_line(name, 80)} (SHA-256 {_cut(then.get(name))} then, {_cut(here.get(name))} here)"
        for name in names[:MOST_SHOWN]
    ]
    more = f", and {len(names) - MOST_SHOWN} more" if len(names) > MOST_SHOWN else ""
    return False, f"{model} is not the model that decided: {', '.join(parts)}{more}."


def _cut(sha256: str | None) -> str:
    return f"{sha256[:12]}…" if sha256 else "none"
