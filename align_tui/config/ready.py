"""Find out before a run exists what its models lack here: files, packages, keys, servers.

Without this each sample would fail with the same error. What is found here is what can be found in
a few seconds: opening a model checks the rest. Nothing is loaded or fetched.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path

from align_tui.config.backbone_spec import FROM_HUB, BackboneSpec
from align_tui.config.backbones import is_local
from align_tui.config.hub import HEADS, cached
from align_tui.config.model_files.complete import faults_of, in_words
from align_tui.config.model_files.weights import ADAPTER_CONFIG, DEEPEST, base_spec, is_adapter
from align_tui.config.paths import demo_model
from align_tui.config.profile import Profile
from align_tui.config.reading.files import as_path, is_dir, is_file
from align_tui.config.server_ready import (
    ANSWER_S,
    allowed_wait_s,
    check_server,
    require_package,
    wait_for_servers,
)
from align_tui.core.errors import (
    AlignError,
    BackboneError,
    MissingPackage,
    ServerUnreachable,
)

MOST = 5  # lacks that one message names
NOTHING_BEGAN = "Nothing was started. Details: align-tui doctor"
DEMO = frozenset({"demo", "demo-embedding"})  # kinds of the model that ships with the program


def require_ready(profiles: Iterable[Profile]) -> None:
    """Raise the BackboneError that says what the profiles' models lack; takes seconds at most.

    It is a ServerUnreachable only if nothing else is missing than servers that are not ready.
    """
    found = sorted(lacks(profiles), key=lambda error: isinstance(error, ServerUnreachable))
    if not found:
        return
    first, *others = found
    named = [error.message for error in (first, *others)][:MOST]
    more = f"; and {len(found) - MOST} more" if len(found) > MOST else ""
    raise type(first)("; ".join(named) + more, f"{first.hint} {NOTHING_BEGAN}".strip())


def wait_until_ready(profiles: Iterable[Profile], report: Callable[[str], None]) -> None:
    """Do as `require_ready` does, but first wait for servers that are not ready yet.

    It waits only as long as `--wait-for-server` allows, and only if nothing else is missing.
    """
    profiles = list(profiles)
    try:
        require_ready(profiles)
    except ServerUnreachable:
        seconds = allowed_wait_s()
        if not seconds:
            raise
        wait_for_servers(servers_of(profiles), seconds, report)
        require_ready(profiles)


def servers_of(profiles: Iterable[Profile]) -> list[BackboneSpec]:
    """The models on servers that the profiles ask, each once."""
    specs = (spec for each in profiles for spec in each.used_models.values())
    return list({spec.key: spec for spec in specs if spec.kind == "openai"}.values())


def lacks(profiles: Iterable[Profile]) -> Iterator[BackboneError]:
    """What the models of the profiles lack, each model once, those in roles included."""
    specs = {
        spec.key: spec
        for profile in profiles
        for spec in profile.used_models.values()
        if spec.may_be_missing or spec.kind in DEMO
    }
    with ThreadPoolExecutor(max_workers=8) as pool:
        for error in pool.map(_lack_of, specs.values()):
            if error is not None:
                yield error


def absences(specs: Iterable[BackboneSpec]) -> dict[str, str]:
    """What models lack here, in a word or two for lists, by their key; no hub or server is asked.

    It is `not here`, `incomplete`, `no package` or `no key`.
    """
    words = {}
    for spec in specs:
        variable = spec.server.api_key_env
        if spec.kind != "openai":
            word = _absence(spec) if spec.kind in FROM_HUB else ""
        elif find_spec("openai") is None:
            word = "no package"
        else:
            is_set = variable is None or os.environ.get(variable, "").strip()
            word = "" if is_set else "no key"
        if word:
            words[spec.key] = word
    return words


def _absence(spec: BackboneSpec) -> str:
    """`not here`, `no package` or `incomplete` for a model that runs in this process."""
    try:
        path = as_path(spec.model) if is_local(spec.model) else cached(spec)
        if path is None:
            return "not here"
        _check_files(path)
    except MissingPackage:
        return "no package"
    except AlignError:
        return "incomplete"
    return ""


def _check_model(spec: BackboneSpec, depth: int = 0) -> None:
    """Raise what a model that runs in this process lacks."""
    if is_local(spec.model):
        _check_files(as_path(spec.model))
        _check_base(spec, as_path(spec.model), depth)
    else:
        _check_hub(spec, depth)


def _lack_of(spec: BackboneSpec) -> BackboneError | None:
    try:
        if spec.kind == "openai":
            check_server(spec)
        elif spec.kind in FROM_HUB:
            _check_model(spec)
        else:
            _check_files(demo_model())
    except BackboneError as error:
        return error
    except AlignError as error:  # a name that is not a path
        return BackboneError(error.message, error.hint)
    return None


def _check_files(path: Path) -> None:
    """Raise unless a folder has a whole model in it, and its package is installed."""
    _check_packages(path)
    if is_dir(path) and not any(is_file(path / name) for name in HEADS):
        raise BackboneError(
            f"{path} has no model: it lacks config.json", "Name the folder of a model."
        )
    if faults := faults_of(path):
        raise BackboneError(
            f"{path} is incomplete: {in_words(faults)}", "Fetch the model's files again."
        )


def _check_packages(path: Path) -> None:
    """Raise MissingPackage for a GGUF file, or an adapter, whose package is not installed."""
    if is_file(path):
        require_package("gguf", "gguf", "Reading GGUF files")
    elif is_file(path / ADAPTER_CONFIG):
        require_package("peft", "peft", "Loading adapters")


def _check_base(spec: BackboneSpec, folder: Path, depth: int) -> None:
    """Raise what the base model of the adapter in a folder lacks."""
    if depth < DEEPEST and is_dir(folder) and is_adapter(folder):
        _check_model(base_spec(spec, folder), depth + 1)


def _check_hub(spec: BackboneSpec, depth: int) -> None:
    """Raise if the cache lacks a model, or parts of it, that the hub does not offer this account.

    A file that is there and damaged is never fetched again, so it is an error at once.
    """
    path, here = cached(spec), "is not on this machine"
    if path is not None:
        _check_packages(path)
        faults = faults_of(path)
        if not faults:
            _check_base(spec, path, depth)
            return
        here = f"is incomplete on this machine ({in_words(faults)})"
        if not all(fault.is_absent for fault in faults):
            raise BackboneError(
                f"{spec.model} {here}", f"Fetch it again: hf download {spec.model} --force-download"
            )
    from huggingface_hub import constants, get_hf_file_metadata, hf_hub_url
    from huggingface_hub.errors import (
        EntryNotFoundError,
        GatedRepoError,
        HFValidationError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    repository, _, file = spec.model.partition(":")
    command = f"hf download {repository} {file}".strip()
    elsewhere = f"On a machine with a network: {command}, then set HF_HOME to its cache."
    if constants.HF_HUB_OFFLINE:
        raise BackboneError(f"{spec.model} {here}, and HF_HUB_OFFLINE is set", elsewhere)
    try:
        url = hf_hub_url(repository, file or "config.json", revision=spec.revision)
        get_hf_file_metadata(url, timeout=ANSWER_S)
    except EntryNotFoundError:
        return  # an adapter, for example; opening the model says what it lacks
    except GatedRepoError as error:
        raise BackboneError(
            f"{repository} has a licence that this account has not accepted",
            f"Accept it at huggingface.co/{repository} and set HF_TOKEN.",
        ) from error
    except RevisionNotFoundError as error:
        raise BackboneError(f"{repository} has no revision {spec.revision!r}") from error
    except (RepositoryNotFoundError, HFValidationError) as error:
        raise BackboneError(
            f"The hub has no model {repository!r}, or the model is private",
            "Check the name. For a private model, set HF_TOKEN.",
        ) from error
    except Exception as error:  # the hub's client raises errors of its HTTP library
        raise BackboneError(
            f"{spec.model} {here}, and the hub does not answer", elsewhere
        ) from error
