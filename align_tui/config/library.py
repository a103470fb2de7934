"""Find profiles by name or file, and apply `extends`, backbones and overrides."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from align_tui.config import paths
from align_tui.config.attributes import load_attributes
from align_tui.config.backbones import (
    DEFAULT,
    IDENTITY,
    Backbone,
    absolute,
    absolute_model,
    check_kind,
    check_model,
    list_backbones,
    names_model,
    resolve,
    with_kind,
)
from align_tui.config.backbones import backbone_table as backbone_table
from align_tui.config.code import with_hashes
from align_tui.config.entries import Entry, did_you_mean, entries
from align_tui.config.personas import placed_pack, with_personas
from align_tui.config.profile import Profile
from align_tui.config.reading.bounded_toml import MOST_PARTS, parse_toml
from align_tui.config.reading.file_kinds import PROFILE, refuse_other
from align_tui.config.reading.files import as_path, exists, is_dir, is_file, resolved, shown
from align_tui.config.reading.toml import Table, line_of, parse, read_text, validate
from align_tui.config.targets import target_tables
from align_tui.core.attributes import Attributes
from align_tui.core.errors import ConfigError
from align_tui.core.targets import Targets
from align_tui.core.text.plurals import counted
from align_tui.core.text.repair import storable

MOST_EXTENDS = 32


def list_profiles() -> list[Entry]:
    """All profiles of the library; the user's file hides a shipped one of the same name."""
    return entries(paths.shipped_profiles(), paths.user_profiles(), without=paths.BACKBONES)


def find(name: str, beside: Path | None = None) -> Path:
    """The file of a profile given as a path or as a library name; raises ConfigError."""
    looks_like_path = name.endswith(".toml") or "/" in name or "\\" in name
    if looks_like_path:
        path = as_path(name)
        if not path.is_absolute() and beside is not None:
            path = beside / path
        if exists(path) and not is_dir(path):
            return path  # reading it reports a path that is not a regular file
        raise ConfigError(
            f"There is no profile file {shown(path)}", "Check the path of the profile."
        )
    names = {entry.name: entry.path for entry in list_profiles()}
    if name in names:
        return names[name]
    raise ConfigError(f"There is no profile called {name!r}", _hint(name, list(names)))


def _hint(name: str, names: Sequence[str]) -> str:
    """A hint for an unknown name; names once began with the model (`mistral-7b-baseline`)."""
    for backbone in sorted((entry.name for entry in list_backbones()), key=len, reverse=True):
        rest = name.removeprefix(f"{backbone}-") if name != backbone else ""
        if rest in names or not rest:
            beside = f'--backbone {backbone}, or use = "{backbone}" under [backbone]'
            return (
                f"A profile's name does not contain the model. Name both: "
                f"{rest or 'baseline'} with {beside}."
            )
    return did_you_mean(name, names, "See: align-tui profiles list")


def merge_tables(base: Mapping[str, Any], over: Mapping[str, Any]) -> Table:
    """Merge `over` into `base`, table by table.

    If `over` names another decision-maker, alignment function or relevance predictor, the
    parameters of the old one are dropped; if it names another backbone, the keys of the old model
    are.
    """
    out: Table = dict(base)
    for key, value in over.items():
        old = out.get(key)
        if isinstance(old, Mapping) and isinstance(value, Mapping):
            if key == "backbone":
                old = _left_of_backbone(old, value)
            if key == "models":
                out[key] = _merged_roles(old, value)
                continue
            name = {"adm": "kind", "alignment": "function", "relevance": "kind"}.get(key)
            switches = name is not None and name in value and value[name] != old.get(name)
            out[key] = dict(value) if switches else merge_tables(old, value)
        else:
            out[key] = value
    return out


def _left_of_backbone(old: Mapping[str, Any], new: Mapping[str, Any]) -> Table:
    """The keys of a `[backbone]` that remain valid when `new` is merged into it."""
    gone: Sequence[str] = IDENTITY if "use" in new else ("use",) if "kind" in new else ()
    return {key: value for key, value in old.items() if key not in gone}


def _merged_roles(old: Mapping[str, Any], new: Mapping[str, Any]) -> Table:
    """Merge two `[models]` tables; each role is merged as a `[backbone]` is."""
    out: Table = dict(old)
    for role, model in new.items():
        below = out.get(role)
        model = {"use": model} if isinstance(model, str) else model
        if isinstance(below, Mapping) and isinstance(model, Mapping):
            out[role] = merge_tables(_left_of_backbone(below, model), model)
        else:
            out[role] = model
    return out


