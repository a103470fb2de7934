"""Find or fetch a model's files, tell their kind, and identify them before loading."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from align_tui.backbones.base import OnProgress
from align_tui.backbones.local import adapters, gguf_file, hub
from align_tui.config import paths
from align_tui.config.backbone_spec import BackboneSpec
from align_tui.config.model_files import gguf_header
from align_tui.config.model_files.small_files import check_small_files
from align_tui.config.model_files.weights import (
    ADAPTER,
    DEEPEST,
    Size,
    adapter_base,
    base_spec,
    check_weights,
    count_parameters,
    files_hash,
    hash_of,
    is_adapter,
)
from align_tui.core.errors import BackboneError


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """The files of a model: a folder, perhaps with a `gguf` file in it or `adapters` over it.

    `identity` is the hub's revision or a hash of all files.
    """

    folder: Path
    identity: str
    gguf: Path | None = None
    adapters: tuple[Path, ...] = ()

    def size(self) -> Size:
        """Parameters and bytes of the weights without adapters; raises BackboneError."""
        if self.gguf is not None:
            return gguf_header.read_header(self.gguf).size
        return count_parameters(self.folder)


def locate(spec: BackboneSpec, progress: OnProgress, *, fetch: bool = True) -> ModelFiles:
    """The complete files of the model that `spec` names; fetches what is missing.

    Raises BackboneError when files are missing, or the folder holds no model or more than one.
    """
    return _locate(spec, progress, fetch, 0)


def _locate(spec: BackboneSpec, progress: OnProgress, fetch: bool, depth: int) -> ModelFiles:
    if spec.kind == "demo":
        folder = paths.demo_model()
        if not (folder / "model.safetensors").is_file():
            raise BackboneError(
                f"The demo model is missing from this installation ({folder})",
                "Install align-tui again, or name a model: --backbone MODEL.",
            )
        return ModelFiles(folder, files_hash(folder))
    path = Path(spec.model).expanduser()
    if path.is_dir():
        return _in_folder(spec, path, None, progress, fetch, depth)
    if path.is_file():
        return _single_file(path)
    if hub.gguf_name(spec.model) is not None:
        return _single_file(hub.find_gguf(spec, progress, fetch=fetch))
    if spec.model.startswith((".", "/", "~")) or spec.model.count("/") != 1:
        raise BackboneError(
            f"There is no model at {spec.model}",
            "Name an existing folder or .gguf file, or a hub id such as "
            "mistralai/Mistral-7B-Instruct-v0.3.",
        )
    folder = hub.find_snapshot(spec, progress, fetch=fetch)
    return _in_folder(spec, folder, f"{spec.model}@{folder.name}", progress, fetch, depth)


def _single_file(path: Path) -> ModelFiles:
    if path.suffix.lower() != ".gguf":
        raise BackboneError(
            f"{path} is not a file that the program can load",
            "Name the folder of a model, or a .gguf file.",
        )
    gguf_header.require_gguf()
    gguf_file.check_architecture(gguf_header.read_header(path))
    return ModelFiles(path.parent, hash_of([path]), gguf=path)


def _in_folder(
    spec: BackboneSpec,
    folder: Path,
    revision: str | None,
    progress: OnProgress,
    fetch: bool,
    depth: int,
) -> ModelFiles:
    """The model of a folder; for an adapter, its base model with the adapter over it."""
    if not is_adapter(folder):
        if not (folder / "config.json").is_file():
            raise BackboneError(
                f"{folder} is not a model folder: it has no config.json", _gguf_hint(folder)
            )
        check_weights(folder)
        check_small_files(folder)
        return ModelFiles(folder, revision or files_hash(folder))
    base = adapter_base(folder)
    if not (folder / ADAPTER).is_file():
        raise BackboneError(f"{folder} is an adapter of {base}, but its {ADAPTER} is missing")
    adapters.require_peft(folder, base)
    check_small_files(folder)
    if depth >= DEEPEST:
        raise BackboneError(
            f"{folder}: more than {DEEPEST} adapters adapt one another, without a base model"
        )
    found = _locate(base_spec(spec, folder), progress, fetch, depth + 1)
    identity = f"{found.identity} + adapter {revision or files_hash(folder)}"
    return ModelFiles(found.folder, identity, found.gguf, (*found.adapters, folder))


def _gguf_hint(folder: Path) -> str:
    files = sorted(folder.glob("*.gguf"))
    return f"It has GGUF files. Name one: {files[0]}" if files else ""
