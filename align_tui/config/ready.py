"""Find out before a run exists what its models lack here: files, packages, keys, servers.

Without this each sample would fail with the same error. What is found here is what can be found in
a few seconds: opening a model checks the rest. Nothing is loaded or fetched.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from align_tui.config.backbone_spec import FROM_HUB, BackboneSpec
from align_tui.config.backbones import is_local
from align_tui.config.hub import missing_models, missing_specs
from align_tui.config.profile import Profile
from align_tui.config.reading.files import as_path, is_dir, is_file
from align_tui.core.errors import (
    AlignError,
    BackboneError,
    KeyRefused,
    MissingPackage,
    ServerUnreachable,
)
from align_tui.core.text.display import one_line

ANSWER_S = 3.0
"""How long a server or the hub may take to answer."""
MOST = 5  # lacks that one message names
NOTHING_BEGAN = "Nothing was started. Details: align-tui doctor"
_INSTALL = (
    "Install it: pip install 'align-tui[{extra}]' (in a checkout: pip install -e '.[{extra}]')."
)


def may_lack(profiles: Iterable[Profile]) -> bool:
    """True if the profiles ask a model of which something may be missing; takes no time."""
    return any(_is_checked(spec) for each in profiles for spec in each.used_models.values())


def require_ready(profiles: Iterable[Profile]) -> None:
    """Raise the BackboneError that says what the profiles' models lack; takes seconds at most."""
    found = list(lacks(profiles))
    if not found:
        return
    first, *others = found
    named = [error.message for error in (first, *others)][:MOST]
    more = f"; and {len(found) - MOST} more" if len(found) > MOST else ""
    raise type(first)("; ".join(named) + more, f"{first.hint} {NOTHING_BEGAN}".strip())


def lacks(profiles: Iterable[Profile]) -> Iterator[BackboneError]:
    """What the models of the profiles lack, each model once, those in roles included."""
    specs = {
        spec.key: (spec, profile)
        for profile in profiles
        for spec in profile.used_models.values()
        if _is_checked(spec)
    }
    with ThreadPoolExecutor(max_workers=8) as pool:
        for error in pool.map(lambda each: _lack_of(*each), specs.values()):
            if error is not None:
                yield error


def absences(specs: Iterable[BackboneSpec]) -> dict[str, str]:
    """What models lack here, in a word or two for lists, by their key; no hub or server is asked.

    It is `not here`, `no package` or `no key`.
    """
    found = list(specs)
    missing = set(missing_specs(found))
    words = {}
    for spec in found:
        variable = spec.server.api_key_env
        if spec.kind != "openai":
            word = "not here" if spec.model in missing and not is_local(spec.model) else ""
        elif find_spec("openai") is None:
            word = "no package"
        else:
            is_set = variable is None or os.environ.get(variable, "").strip()
            word = "" if is_set else "no key"
        if word:
            words[spec.key] = word
    return words


def _is_checked(spec: BackboneSpec) -> bool:
    return spec.kind == "openai" or spec.kind in FROM_HUB


def _lack_of(spec: BackboneSpec, profile: Profile) -> BackboneError | None:
    try:
        if spec.kind == "openai":
            _check_server(spec)
        elif is_local(spec.model):
            _check_files(as_path(spec.model))
        else:
            _check_hub(spec, profile)
    except BackboneError as error:
        return error
    except AlignError as error:  # a name that is not a path
        return BackboneError(error.message, error.hint)
    return None


def _check_server(spec: BackboneSpec) -> None:
    """Raise unless the client is installed, the key is set and a server takes connections."""
    _require("openai", "server", "Reaching model servers")
    variable = spec.server.api_key_env
    if variable is not None and not os.environ.get(variable, "").strip():
        raise KeyRefused(f"The environment variable {variable} is not set", "Set it to the key.")
    troubles = [trouble for url in spec.server.base_urls if (trouble := _trouble(url))]
    if troubles and len(troubles) == len(spec.server.base_urls):
        places = ", ".join(one_line(url, 200) for url in spec.server.base_urls[:MOST])
        raise ServerUnreachable(
            f"No server answers at {places} ({troubles[0]})",
            "Start the server, or name another one.",
        )


def _trouble(url: str) -> str:
    """Why nothing takes connections at an address; empty if something does, or a proxy may."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme in getproxies() and not proxy_bypass(host):
        return ""
    try:
        port = parts.port or (443 if parts.scheme == "https" else 80)
        socket.create_connection((host, port), timeout=ANSWER_S).close()
    except (OSError, ValueError) as error:
        return one_line(getattr(error, "strerror", None) or str(error), 200)
    return ""


def _check_files(path: Path) -> None:
    """Raise unless a folder has a model in it, and its package is installed."""
    if is_file(path):
        _require("gguf", "gguf", "Reading GGUF files")
    elif is_file(path / "adapter_config.json"):
        _require("peft", "peft", "Loading adapters")
    elif is_dir(path) and not is_file(path / "config.json"):
        raise BackboneError(
            f"{path} has no model: it lacks config.json", "Name the folder of a model."
        )


def _require(package: str, extra: str, what: str) -> None:
    if find_spec(package) is None:
        raise MissingPackage(
            f"{what} needs the package {package}, which is not installed",
            _INSTALL.format(extra=extra),
        )


def _check_hub(spec: BackboneSpec, profile: Profile) -> None:
    """Raise if a model is not in the cache and the hub does not offer it to this account."""
    if spec.model not in missing_models([profile]):
        if ":" in spec.model:
            _require("gguf", "gguf", "Reading GGUF files")
        return
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
        raise BackboneError(
            f"{spec.model} is not on this machine, and HF_HUB_OFFLINE is set", elsewhere
        )
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
            f"{spec.model} is not on this machine, and the hub does not answer", elsewhere
        ) from error