def parse_override(text: str) -> tuple[list[str], Any]:
    """Parse `decoding.temperature=0.7` as (path, value); a value that is not TOML is a string."""
    key, equals, raw = text.partition("=")
    if not equals or not key.strip():
        raise ConfigError(
            f"--set {text!r} is not key=value", "For example: --set decoding.temperature=0.7"
        )
    try:
        value = parse_toml(f"value = {raw}")["value"]
    except ValueError:
        value = raw
    parts = [part.strip() for part in key.split(".")]
    if len(parts) > MOST_PARTS:
        raise ConfigError(
            f"--set names a key of {counted(len(parts), 'part')}; the limit is {MOST_PARTS}"
        )
    return parts, value


def anchored_override(text: str, folder: Path) -> str:
    """The override with an absolute path, if it names a file or a model in `folder`.

    The worker runs in another folder. Other overrides are returned unchanged.
    """
    parts, value = parse_override(text)
    if not isinstance(value, str):
        return text
    if parts == ["adm", "file"]:
        value = paths.stored_path(resolved(folder / as_path(value)))
    elif parts in (["adm", "records"], ["examples", "scenarios"]):
        value = _absolute_set(value, folder)
    elif parts == ["adm", "personas"]:
        value = placed_pack(value, folder)
    elif _names_model(parts):
        names = {entry.name for entry in list_backbones()}
        value = value if value in names else absolute(value, folder)
    else:
        return text
    return f"{'.'.join(parts)}={json.dumps(value, ensure_ascii=False)}"


def _absolute_sets(table: Any, key: str, folder: Path) -> None:
    """Make paths of sets absolute, since the worker runs elsewhere; names of the library stay."""
    named = table.get(key) if isinstance(table, dict) else None
    if isinstance(named, str):
        table[key] = _absolute_set(named, folder)
    elif isinstance(named, list):
        table[key] = [
            _absolute_set(each, folder) if isinstance(each, str) else each for each in named
        ]


def _absolute_set(name: str, folder: Path) -> str:
    """A set's path as an absolute one; a name of the library of sets stays a name."""
    if "/" not in name and not name.endswith((".toml", ".json", ".jsonl")):
        return name
    path = folder / as_path(name)
    return paths.stored_path(resolved(path)) if is_file(path) else name


def _names_model(key: Sequence[str]) -> bool:
    """Is the value of this key of a profile a model: `backbone.use`, `models.judge`, ...?"""
    match key:
        case ["backbone", part] | ["models", _, part]:
            return part in ("model", "use")
        case ["models", _]:
            return True
    return False


def with_override(table: Mapping[str, Any], path: Sequence[str], value: Any) -> Table:
    """A copy of `table` with `value` at the key `path`."""
    nested: Any = value
    for part in reversed(path):
        nested = {part: nested}
    return merge_tables(table, nested)


def _table(path: Path, chain: tuple[Path, ...], files: set[Path]) -> tuple[Table, str]:
    """The merged table and the text of a profile's file; all files read are added to `files`."""
    files.add(path)
    path = resolved(path)
    if path in chain:
        loop = " -> ".join(p.stem for p in (*chain, path))
        raise ConfigError(f"{path}: profiles extend each other in a circle: {loop}")
    if len(chain) >= MOST_EXTENDS:
        raise ConfigError(
            f"{chain[0]}: more than {MOST_EXTENDS} profiles extend one another",
            "Make it extend a profile earlier in the chain.",
        )
    text = read_text(path)
    table = parse(text, str(path))
    refuse_other(table, PROFILE, str(path))
    absolute_model(table, path.parent)
    custom = table.get("adm")
    if isinstance(custom, dict) and isinstance(custom.get("file"), str):
        custom["file"] = paths.stored_path(resolved(path.parent / as_path(custom["file"])))
    _absolute_sets(custom, "records", path.parent)
    _absolute_sets(table.get("examples"), "scenarios", path.parent)
    if isinstance(custom, dict) and isinstance(custom.get("personas"), str):
        custom["personas"] = placed_pack(custom["personas"], path.parent)
    name = table.setdefault("name", storable(path.stem))
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
    base, _ = _table(parent_path, (*chain, path), files)
    return merge_tables(base, {**table, "name": name}), text


def load_profile(
    name: str,
    *,
    beside: Path | None = None,
    backbone: str | None = None,
    default: Backbone | None = None,
    overrides: Sequence[str] = (),
    targets: Targets | None = None,
    attributes: Attributes | None = None,
    files: set[Path] | None = None,
) -> Profile:
    """Load the profile of that name or file, with all changes applied.

    `backbone` replaces the model; `default` is the model of a profile that names none (else the
    demo's); `overrides` are `key=value` texts; `targets`, if given, replace the profile's own.
    Attribute names become ids. All files that are read are added to `files`. Raises ConfigError.
    """
    path = find(name, beside)
    files = files if files is not None else set()
    table, text = _table(path, (), files)
    where = str(path)
    if backbone is not None:
        resolve(backbone)  # so that its errors do not name the profile
        table = merge_tables(table, {"backbone": {"use": backbone}})
    if overrides:
        # Errors from here on are those of --set.
        build_profile(table, str(path), text, attributes, default, files)
        for override in overrides:
            table = with_override(table, *parse_override(override))
        text, where = "", f"{path} with --set {' --set '.join(overrides)}"
    if targets is not None:
        table["target"] = target_tables(targets)
    return build_profile(table, where, text, attributes, default, files)


