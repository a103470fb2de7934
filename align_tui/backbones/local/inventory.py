"""List the models on this machine from configs and headers, without transformers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from align_tui.backbones.local import hub
from align_tui.config import paths
from align_tui.config.backbone_spec import BackboneSpec
from align_tui.config.model_files.gguf_header import read_header
from align_tui.config.model_files.small_files import object_in
from align_tui.config.model_files.weights import (
    ADAPTER,
    adapter_base,
    count_parameters,
    header_of,
    is_adapter,
    missing_parts,
    size_in,
)
from align_tui.core.errors import AlignError

if TYPE_CHECKING:
    from huggingface_hub import CachedRepoInfo


@dataclass(frozen=True, slots=True)
class Glance:
    """A model as lists show it. `here` is 'whole', 'in part', 'damaged', 'not here' or 'server'.

    `lacks` says what is missing or wrong; `stored` is the size of the weights in bytes.
    """

    model: str
    here: str
    architecture: str = ""
    parameters: int | None = None
    stored: int | None = None
    lacks: str = ""


def glance_at(spec: BackboneSpec) -> Glance:
    """A glance at the model of a backbone; fetches nothing."""
    if not spec.is_local:
        where = ", ".join(spec.server.base_urls)
        return Glance(" at ".join(part for part in (spec.model, where) if part), "server")
    if spec.kind in ("demo", "demo-embedding"):
        return _in_folder(spec.kind, paths.demo_model())
    path = Path(spec.model).expanduser()
    if path.is_dir():
        return _in_folder(spec.model, path)
    if path.is_file():
        return _gguf(spec.model, path)
    if hub.gguf_name(spec.model) is not None:
        try:
            return _gguf(spec.model, hub.find_gguf(spec, lambda what, share: None, fetch=False))
        except AlignError as error:
            return Glance(spec.model, "not here", lacks=error.hint)
    folder = hub.cached_snapshot(spec)
    if folder is None:
        return Glance(spec.model, "not here", lacks=f"hf download {spec.model}")
    return _in_folder(spec.model, folder)


def cached_models() -> Iterator[Glance]:
    """The models in the hub's cache; each GGUF file of a repository is a model."""
    from huggingface_hub import constants, scan_cache_dir
    from huggingface_hub.errors import CacheNotFound

    try:
        found = scan_cache_dir(constants.HF_HUB_CACHE)
    except (CacheNotFound, ValueError, OSError):
        return
    for repository in sorted(found.repos, key=lambda each: each.repo_id.lower()):
        folder = _newest(repository) if repository.repo_type == "model" else None
        if folder is None:
            continue
        files = sorted(folder.rglob("*.gguf"))
        for path in files:
            yield _gguf(f"{repository.repo_id}:{path.relative_to(folder).as_posix()}", path)
        if not files or (folder / "config.json").is_file():
            yield _in_folder(repository.repo_id, folder)


def _newest(repository: CachedRepoInfo) -> Path | None:
    """The snapshot of `main`, which a name without a revision means; else the newest one."""
    ordered = sorted(repository.revisions, key=lambda r: ("main" in r.refs, r.last_modified))
    return ordered[-1].snapshot_path if ordered else None


def _gguf(name: str, path: Path) -> Glance:
    try:
        header = read_header(path)
    except AlignError as error:
        return Glance(name, "damaged", lacks=error.message)
    return Glance(name, "whole", header.architecture, header.size.parameters, header.size.stored)


def _in_folder(name: str, folder: Path) -> Glance:
    try:
        if is_adapter(folder):
            return _adapter(name, folder)
        lacks = missing_parts(folder)
        if lacks:
            return Glance(name, "in part", _architecture(folder), lacks=", ".join(lacks))
        size = count_parameters(folder)
    except AlignError as error:
        return Glance(name, "damaged", _architecture(folder), lacks=error.message)
    return Glance(name, "whole", _architecture(folder), size.parameters, size.stored)


def _adapter(name: str, folder: Path) -> Glance:
    what = f"adapter of {adapter_base(folder)}"
    if not (folder / ADAPTER).is_file():
        return Glance(name, "in part", what, lacks=ADAPTER)
    size = size_in(header_of(folder / ADAPTER))
    return Glance(name, "whole", what, size.parameters, size.stored)


def _architecture(folder: Path) -> str:
    try:
        config = object_in(folder / "config.json")
        named = config.get("architectures") or config.get("model_type") or ""
        return str(named[0] if isinstance(named, list) else named)
    except (OSError, ValueError, AttributeError, LookupError, TypeError):
        return ""
