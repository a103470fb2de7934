"""Find hub models in the cache or fetch them, and only the files that loading needs."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from align_tui.backbones.base import OnProgress
from align_tui.config.backbone_spec import BackboneSpec
from align_tui.config.model_files.weights import is_adapter, missing_parts
from align_tui.core.errors import BackboneError
from align_tui.core.text.redaction import Secret

WANTED = [
    "model*.safetensors",
    "adapter_model.safetensors",
    "*.json",
    "*.jinja",
    "*.model",
    "*.txt",
    "*.py",
]
BESIDE = ["*/*"]
"""Folders in a repository, which have the same weights in other forms (original/, onnx/, ...)."""
_GGUF = re.compile(r"([A-Za-z0-9][\w.\-]*/[A-Za-z0-9][\w.\-]*):([\w.\-]+(?:/[\w.\-]+)*\.gguf)")
T = TypeVar("T")


def gguf_name(model: str) -> tuple[str, str] | None:
    """(repository, file) of `org/name:file.gguf`; None for any other name."""
    found = _GGUF.fullmatch(model)
    return (found[1], found[2]) if found and ".." not in found[2].split("/") else None


def cached_snapshot(spec: BackboneSpec) -> Path | None:
    """The folder of a hub model in the cache, complete or not, or None; uses no network."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(spec.model, revision=spec.revision, local_files_only=True))
    except (LocalEntryNotFoundError, HFValidationError, OSError):
        return None


def missing_of(folder: Path) -> list[str]:
    """The names of files that a snapshot of a model or an adapter lacks."""
    return [] if is_adapter(folder) else missing_parts(folder)


def find_snapshot(spec: BackboneSpec, progress: OnProgress, *, fetch: bool = True) -> Path:
    """The folder of a hub model; fetches what is missing.

    Raises BackboneError, whose message says which files are missing.
    """
    folder = cached_snapshot(spec)
    lacks = missing_of(folder) if folder is not None else []
    if folder is not None and not lacks:
        return folder
    here = "is not on this machine"
    if lacks:
        here = f"is only partly on this machine ({', '.join(lacks[:4])} missing)"
    if not fetch:
        raise BackboneError(f"{spec.model} {here}", f"hf download {spec.model}")

    def get() -> Path:
        from huggingface_hub import snapshot_download

        return Path(
            snapshot_download(
                spec.model,
                revision=spec.revision,
                allow_patterns=WANTED,
                ignore_patterns=BESIDE,
                tqdm_class=_progress_bar(spec.model, progress),
                etag_timeout=10,
            )
        )

    folder = _fetched(spec.model, spec.revision, here, progress, get)
    lacks = missing_of(folder)
    if lacks:  # without an answer from the hub, its client returns the incomplete folder
        raise BackboneError(
            f"{spec.model} is only partly on this machine ({', '.join(lacks[:4])} missing), and "
            "the hub did not complete it",
            "Check the network. If it works, the hub's copy may have no safetensors that "
            f"transformers loads: see huggingface.co/{spec.model}/tree/main",
        )
    return folder


def find_gguf(spec: BackboneSpec, progress: OnProgress, *, fetch: bool = True) -> Path:
    """The file that `org/name:file.gguf` names; fetches it when it is missing."""
    named = gguf_name(spec.model)
    assert named is not None
    repository, name = named
    from huggingface_hub import hf_hub_download, try_to_load_from_cache

    cached = try_to_load_from_cache(repository, name, revision=spec.revision)
    if isinstance(cached, str):
        return Path(cached)
    here = "is not on this machine"
    if not fetch:
        raise BackboneError(f"{spec.model} {here}", f"hf download {repository} {name}")

    def get() -> Path:
        return Path(
            hf_hub_download(
                repository,
                name,
                revision=spec.revision,
                tqdm_class=_progress_bar(spec.model, progress),
                etag_timeout=10,
            )
        )

    return _fetched(repository, spec.revision, here, progress, get, name)


def _fetched(
    model: str,
    revision: str | None,
    here: str,
    progress: OnProgress,
    get: Callable[[], Path],
    name: str = "",
) -> Path:
    """The path that `get` fetches; raises BackboneError with the reason of a failure."""
    from huggingface_hub import constants
    from huggingface_hub.errors import (
        GatedRepoError,
        HFValidationError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    command = f"hf download {model} {name}".strip()
    elsewhere = f"On a machine with a network: {command}, then set HF_HOME to its cache."
    if constants.HF_HUB_OFFLINE:
        raise BackboneError(f"{model} {here}, and HF_HUB_OFFLINE is set", elsewhere)
    progress(f"fetching {model}", None)
    try:
        return get()
    except GatedRepoError as error:
        raise BackboneError(
            f"{model} has a licence that this account has not accepted",
            f"Accept it at huggingface.co/{model} and set HF_TOKEN.",
        ) from error
    except RevisionNotFoundError as error:
        raise BackboneError(f"{model} has no revision {revision!r}") from error
    except (RepositoryNotFoundError, HFValidationError) as error:
        raise BackboneError(
            f"The hub knows no model {model!r}, or it is private",
            "Check the name; for a private model set HF_TOKEN.",
        ) from error
    except Exception as error:  # the hub's client raises errors of its HTTP library
        raise BackboneError(
            f"{model} {here} and cannot be fetched ({_short(error)})", elsewhere
        ) from error


def _short(error: BaseException) -> str:
    """The first line of the hub's error, without the user's token."""
    from huggingface_hub import get_token

    lines = Secret(get_token() or "").redacted(str(error)).strip().splitlines()
    return (lines[0] if lines else type(error).__name__)[:160]


def _progress_bar(name: str, progress: OnProgress) -> type[Any]:
    from huggingface_hub.utils.tqdm import tqdm as hub_tqdm

    class Reporting(hub_tqdm):
        """The hub's progress bar, which reports to `progress` and not to a terminal."""

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            quiet: dict[str, Any] = {**kwargs, "file": io.StringIO()}
            super().__init__(*args, **quiet)  # type: ignore[no-untyped-call]  # tqdm has no types

        def update(self, n: float | None = 1) -> bool | None:
            shown: bool | None = super().update(n)
            if self.total:
                progress(f"fetching {name}", min(1.0, self.n / self.total))
            return shown

    return Reporting
