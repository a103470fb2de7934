"""Which model a profile runs on: named backbones, hub ids, folders, GGUF files and servers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from align_tui.config import paths
from align_tui.config.backbone_kinds import BACKBONE_KINDS
from align_tui.config.backbone_spec import BackboneSpec, DecodingSpec
from align_tui.config.entries import Entry, did_you_mean, entries
from align_tui.config.profile import Profile, PromptSpec
from align_tui.config.reading.file_kinds import BACKBONE, refuse_other
from align_tui.config.reading.files import as_path, is_dir, is_file
from align_tui.config.reading.toml import Strict, Table, parse, read_text, validate
from align_tui.core.errors import ConfigError
from align_tui.core.text.repair import storable

DEFAULT = "demo"  # the named backbone of a profile that names no model
IDENTITY = ("use", "kind", "model", "revision", "trust_remote_code", "code_sha256", "server")
"""The keys of `[backbone]` that belong to one model; the others say how any model is loaded."""

SETTINGS = ("decoding", "prompt")
"""The tables that a named backbone may bring beside its model."""

_HUB = r"[A-Za-z0-9][\w.\-]*/[A-Za-z0-9][\w.\-]*"
_HUB_ID = re.compile(_HUB)
_HUB_FILE = re.compile(rf"{_HUB}:\w[\w.\-]*(/\w[\w.\-]*)*\.gguf", re.IGNORECASE)
_LIKE = (
    "Name one of `align-tui profiles list`, a hub id such as mistralai/Mistral-7B-Instruct-v0.3, "
    "a folder (./model), a .gguf file, or a server's URL."
)


class BackboneFile(Strict):
    """A named backbone: a model, and what profiles that run on it start from."""

    description: str = ""
    backbone: BackboneSpec
    decoding: DecodingSpec = DecodingSpec()
    prompt: PromptSpec = PromptSpec()


@dataclass(frozen=True, slots=True)
class Backbone:
    """A model and what it brings; a profile's own keys go on top of `table`.

    `name` is the name of its `file`. A hub id, a folder, a GGUF file and a server have none.
    """

    name: str
    table: Table
    description: str = ""
    file: Path | None = None

    @property
    def spec(self) -> BackboneSpec:
        """The `[backbone]` that it stands for; raises ConfigError for a URL that is none."""
        return validate(BackboneSpec, self.table["backbone"], self.name or "--backbone")

    def is_in(self, profile: Profile) -> bool:
        """Does the profile have this model, and every setting that comes with it?"""
        own = profile.model_dump(mode="json", include=set(SETTINGS))
        return same_model(self.spec, profile.backbone) and all(
            own[part].get(key) == value
            for part in SETTINGS
            for key, value in self.table.get(part, {}).items()
        )


def list_backbones() -> list[Entry]:
    """Every backbone that can be named; a file of yours hides a shipped one of the same name."""
    return entries(paths.shipped_backbones(), paths.user_backbones())


def resolve(value: str, *folders: Path) -> Backbone:
    """What `--backbone VALUE` or `use = "VALUE"` stands for; raises ConfigError.

    A name is looked up first. Paths are relative to `folders`: without any, what is no absolute
    path is of the hub, whatever lies in the working folder. No hub and no server is asked.
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
        return Backbone("", {"backbone": {"kind": "transformers", "model": value}})
    if value.lower().endswith(".gguf"):
        raise ConfigError(f"There is no file {value}", _LIKE)
    if "/" in value or "\\" in value or value.startswith((".", "~")):
        raise ConfigError(f"There is no folder {value}", _LIKE)
    raise ConfigError(f"There is no backbone called {value!r}", did_you_mean(value, names, _LIKE))