def names_backbone(name: str) -> bool:
    """Does the profile of that name or file, or one that it extends, name a model?"""
    return names_model(_table(find(name), (), set())[0].get("backbone"))


def build_profile(
    table: Table,
    where: str,
    text: str = "",
    attributes: Attributes | None = None,
    default: Backbone | None = None,
    files: set[Path] | None = None,
) -> Profile:
    """Make a checked profile of a merged table, on the backbone that it uses.

    It has the hash of the code that it runs, if any. The backbone's file is added to `files`.
    """
    files = files if files is not None else set()
    table = _on_backbone(_with_roles(table, where, text, files), where, text, default, files)
    profile = validate(Profile, table, where, text)
    known = attributes if attributes is not None else load_attributes()
    spelled = target_tables(
        replace(target, attribute=known.canonical(target.attribute)) for target in profile.target
    )
    profile = validate(Profile, {**table, "target": spelled}, where, text)
    for part, holder in (("prompt", profile.prompt), ("adm", profile.adm)):
        for key in ("system", "user"):
            template = getattr(holder, key, None)
            if isinstance(template, str):
                from align_tui.config.prompts.render import check_template  # Jinja, for few

                check_template(template, f"{where}: {part}.{key}")
    check_kind(profile.backbone, where)
    for role, spec in profile.used_models.items():
        check_model(spec, where, f"models.{role}" if role else "backbone")
    return with_personas(with_hashes(profile), known, where)


def _with_roles(table: Table, where: str, text: str, files: set[Path]) -> Table:
    """The table with the backbone of each `[models.ROLE]` merged in; the role's own keys win.

    A role takes the named backbone's model, its decoding and the values for its chat template;
    the prompt's texts belong to the decision-maker. Raises ConfigError.
    """
    roles = table.get("models")
    if not isinstance(roles, Mapping):
        return table  # validation reports the error
    found = {}
    for role, model in roles.items():
        line = line_of(text, ["models", role]) if text else None
        place = f"{where}, line {line}" if line else where
        found[role] = _role_table(model, f"{place}: models.{role}", files)
    return {**table, "models": found}


def _role_table(model: Any, place: str, files: set[Path]) -> Any:
    model = {"use": model} if isinstance(model, str) else model
    if not isinstance(model, Mapping):
        return model
    use = model.get("use")
    rest = {key: value for key, value in model.items() if key != "use"}
    if use is None:
        if not names_model(model):
            raise ConfigError(f"{place} names no model", 'For example: use = "mistral-7b"')
        return with_kind(rest)
    if not isinstance(use, str):
        raise ConfigError(f"{place}.use: must be the name of a backbone")
    try:
        base = resolve(use)
    except ConfigError as error:
        raise ConfigError(f"{place}.use: {error.message}", error.hint) from error
    if base.file is not None:
        files.add(base.file)
    brought: Table = {**base.table["backbone"]}
    if "decoding" in base.table:
        brought["decoding"] = base.table["decoding"]
    if values := base.table.get("prompt", {}).get("chat_template"):
        brought["chat_template"] = values
    return merge_tables(brought, rest)


def _on_backbone(
    table: Table, where: str, text: str, default: Backbone | None, files: set[Path]
) -> Table:
    """The table with the backbone that it uses merged in; the profile's own keys win.

    A profile that needs no model stays unchanged.
    """
    given = table.get("backbone", {})
    if not isinstance(given, dict):
        return table  # validation reports the error
    use = given.get("use")
    rest = {key: value for key, value in given.items() if key != "use"}
    own = {**table, "backbone": with_kind(rest)}
    if use is None and names_model(given):
        return own
    if not validate(Profile, own, where, text).needs_model:
        return own if "backbone" in table else table
    line = line_of(text, ["backbone", "use"]) if text else None
    place = f"{where}, line {line}: backbone.use" if line else f"{where}: backbone.use"
    if use is not None and not isinstance(use, str):
        raise ConfigError(f"{place}: must be the name of a backbone")
    try:
        base = resolve(use) if use is not None else default or resolve(DEFAULT)
    except ConfigError as error:
        raise ConfigError(f"{place}: {error.message}", error.hint) from error
    if base.file is not None:
        files.add(base.file)
    return merge_tables(base.table, {**table, "backbone": rest})
