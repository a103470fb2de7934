"""Find the model of a profile: a named backbone, hub id, folder, GGUF file or server."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from align_tui.config import paths
from align_tui.config.backbone_kinds import BACKBONE_KINDS
from align_tui.config.backbone_spec import FROM_HUB, BackboneSpec, DecodingSpec
from align_tui.config.entries import Entry, did_you_mean, entries
from align_tui.config.profile import Profile, PromptSpec
from align_tui.config.reading.bounded_json import parse_object
from align_tui.config.reading.file_kinds import BACKBONE, refuse_other
from align_tui.config.reading.files import as_path, is_dir, is_file, read_bytes
from align_tui.config.reading.toml import Strict, Table, parse, read_text, validate
from align_tui.core.errors import ConfigError
from align_tui.core.text.repair import storable

DEFAULT = "demo"  # the named backbone of a profile that names no model
IDENTITY = ("use", "kind", "model", "revision", "trust_remote_code", "code_sha256", "server")
"""The keys of `[backbone]` that belong to one model; the others say how to load any model."""

MOST_CONFIG = 20_000_000  # bytes of a config.json

SETTINGS = ("decoding", "prompt")
"""The tables that a named backbone may have beside its model."""

_HUB = r"[A-Za-z0-9][\w.\-]*/[A-Za-z0-9][\w.\-]*"
_HUB_ID = re.compile(_HUB)
_HUB_FILE = re.compile(rf"{_HUB}:\w[\w.\-]*(/\w[\w.\-]*)*\.gguf", re.IGNORECASE)
_LIKE = (
    "Name one of `align-tui profiles list`, a hub id such as mistralai/Mistral-7B-Instruct-v0.3, "
    "a folder (./model), a .gguf file, or a server's URL."
)


class BackboneFile(Strict):
    """A file of a named backbone: a model, and defaults for profiles that run on it."""

    description: str = ""
    backbone: BackboneSpec
    decoding: DecodingSpec = DecodingSpec()
    prompt: PromptSpec = PromptSpec()


@dataclass(frozen=True, slots=True)
class Backbone:
    """A model and its defaults; a profile's own keys replace those of `table`.

    `name` is the name of its `file`. A hub id, a folder, a GGUF file and a server have no name.
    """

    name: str
    table: Table
    description: str = ""
    file: Path | None = None

    @property
    def spec(self) -> BackboneSpec:
        """The `[backbone]` that it stands for; raises ConfigError for an invalid URL."""
        return validate(BackboneSpec, self.table["backbone"], self.name or "--backbone")

    def is_in(self, profile: Profile) -> bool:
        """Does the profile have this model and all of its settings?"""
        own = profile.model_dump(mode="json", include=set(SETTINGS))
        return same_model(self.spec, profile.backbone) and all(
            own[part].get(key) == value
            for part in SETTINGS
            for key, value in self.table.get(part, {}).items()
        )


def list_backbones() -> list[Entry]:
    """All named backbones; the user's file hides a shipped one of the same name."""
    return entries(paths.shipped_backbones(), paths.user_backbones())


def resolve(value: str, *folders: Path) -> Backbone:
    """The backbone that `--backbone VALUE` or `use = "VALUE"` names; raises ConfigError.

    A name is looked up first. Paths are relative to `folders`; without any, a path that is not
    absolute is a hub id, whatever is in the working folder. No hub and no server is asked.
    """
    if value.startswith(("http://", "https://")):
        server = {"base_urls": [value]}
        return Backbone("", {"backbone": {"kind": "openai", "model": "", "server": server}})
    names = {entry.name: entry.path for entry in list_backbones()}
    if value in names:
        return read_backbone(names[value])
    value = absolute(value, *folders)
    if value.endswith(".toml"):
        return read_backbone(Path(value))
    if is_local(value) or _is_of_hub(value):
        return Backbone("", {"backbone": {"kind": _kind_of_files(value), "model": value}})
    if value.lower().endswith(".gguf"):
        raise ConfigError(f"There is no file {value}", _LIKE)
    if "/" in value or "\\" in value or value.startswith((".", "~")):
        raise ConfigError(f"There is no folder {value}", _LIKE)
    raise ConfigError(f"There is no backbone called {value!r}", did_you_mean(value, names, _LIKE))


def read_backbone(path: Path) -> Backbone:
    """Read the named backbone of a file; raises ConfigError."""
    text = read_text(path)
    table = parse(text, str(path))
    refuse_other(table, BACKBONE, str(path))
    if isinstance(table.get("backbone"), dict):
        table["backbone"] = with_kind(table["backbone"])
    made = validate(BackboneFile, table, str(path), text)
    absolute_model(table, path.parent)
    check_model(made.backbone.model_copy(update=_model_of(table)), str(path))
    for key, template in (("system", made.prompt.system), ("user", made.prompt.user)):
        if template is not None:
            from align_tui.config.prompts.render import check_template  # Jinja, for few backbones

            check_template(template, f"{path}: prompt.{key}")
    table.pop("description", None)
    return Backbone(storable(path.stem), table, made.description, path)


def _model_of(table: Table) -> Table:
    return {key: value for key, value in table["backbone"].items() if key == "model"}