def read_backbone(path: Path) -> Backbone:
    """The named backbone of that file; raises ConfigError."""
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
    """The named backbone that a profile runs on, whatever it brings; else its bare model.

    Of several for the same model it is one whose every setting the profile has, if there is one.
    """
    found = []
    for entry in list_backbones():
        try:
            backbone = read_backbone(entry.path)
        except ConfigError:
            continue  # told by whoever names it
        if same_model(backbone.spec, profile.backbone):
            found.append(backbone)
    bare = Backbone("", {"backbone": profile.backbone.model_dump(mode="json")})
    return next((each for each in found if each.is_in(profile)), found[0] if found else bare)


def same_model(one: BackboneSpec, other: BackboneSpec) -> bool:
    """Do both name the same model, whatever its code's hash was when each was read?"""
    same = {"code_sha256": ""}
    return one.model_copy(update=same) == other.model_copy(update=same)


def backbone_table(model: str) -> Table:
    """The `[backbone]` keys that `--backbone MODEL` sets; raises ConfigError."""
    found: Table = resolve(typed(model)).table["backbone"]
    return found


def names_model(backbone: object) -> bool:
    """Does a profile's `[backbone]` table say which model it is about?"""
    return isinstance(backbone, Mapping) and any(
        key in backbone for key in ("use", "kind", "model", "server")
    )


def with_kind(backbone: Table) -> Table:
    """The table with the kind that its other keys imply: a server, or a model in this process."""
    if "kind" in backbone or not names_model(backbone):
        return backbone
    return {**backbone, "kind": "openai" if "server" in backbone else "transformers"}


def is_local(model: str) -> bool:
    """Is it a folder on this machine, or a GGUF file?"""
    try:
        path = as_path(model)
    except ConfigError:
        return False
    gguf = model.lower().endswith(".gguf")
    return bool(model) and (is_dir(path) or (gguf and is_file(path)))


def _is_of_hub(model: str) -> bool:
    if _HUB_FILE.fullmatch(model):
        return True
    # A path that was mistyped, and no repository that is called like a file.
    return bool(_HUB_ID.fullmatch(model)) and not model.lower().endswith(".gguf")


def check_model(spec: BackboneSpec, where: str, key: str = "backbone") -> None:
    """Raise ConfigError for a model that cannot be anywhere; no hub and no server is asked.

    `key` is the table of the profile that names it.
    """
    check_kind(spec, where, key)
    if spec.kind == "openai" and not spec.server.base_urls:
        raise ConfigError(
            f"{where}: {key}.server.base_urls is missing",
            'Like: base_urls = ["http://localhost:8000/v1"]',
        )
    if spec.kind != "transformers":
        return
    if not spec.model:
        raise ConfigError(
            f"{where}: {key}.model is missing",
            "A hub id such as mistralai/Mistral-7B-Instruct-v0.3, a folder or a .gguf file.",
        )
    if not is_local(spec.model) and not _is_of_hub(spec.model):
        what = "file" if spec.model.lower().endswith(".gguf") else "folder"
        raise ConfigError(f"{where}: {key}.model: there is no {what} {spec.model}", _LIKE)


def check_kind(spec: BackboneSpec, where: str, key: str = "backbone") -> None:
    """Raise ConfigError for a kind of backbone that is not installed here, with the nearest."""
    if spec.kind not in BACKBONE_KINDS:
        error = BACKBONE_KINDS.unknown(spec.kind)
        raise ConfigError(f"{where}: {key}.kind: {error.message}", error.hint)


def absolute(model: str, *folders: Path) -> str:
    """A local path made absolute, in the first of `folders` that has it; anything else as it is."""
    try:
        path = as_path(model)
    except ConfigError:
        return model
    if path.is_absolute():
        return paths.stored_path(path)
    if not model:
        return model  # and not the folder itself
    for folder in folders:
        here = folder / path
        if is_local(str(here)) or (model.endswith(".toml") and is_file(here)):
            return paths.stored_path(here.resolve())
    return model


def typed(value: str) -> str:
    """A backbone as a user names it: a name of the library, else a path from where they are."""
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
    on_server = with_kind(part).get("kind") == "openai"  # where a model is only a name
    if isinstance(part.get("model"), str) and not on_server:
        part["model"] = absolute(part["model"], beside)
