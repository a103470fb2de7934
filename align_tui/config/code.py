"""Find and hash the code that a profile runs: a decision-maker's file, and a model's code.

This module never runs the code. The program asks the user about the hash, stores it with the run,
and the worker compares it before it runs anything.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from align_tui.config.adm_params import RunsFile
from align_tui.config.backbone_spec import FROM_HUB, BackboneSpec
from align_tui.config.profile import Profile
from align_tui.core.errors import CodeRefused

MAX_BYTES = 4_000_000
MAX_FILES = 500
MAX_FOLDERS = 5_000
DEEPEST = 4
RUNS = "This study runs code of"
CONFIGS = ("config.json", "tokenizer_config.json", "processor_config.json")
"""The files in which a model names its own classes (`auto_map`)."""


@dataclass(frozen=True, slots=True)
class Code:
    """Code with its hash. `place` is a file, a folder or a hub id; `folders` are a model's."""

    what: str  # "decision-maker" or "model"
    place: str
    sha256: str
    folders: tuple[Path, ...] = ()

    @property
    def key(self) -> str:
        """The key under which the user's answer is remembered."""
        return f"{self.what} {self.sha256}"

    @property
    def short(self) -> str:
        """The first 12 digits of the hash, for display."""
        return self.sha256[:12]


def read_code(path: Path) -> bytes:
    """Read a regular file of at most MAX_BYTES; raises CodeRefused."""
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            raise CodeRefused(f"{path} is not a regular file")
        if found.st_size > MAX_BYTES:
            raise CodeRefused(f"{path} is larger than {MAX_BYTES // 1_000_000} MB")
        return path.read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise CodeRefused(f"{path} cannot be read: {reason}") from error


def sha256_of(source: bytes) -> str:
    """The hash in hex digits, as `sha256sum` prints it."""
    return hashlib.sha256(source).hexdigest()


def runs_code(profile: Profile) -> bool:
    """Does the profile run code that is not the program's own?"""
    return bool(remote_models(profile)) or isinstance(profile.adm, RunsFile)


def code_of(profile: Profile) -> Iterator[Code]:
    """The code that a profile runs; raises CodeRefused if it cannot be read."""
    if isinstance(profile.adm, RunsFile):
        yield _code_of_adm(profile.adm)
    for spec in remote_models(profile).values():
        found = code_of_model(spec)
        if found is not None:
            yield found


def _code_of_adm(adm: RunsFile) -> Code:
    path = Path(adm.file)
    return Code("decision-maker", str(path), sha256_of(read_code(path)))


def remote_models(profile: Profile) -> dict[str, BackboneSpec]:
    """The models, by role, that may run their own Python files."""
    return {
        role: spec
        for role, spec in profile.used_models.items()
        if spec.kind in FROM_HUB and spec.trust_remote_code
    }


def codes_of(profiles: Iterable[Profile]) -> tuple[Code, ...]:
    """The code of several profiles, without duplicates."""
    return tuple({code.key: code for profile in profiles for code in code_of(profile)}.values())


def with_hashes(profile: Profile) -> Profile:
    """The profile with the hashes of its code, as far as the code can be read.

    Raises CodeRefused if the profile, or the run that it comes from, has another hash.
    """
    changes: dict[str, object] = {}
    adm = profile.adm
    if isinstance(adm, RunsFile) and (found := _hash(partial(_code_of_adm, adm), adm)):
        changes["adm"] = adm.model_copy(update=found)
    models = dict(profile.models)
    for role, spec in remote_models(profile).items():
        if not (found := _hash(partial(code_of_model, spec), spec)):
            continue
        if role in models:
            models[role] = models[role].model_copy(update=found)
            changes["models"] = models
        else:
            changes["backbone"] = spec.model_copy(update=found)
    return profile.model_copy(update=changes) if changes else profile


def _hash(read: Callable[[], Code | None], part: BackboneSpec | RunsFile) -> dict[str, str]:
    """The key `code_sha256` of a part of a profile, if its code is on this machine.

    Missing code is an error only when it is to be run.
    """
    try:
        code = read()
    except CodeRefused:
        return {}
    return {"code_sha256": checked(code, part.code_sha256)} if code is not None else {}


def checked(code: Code, pinned: str) -> str:
    """The hash of the code; raises CodeRefused if `pinned` is set and differs."""
    if pinned and pinned != code.sha256:
        raise CodeRefused(
            f"{code.place} has changed since you checked it: "
            f"SHA-256 {pinned[:12]}…, now {code.short}…",
            "It was not run. Start a new run, which asks you about the new code.",
        )
    return code.sha256


def readable_code(profile: Profile) -> tuple[Code, ...]:
    """The profile's code, or nothing if some of it cannot be read (an error only when it runs)."""
    try:
        return tuple(code_of(profile))
    except CodeRefused:
        return ()