def backbone_of(profile: Profile) -> Backbone:
    """The named backbone with the profile's model, else the model alone, without a name.

    Of several with this model it prefers one whose settings the profile has.
    """
    found = []
    for entry in list_backbones():
        try:
            backbone = read_backbone(entry.path)
        except ConfigError:
            continue  # a profile that names this backbone reports the error
        if same_model(backbone.spec, profile.backbone):
            found.append(backbone)
    bare = Backbone("", {"backbone": profile.backbone.model_dump(mode="json")})
    return next((each for each in found if each.is_in(profile)), found[0] if found else bare)


def same_model(one: BackboneSpec, other: BackboneSpec) -> bool:
    """Do both name the same model, apart from the hash of its code?"""
    same = {"code_sha256": ""}
    return one.model_copy(update=same) == other.model_copy(update=same)


def backbone_table(model: str) -> Table:
    """The `[backbone]` keys that `--backbone MODEL` sets; raises ConfigError."""
    found: Table = resolve(typed(model)).table["backbone"]
    return found


def names_model(backbone: object) -> bool:
    """Does a profile's `[backbone]` table name a model?"""
    return isinstance(backbone, Mapping) and any(
        key in backbone for key in ("use", "kind", "model", "server")
    )


def with_kind(backbone: Table) -> Table:
    """The table with the kind that its other keys imply: `openai` or `transformers`."""
    if "kind" in backbone or not names_model(backbone):
        return backbone
    return {**backbone, "kind": "openai" if "server" in backbone else "transformers"}


def is_local(model: str) -> bool:
    """Is it a folder or a GGUF file on this machine?"""
    try:
        path = as_path(model)
    except ConfigError:
        return False
    gguf = model.lower().endswith(".gguf")
    return bool(model) and (is_dir(path) or (gguf and is_file(path)))


def _kind_of_files(model: str) -> str:
    """`seq2seq` for a folder whose config.json describes an encoder-decoder, else `transformers`.

    What is wrong with a config.json is reported when the model is opened.
    """
    path = as_path(model) / "config.json"
    try:
        config = parse_object(read_bytes(path, MOST_CONFIG)) if is_file(path) else {}
    except (ConfigError, OSError, ValueError):
        return "transformers"
    return "seq2seq" if config.get("is_encoder_decoder") is True else "transformers"


def _is_of_hub(model: str) -> bool:
    if _HUB_FILE.fullmatch(model):
        return True
    # A name that ends in .gguf is a mistyped path, not a repository.
    return bool(_HUB_ID.fullmatch(model)) and not model.lower().endswith(".gguf")


def check_model(spec: BackboneSpec, where: str, key: str = "backbone") -> None:
    """Raise ConfigError for a model that cannot exist; no hub and no server is asked.

    `key` is the profile's table that names the model.
    """
    check_kind(spec, where, key)
    if spec.kind == "openai" and not spec.server.base_urls:
        raise ConfigError(
            f"{where}: {key}.server.base_urls is missing",
            'For example: base_urls = ["http://localhost:8000/v1"]',
        )
    if spec.kind not in FROM_HUB:
        return
    if not spec.model:
        raise ConfigError(
            f"{where}: {key}.model is missing",
            "Name a hub id such as mistralai/Mistral-7B-Instruct-v0.3, a folder or a .gguf file.",
        )
    if not is_local(spec.model) and not _is_of_hub(spec.model):
        what = "file" if spec.model.lower().endswith(".gguf") else "folder"
        raise ConfigError(f"{where}: {key}.model: there is no {what} {spec.model}", _LIKE)


def check_kind(spec: BackboneSpec, where: str, key: str = "backbone") -> None:
    """Raise ConfigError, with the nearest name, for a kind of backbone that is not installed."""
    if spec.kind not in BACKBONE_KINDS:
        error = BACKBONE_KINDS.unknown(spec.kind)
        raise ConfigError(f"{where}: {key}.kind: {error.message}", error.hint)


def absolute(model: str, *folders: Path) -> str:
    """Make a local path absolute, in the first of `folders` that has it; return others as given."""
    try:
        path = as_path(model)
    except ConfigError:
        return model
    if path.is_absolute():
        return paths.stored_path(path)
    if not model:
        return model  # "" must not become the folder itself
    for folder in folders:
        here = folder / path
        if is_local(str(here)) or (model.endswith(".toml") and is_file(here)):
            return paths.stored_path(here.resolve())
    return model


def typed(value: str) -> str:
    """A backbone that a user typed: a name of the library, else a path from the working folder."""
    names = {entry.name for entry in list_backbones()}
    return value if value in names else absolute(value, Path.cwd())


def absolute_model(table: Table, beside: Path) -> None:
    """Make paths in `[backbone]` and `[models]` absolute, since the worker runs elsewhere."""
    roles = table.get("models")
    if isinstance(roles, dict):
        for role, model in roles.items():
            if isinstance(model, str):
                roles[role] = {"use": model}
    for part in (table.get("backbone"), *(roles.values() if isinstance(roles, dict) else ())):
        if isinstance(part, dict):
            _absolute_part(part, beside)


def _absolute_part(part: Table, beside: Path) -> None:
    names = {entry.name for entry in list_backbones()} if "use" in part else set()
    if isinstance(part.get("use"), str) and part["use"] not in names:
        part["use"] = absolute(part["use"], beside)
    on_server = with_kind(part).get("kind") == "openai"  # there a model is only a name
    if isinstance(part.get("model"), str) and not on_server:
        part["model"] = absolute(part["model"], beside)
