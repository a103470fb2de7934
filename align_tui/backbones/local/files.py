"""The files of a model: found or fetched, measured and hashed before anything is loaded."""

from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path
from typing import Any

from align_tui.backbones.base import OnProgress
from align_tui.config import paths
from align_tui.config.profile import BackboneSpec
from align_tui.core.errors import BackboneError

BYTES = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U8": 1}
HASH_LIMIT = 2 << 30
WANTED = ["*.safetensors", "*.json", "*.jinja", "*.model", "*.txt", "*.py"]


def locate(spec: BackboneSpec, progress: OnProgress) -> tuple[Path, str]:
    """(folder, identity) of the model's files, fetched from the hub when they are not here."""
    if spec.kind == "demo":
        folder = paths.demo_model()
        if not (folder / "model.safetensors").is_file():
            raise BackboneError(
                f"The demo model is not in this installation ({folder})",
                "Install align-tui again, or name a model: --backbone MODEL.",
            )
        return folder, files_hash(folder)
    folder = Path(spec.model).expanduser()
    if folder.is_dir():
        if not (folder / "config.json").is_file():
            raise BackboneError(f"{folder} is no model folder: it has no config.json")
        return folder, files_hash(folder)
    if spec.model.startswith((".", "/", "~")) or spec.model.count("/") != 1:
        raise BackboneError(
            f"There is no model at {spec.model}",
            "Name a folder that exists, or a hub id such as mistralai/Mistral-7B-Instruct-v0.3.",
        )
    return _from_hub(spec, progress)


def _from_hub(spec: BackboneSpec, progress: OnProgress) -> tuple[Path, str]:
    from huggingface_hub import constants, snapshot_download
    from huggingface_hub.errors import (
        GatedRepoError,
        HFValidationError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    cached = cached_snapshot(spec)
    if cached is not None:
        return cached, f"{spec.model}@{cached.name}"
    get = f"On a machine with a network: hf download {spec.model}, then set HF_HOME to its cache"
    if constants.HF_HUB_OFFLINE:
        raise BackboneError(f"{spec.model} is not on this machine, which is offline", get + ".")
    progress(f"fetching {spec.model}", None)
    try:
        folder = snapshot_download(
            spec.model,
            revision=spec.revision,
            allow_patterns=WANTED,
            tqdm_class=_progress_bar(spec.model, progress),
            etag_timeout=10,
        )
    except GatedRepoError as error:
        raise BackboneError(
            f"{spec.model} is behind a licence that this account has not accepted",
            f"Accept it at huggingface.co/{spec.model} and set HF_TOKEN.",
        ) from error
    except RevisionNotFoundError as error:
        raise BackboneError(f"{spec.model} has no revision {spec.revision!r}") from error
    except (RepositoryNotFoundError, HFValidationError) as error:
        raise BackboneError(
            f"The hub knows no model {spec.model!r}, or it is private",
            "Check the name; for a private model set HF_TOKEN.",
        ) from error
    except Exception as error:  # the hub's client has changed its HTTP library, and so its errors
        raise BackboneError(
            f"{spec.model} is not on this machine and cannot be fetched ({_short(error)})",
            get + ".",
        ) from error
    return Path(folder), f"{spec.model}@{Path(folder).name}"


def _short(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return (lines[0] if lines else type(error).__name__)[:160]


def _progress_bar(name: str, progress: OnProgress) -> type[Any]:
    from huggingface_hub.utils.tqdm import tqdm as hub_tqdm

    class Reporting(hub_tqdm):
        """The hub's progress bar, told to the worker's row in place of a terminal."""

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            quiet: dict[str, Any] = {**kwargs, "file": io.StringIO()}
            super().__init__(*args, **quiet)  # type: ignore[no-untyped-call]  # tqdm has no types

        def update(self, n: float | None = 1) -> bool | None:
            shown: bool | None = super().update(n)
            if self.total:
                progress(f"fetching {name}", min(1.0, self.n / self.total))
            return shown

    return Reporting


def cached_snapshot(spec: BackboneSpec) -> Path | None:
    """The folder of a hub model that is wholly on this machine, or None; asks no network."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        folder = Path(
            snapshot_download(
                spec.model, revision=spec.revision, allow_patterns=WANTED, local_files_only=True
            )
        )
    except (LocalEntryNotFoundError, HFValidationError, OSError):
        return None
    whole = (folder / "config.json").is_file() and all(p.is_file() for p in weight_files(folder))
    return folder if whole and weight_files(folder) else None


def weight_files(folder: Path) -> list[Path]:
    """The safetensors files that the model consists of, those of its index when it has one."""
    index = folder / "model.safetensors.index.json"
    if index.is_file():
        try:
            names = set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values())
        except (ValueError, KeyError, AttributeError, OSError) as error:
            raise BackboneError(f"{index} cannot be read: {error}") from error
        return [folder / Path(str(name)).name for name in sorted(names)]
    return sorted(folder.glob("*.safetensors"))


def _header(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if not 2 <= length <= 100_000_000:
                raise ValueError("its header is damaged")
            header: dict[str, Any] = json.loads(file.read(length))
            return header
    except (OSError, ValueError) as error:
        raise BackboneError(
            f"{path} cannot be read: {error}", "Fetch the model's files again."
        ) from error


def count_parameters(folder: Path) -> tuple[int, int]:
    """(parameters, bytes as stored) of the model's weights, read from the files' headers."""
    files = weight_files(folder)
    if not files:
        raise BackboneError(
            f"{folder} holds no safetensors weights",
            "Pickled weights (.bin, .pt) are never loaded; convert them to safetensors.",
        )
    parameters = stored = 0
    for path in files:
        for name, entry in _header(path).items():
            if name == "__metadata__":
                continue
            count = 1
            for size in entry["shape"]:
                count *= int(size)
            parameters += count
            stored += count * BYTES.get(entry["dtype"], 1)
    return parameters, stored


def files_hash(folder: Path) -> str:
    """SHA-256 of config, tokenizer and weights (of very large weights: sizes and headers)."""
    digest = hashlib.sha256()
    files = [p for p in sorted(folder.glob("*.json")) if p.is_file()] + weight_files(folder)
    large = sum(p.stat().st_size for p in files if p.is_file()) > HASH_LIMIT
    for path in files:
        digest.update(path.name.encode())
        if not path.is_file():
            raise BackboneError(f"{path} is missing", "Fetch the model's files again.")
        with path.open("rb") as file:
            if large and path.suffix == ".safetensors":
                digest.update(str(path.stat().st_size).encode() + file.read(1 << 20))
            else:
                while block := file.read(1 << 20):
                    digest.update(block)
    return "sha256:" + digest.hexdigest()
