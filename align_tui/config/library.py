"""Finding profiles by name or file, and working in `extends` and overrides."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from align_tui.config import paths
from align_tui.config.attributes import load_attributes
from align_tui.config.profile import BackboneSpec, Profile
from align_tui.config.toml import Table, line_of, parse, read_text, validate
from align_tui.core.attributes import Attributes, Targets
from align_tui.core.errors import ConfigError

_HUB_ID = re.compile(r"[A-Za-z0-9][\w.\-]*/[A-Za-z0-9][\w.\-]*")


@dataclass(frozen=True, slots=True)
class Entry:
    """A profile file of the library."""

    name: str
    path: Path
    origin: str  # "shipped" or "yours"


def list_profiles() -> list[Entry]:
    """Every profile that can be named; a file of yours hides a shipped one of the same name."""
    found: dict[str, Entry] = {}
    for origin, folder in (
        ("shipped", paths.shipped_profiles()),
        ("yours", paths.user_profiles()),
    ):
        for path in sorted(folder.rglob("*.toml")):
            found[path.stem] = Entry(path.stem, path, origin)
    return sorted(found.values(), key=lambda entry: entry.name)


def find(name: str, beside: Path | None = None) -> Path:
    """The file of a profile given as a path or as a library name; raises ConfigError."""
    looks_like_path = name.endswith(".toml") or "/" in name or "\\" in name
    if looks_like_path:
        path = Path(name).expanduser()
        if not path.is_absolute() and beside is not None:
            path = beside / path
        if path.is_file():
            return path
        raise ConfigError(f"There is no profile file {path}", "Check the path of the profile.")
    names = {entry.name: entry.path for entry in list_profiles()}
    if name in names:
        return names[name]
    close = difflib.get_close_matches(name, names, n=3, cutoff=0.4)
    hint = f"Did you mean {', '.join(close)}?" if close else "See: align-tui profiles list"
    raise ConfigError(f"There is no profile called {name!r}", hint)


def merge_tables(base: Mapping[str, Any], over: Mapping[str, Any]) -> Table:
    """`over` on `base`, table by table. Another ADM kind starts from its own defaults."""
    out: Table = dict(base)
    for key, value in over.items():
        old = out.get(key)
        if isinstance(old, Mapping) and isinstance(value, Mapping):
            switches = key == "adm" and value.get("kind", old.get("kind")) != old.get("kind")
            out[key] = dict(value) if switches else merge_tables(old, value)
        else:
            out[key] = value
    return out


def parse_override(text: str) -> tuple[list[str], Any]:
    """`decoding.temperature=0.7` as (path, value); a value that is not TOML is a string."""
    key, equals, raw = text.partition("=")
    if not equals or not key.strip():
        raise ConfigError(
            f"--set {text!r} is not key=value", "Like: --set decoding.temperature=0.7"
        )
    try:
        value = tomllib.loads(f"value = {raw}")["value"]
    except tomllib.TOMLDecodeError:
        value = raw
    return [part.strip() for part in key.split(".")], value


def with_override(table: Mapping[str, Any], path: Sequence[str], value: Any) -> Table:
    """A copy of `table` in which the key at `path` has that value."""
    nested: Any = value
    for part in reversed(path):
        nested = {part: nested}
    return merge_tables(table, nested)


def _table(path: Path, chain: tuple[Path, ...]) -> tuple[Table, str]:
    path = path.resolve()
    if path in chain:
        loop = " -> ".join(p.stem for p in (*chain, path))
        raise ConfigError(f"{path}: profiles extend each other in a circle: {loop}")
    text = read_text(path)
    table = parse(text, str(path))
    _absolute_model(table, path.parent)
    custom = table.get("adm")
    if isinstance(custom, dict) and isinstance(custom.get("file"), str):
        custom["file"] = str((path.parent / Path(custom["file"]).expanduser()).resolve())
    name = table.setdefault("name", path.stem)
    parent = table.pop("extends", None)
    if parent is None:
        return table, text
    if not isinstance(parent, str):
        raise ConfigError(f"{path}: extends: must be the name of a profile or a file")
    try:
        parent_path = find(parent, path.parent)
    except ConfigError as error:
        line = line_of(text, ["extends"])
        raise ConfigError(f"{path}, line {line}: extends: {error.message}", error.hint) from error
    base, _ = _table(parent_path, (*chain, path))
    return merge_tables(base, {**table, "name": name}), text


def load_profile(
    name: str,
    *,
    beside: Path | None = None,
    backbone: str | None = None,
    overrides: Sequence[str] = (),
    targets: Targets | None = None,
    attributes: Attributes | None = None,
) -> Profile:
    """The profile of that name or file, with everything that changes it worked in.

    `backbone` swaps the model alone; `overrides` are `key=value` texts; `targets`, when given,
    replace the profile's own. Attribute names become ids. Raises ConfigError.
    """
    path = find(name, beside)
    table, text = _table(path, ())
    where = str(path)
    if backbone is not None:
        table["backbone"] = {**table.get("backbone", {}), **backbone_table(backbone)}
        _absolute_model(table, Path.cwd())
    if overrides:
        build_profile(table, str(path), text, attributes)  # so that what follows is --set's fault
        for override in overrides:
            table = with_override(table, *parse_override(override))
        text, where = "", f"{path} with --set {' --set '.join(overrides)}"
    if targets is not None:
        table["target"] = [{"attribute": t.attribute, "value": t.value} for t in targets]
    return build_profile(table, where, text, attributes)


def build_profile(
    table: Table, where: str, text: str = "", attributes: Attributes | None = None
) -> Profile:
    """A checked profile from a merged table."""
    profile = validate(Profile, table, where, text)
    known = attributes if attributes is not None else load_attributes()
    spelled = [
        {"attribute": known.canonical(t.attribute), "value": t.value} for t in profile.targets
    ]
    profile = validate(Profile, {**table, "target": spelled}, where, text)
    for key, template in (("system", profile.prompt.system), ("user", profile.prompt.user)):
        if template is not None:
            from align_tui.config.prompts import check_template  # Jinja, for few profiles

            check_template(template, f"{where}: prompt.{key}")
    if profile.needs_model:
        check_model(profile.backbone, where)
    return profile


def check_model(spec: BackboneSpec, where: str) -> None:
    """Raise ConfigError for a model that cannot be anywhere; no hub and no server is asked."""
    if spec.kind == "openai" and not spec.server.base_urls:
        raise ConfigError(
            f"{where}: backbone.server.base_urls is missing",
            'Like: base_urls = ["http://localhost:8000/v1"]',
        )
    if spec.kind != "transformers":
        return
    if not spec.model:
        raise ConfigError(
            f"{where}: backbone.model is missing",
            "A hub id such as mistralai/Mistral-7B-Instruct-v0.3, or a local folder.",
        )
    if not Path(spec.model).is_dir() and not _HUB_ID.fullmatch(spec.model):
        raise ConfigError(
            f"{where}: backbone.model: there is no folder {spec.model}",
            "Name a folder that exists, or a hub id such as mistralai/Mistral-7B-Instruct-v0.3.",
        )


def _absolute_model(table: Table, beside: Path) -> None:
    """Make a local folder's path absolute: the worker runs elsewhere."""
    backbone = table.get("backbone")
    if not isinstance(backbone, dict) or not isinstance(backbone.get("model"), str):
        return
    if backbone.get("kind") == "openai":
        return  # a name on a server
    folder = Path(backbone["model"]).expanduser()
    if not folder.is_absolute() and (beside / folder).is_dir():
        backbone["model"] = str((beside / folder).resolve())
    elif folder.is_absolute():
        backbone["model"] = str(folder)


def backbone_table(model: str) -> Table:
    """The `[backbone]` keys that `--backbone MODEL` sets: 'demo', a hub id, a folder, a URL.

    A server's URL stands for the one model that it serves.
    """
    if model == "demo":
        return {"kind": "demo", "model": "", "revision": None}
    if model.startswith(("http://", "https://")):
        return {"kind": "openai", "model": "", "server": {"base_urls": [model]}}
    return {"kind": "transformers", "model": model, "revision": None}
