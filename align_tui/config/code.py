"""Code that a profile has run: a decision-maker's own file, and what a model brings.

It is found and hashed here, and never run. The hash is what a user is asked about, what a run
keeps, and what a worker compares before it runs anything.
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
from align_tui.config.backbone_spec import BackboneSpec
from align_tui.config.profile import Profile
from align_tui.core.errors import CodeRefused

MAX_BYTES = 4_000_000
MAX_FILES = 500
MAX_FOLDERS = 5_000
DEEPEST = 4
RUNS = "This study runs code of"
CONFIGS = ("config.json", "tokenizer_config.json", "processor_config.json")
"""The files in which a model names classes of its own (`auto_map`)."""


@dataclass(frozen=True, slots=True)
class Code:
    """Code by its content. `place` is a file, a folder or a hub id; `folders` are a model's."""

    what: str  # "decision-maker" or "model"
    place: str
    sha256: str
    folders: tuple[Path, ...] = ()

    @property
    def key(self) -> str:
        """By which an answer is remembered."""
        return f"{self.what} {self.sha256}"

    @property
    def short(self) -> str:
        """The beginning of the hash, for a line."""
        return self.sha256[:12]


def read_code(path: Path) -> bytes:
    """A file's bytes; raises CodeRefused for what is no regular file of a sane size."""
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            raise CodeRefused(f"{path} is no regular file")
        if found.st_size > MAX_BYTES:
            raise CodeRefused(f"{path} is larger than {MAX_BYTES // 1_000_000} MB")
        return path.read_bytes()
    except (OSError, ValueError) as error:
        said = getattr(error, "strerror", None) or error
        raise CodeRefused(f"{path} cannot be read: {said}") from error


def sha256_of(source: bytes) -> str:
    """As `sha256sum` has it."""
    return hashlib.sha256(source).hexdigest()


def runs_code(profile: Profile) -> bool:
    """Does deciding by the profile run code that is not the program's own?"""
    return bool(_remote(profile)) or isinstance(profile.adm, RunsFile)


def code_of(profile: Profile) -> Iterator[Code]:
    """The code that deciding by a profile runs; raises CodeRefused where it cannot be read."""
    if isinstance(profile.adm, RunsFile):
        yield _code_of_adm(profile.adm)
    for spec in _remote(profile).values():
        found = code_of_model(spec)
        if found is not None:
            yield found


def _code_of_adm(adm: RunsFile) -> Code:
    path = Path(adm.file)
    return Code("decision-maker", str(path), sha256_of(read_code(path)))


def _remote(profile: Profile) -> dict[str, BackboneSpec]:
    """The models, by role, that may run Python files of their own."""
    return {
        role: spec
        for role, spec in profile.used_models.items()
        if spec.kind == "transformers" and spec.trust_remote_code
    }


def codes_of(profiles: Iterable[Profile]) -> tuple[Code, ...]:
    """The code of several profiles, each once."""
    return tuple({code.key: code for profile in profiles for code in code_of(profile)}.values())


def with_hashes(profile: Profile) -> Profile:
    """The profile with the hash of each code that it names, where that can be read.

    Raises CodeRefused where the profile, or the run that it comes from, has another hash.
    """
    changes: dict[str, object] = {}
    adm = profile.adm
    if isinstance(adm, RunsFile) and (found := _hash(partial(_code_of_adm, adm), adm)):
        changes["adm"] = adm.model_copy(update=found)
    models = dict(profile.models)
    for role, spec in _remote(profile).items():
        if not (found := _hash(partial(code_of_model, spec), spec)):
            continue
        if role in models:
            models[role] = models[role].model_copy(update=found)
            changes["models"] = models
        else:
            changes["backbone"] = spec.model_copy(update=found)
    return profile.model_copy(update=changes) if changes else profile


def _hash(read: Callable[[], Code | None], part: BackboneSpec | RunsFile) -> dict[str, str]:
    """The key `code_sha256` of a part of a profile, where its code is here.

    What is missing is told by whoever wants to run it.
    """
    try:
        code = read()
    except CodeRefused:
        return {}
    return {"code_sha256": checked(code, part.code_sha256)} if code is not None else {}