def recorded_code(profile: Profile) -> dict[str, str]:
    """The hashes that a stored profile has, by the kind of code; reads no files."""
    found = {}
    if isinstance(profile.adm, RunsFile):
        found["decision-maker"] = profile.adm.code_sha256
    for role, spec in profile.used_models.items():
        found[f"model {role}".strip()] = spec.code_sha256
    return {what: sha256 for what, sha256 in found.items() if sha256}


def notes_on(profiles: Iterable[Profile]) -> tuple[str, ...]:
    """A sentence for each piece of code that the profiles run."""
    notes: dict[str, None] = {}
    for profile in profiles:
        adm = profile.adm
        if isinstance(adm, RunsFile):
            notes[f"{RUNS} {adm.file}, {_hash_words(adm.code_sha256)}."] = None
        for spec in remote_models(profile).values():
            notes[f"{RUNS} the model {spec.model}, {_hash_words(spec.code_sha256)}."] = None
    return tuple(notes)


def is_note(note: str) -> bool:
    """Is the note one of `notes_on`?"""
    return note.startswith(f"{RUNS} ")


def _hash_words(sha256: str) -> str:
    return f"SHA-256 {sha256[:16]}…" if sha256 else "of unknown hash"


def code_of_model(spec: BackboneSpec) -> Code | None:
    """The Python files in a model's folders that transformers may run; None if there are none.

    They include those of an adapter's base, and of other repositories that `auto_map` names.
    Nothing is downloaded: raises CodeRefused for a model that is not on this machine, since nobody
    can have checked its code.
    """
    if spec.kind not in FROM_HUB or not spec.trust_remote_code:
        return None
    folders = tuple(dict.fromkeys(_folders(spec.model, spec.revision, 0)))
    lines = []
    for number, folder in enumerate(folders):
        for path in python_files(folder):
            name = json.dumps(path.relative_to(folder).as_posix())
            lines.append(f"{number} {name} {sha256_of(read_code(path))}")
    if not lines:
        return None
    return Code("model", spec.model, sha256_of("\n".join(lines).encode()), folders)


def _folders(model: str, revision: str | None, depth: int) -> Iterator[Path]:
    """The folders of a model, of the base that it adapts, and of code in other repositories."""
    folder = _folder(model, revision)
    yield folder
    if depth >= DEEPEST:
        return
    adapter = _table(folder / "adapter_config.json")
    base = adapter.get("base_model_name_or_path")
    if isinstance(base, str) and base:
        near = folder / base
        is_near = not Path(base).is_absolute() and near.is_dir()
        yield from _folders(str(near.resolve()) if is_near else base, None, depth + 1)
    for name in CONFIGS:
        for repository in sorted(_elsewhere(_table(folder / name).get("auto_map"))):
            yield from _folders(repository, None, depth + 1)


def _folder(model: str, revision: str | None) -> Path:
    try:
        path = Path(model).expanduser()
        if not path.is_absolute():
            pass  # a hub id: a folder of that name in the working folder is not meant
        elif path.is_dir():
            return path.resolve()
        elif path.is_file():
            return path.resolve().parent
    except (OSError, ValueError, RuntimeError):
        pass
    found = _in_cache(model.partition(":")[0], revision)
    if found is None:
        raise CodeRefused(
            f"{model} may run its own code and is not on this machine, so you cannot have checked "
            "the code",
            f"Run hf download {model.partition(':')[0]}, check its *.py files, and try again.",
        )
    return found


def _in_cache(model: str, revision: str | None) -> Path | None:
    """The cached folder of a hub model's commit, or None; uses no network."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(model, revision=revision, local_files_only=True))
    except (LocalEntryNotFoundError, HFValidationError, OSError, ValueError):
        return None


def _elsewhere(named: object) -> set[str]:
    """The repositories that an `auto_map` names as `org/name--module.Class`."""
    if isinstance(named, str):
        return {named.partition("--")[0]} if "--" in named else set()
    parts = named.values() if isinstance(named, dict) else named if isinstance(named, list) else ()
    return {found for part in parts for found in _elsewhere(part)}


def _table(path: Path) -> dict[str, object]:
    if not path.is_file():
        return {}
    try:
        found = json.loads(read_code(path))
    except (ValueError, RecursionError):
        return {}  # loading the model reports the error
    return found if isinstance(found, dict) else {}


def python_files(folder: Path) -> list[Path]:
    """All Python files below the folder, links followed, each folder once."""
    found: list[Path] = []
    seen: set[str] = set()
    for root, below, names in os.walk(folder, followlinks=True):
        real = os.path.realpath(root)
        if real in seen:
            below.clear()
            continue
        seen.add(real)
        files = (Path(root, name) for name in names if name.endswith(".py"))
        found += [path for path in files if path.is_file()]
        if len(found) > MAX_FILES or len(seen) > MAX_FOLDERS:
            raise CodeRefused(
                f"{folder} has too many Python files or folders for a model",
                f"The limit is {MAX_FILES} files in {MAX_FOLDERS} folders.",
            )
    return sorted(found)
