"""Find out, before anything runs, which files a repeated run lacks on this machine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from align_tui.core.errors import ConfigError
from align_tui.core.text.display import one_line

if TYPE_CHECKING:
    from align_tui.config.profile import Profile
    from align_tui.config.study import Study
    from align_tui.formats.bundle.content import Bundle


def require_files(study: Study, bundle: Bundle) -> None:
    """Raise ConfigError that names each file that is not here, with its hash."""
    missing = list(_missing(study, bundle))
    if missing:
        paths = any("folder" in each or "file" in each for each in missing)
        raise ConfigError(
            "; ".join(missing),
            "Name your copy of the model: --model OLD=NEW."
            if paths
            else "Import the sets of the same names: align-tui scenarios import FILE.",
        )


def _missing(study: Study, bundle: Bundle) -> Iterator[str]:
    for index, profile in enumerate(study.profiles):
        yield from dict.fromkeys(_models(profile, index, bundle))
        yield from _records(profile, study)
        spec = profile.examples
        if spec is not None and not spec.is_loaded:
            names = ", ".join(one_line(name, 200) for name in spec.scenarios)
            yield (
                f"profile {profile.name}: the bundle does not have its examples {names} "
                f"(hash {spec.set_sha256[:16] or 'not recorded'})"
            )


def _models(profile: Profile, index: int, bundle: Bundle) -> Iterator[str]:
    from align_tui.config.backbone_spec import FROM_HUB
    from align_tui.config.backbones import is_local

    for role, spec in profile.used_models.items():
        if spec.kind not in FROM_HUB or is_local(spec.model):
            continue
        if not Path(spec.model).is_absolute():
            continue  # of the hub, which is not asked here
        kind = "file" if spec.model.lower().endswith(".gguf") else "folder"
        whose = f"its model for {role}, the" if role else "its model, the"
        yield (
            f"profile {profile.name}: {whose} {kind} {one_line(spec.model, 300)}, is not on this "
            f"machine ({_told(files_of(bundle, index, role))})"
        )


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
    return f"{len(files)} files, SHA-256 {content_hash(dict(files))[:16]}…{named}"


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
        yield (
            f"profile {profile.name}: the bundle does not have its records {names} (hash "
            f"{adm.records_sha256[:16] or 'not recorded'}), and here {error.message}"
        )