def checked(code: Code, pinned: str) -> str:
    """The hash of code, which must be `pinned` where there is one; raises CodeRefused."""
    if pinned and pinned != code.sha256:
        raise CodeRefused(
            f"{code.place} has changed since it was looked at: "
            f"SHA-256 {pinned[:12]}…, now {code.short}…",
            "Nothing of it was run. Start a new run, which asks about what it is now.",
        )
    return code.sha256


def readable_code(profile: Profile) -> tuple[Code, ...]:
    """The code as far as it is here; what is missing is told by whoever wants to run it."""
    try:
        return tuple(code_of(profile))
    except CodeRefused:
        return ()


def recorded_code(profile: Profile) -> dict[str, str]:
    """The hashes of code that a run keeps, by what the code is; nothing is read for them."""
    found = {}
    if isinstance(profile.adm, RunsFile):
        found["decision-maker"] = profile.adm.code_sha256
    for role, spec in profile.used_models.items():
        found[f"model {role}".strip()] = spec.code_sha256
    return {what: sha256 for what, sha256 in found.items() if sha256}


def notes_on(profiles: Iterable[Profile]) -> tuple[str, ...]:
    """A sentence for each code that deciding by these profiles runs."""
    notes: dict[str, None] = {}
    for profile in profiles:
        adm = profile.adm
        if isinstance(adm, RunsFile):
            notes[f"{RUNS} {adm.file}, {_hash_words(adm.code_sha256)}."] = None
        for spec in _remote(profile).values():
            notes[f"{RUNS} the model {spec.model}, {_hash_words(spec.code_sha256)}."] = None
    return tuple(notes)


def is_note(note: str) -> bool:
    """Is it one of `notes_on`?"""
    return note.startswith(f"{RUNS} ")


def _hash_words(sha256: str) -> str:
    return f"SHA-256 {sha256[:16]}…" if sha256 else "of no known hash"


def code_of_model(spec: BackboneSpec) -> Code | None:
    """The Python files in a model's folders that transformers may run; None where there are none.

    Of an adapter those of its base too, and those of other repositories that `auto_map` names.
    Nothing is fetched: raises CodeRefused for a model that is not on this machine, whose code
    nobody can have looked at.
    """
    if spec.kind != "transformers" or not spec.trust_remote_code:
        return None
    folders = tuple(dict.fromkeys(_folders(spec.model, spec.revision, 0)))
    lines = []
    for number, folder in enumerate(folders):
        for path in _python_files(folder):
            name = json.dumps(path.relative_to(folder).as_posix())
            lines.append(f"{number} {name} {sha256_of(read_code(path))}")
    if not lines:
        return None
    return Code("model", spec.model, sha256_of("\n".join(lines).encode()), folders)


def _folders(model: str, revision: str | None, depth: int) -> Iterator[Path]:
    """The folders of a model, of the base that it adapts, and of code that lies elsewhere."""
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
            pass  # of the hub: what lies in the working folder is somebody else's
        elif path.is_dir():
            return path.resolve()
        elif path.is_file():
            return path.resolve().parent
    except (OSError, ValueError, RuntimeError):
        pass
    found = _in_cache(model.partition(":")[0], revision)
    if found is None:
        raise CodeRefused(
            f"{model} may bring code, and is not on this machine, so nobody can have looked at it",
            f"hf download {model.partition(':')[0]}, look at its *.py files, and try again.",
        )
    return found


def _in_cache(model: str, revision: str | None) -> Path | None:
    """The folder of a hub model's commit in the cache; no network is asked."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(model, revision=revision, local_files_only=True))
    except (LocalEntryNotFoundError, HFValidationError, OSError, ValueError):
        return None


def _elsewhere(named: object) -> set[str]:
    """The repositories of `org/name--module.Class` anywhere in an `auto_map`."""
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
        return {}  # told by whoever loads the model
    return found if isinstance(found, dict) else {}


def _python_files(folder: Path) -> list[Path]:
    """All of them, also behind links, each folder once."""
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
                f"{folder} holds more Python files or folders than a model has",
                f"At most {MAX_FILES} files in {MAX_FOLDERS} folders are looked at.",
            )
    return sorted(found)
