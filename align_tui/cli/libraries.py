"""The libraries of scenarios and profiles on the command line."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import tomli_w
from rich.text import Text

from align_tui.config import paths
from align_tui.config.adm_params import Reasoned
from align_tui.config.attributes import load_attributes
from align_tui.config.backbones import DEFAULT, list_backbones, read_backbone, typed
from align_tui.config.library import (
    find,
    load_profile,
    names_backbone,
    parse_override,
    placed,
    with_override,
)
from align_tui.config.library import list_profiles as library_profiles
from align_tui.config.profile import Profile
from align_tui.config.prompts.render import render_messages
from align_tui.config.reading.toml import Table as TomlTable
from align_tui.config.targets import target_tables
from align_tui.core.errors import AlignError, ConfigError
from align_tui.core.scenarios import Choice, Scenario, scenario_to_json
from align_tui.core.targets import target_id
from align_tui.core.text.display import one_line, plain
from align_tui.files.write import make_folder, write_text
from align_tui.formats import library
from align_tui.output.tables import console, quiet_table, waiting
from align_tui.output.terminal import say, say_json
from align_tui.studies.assemble import check_profile, parse_scale, parse_targets

NAMED = 120
"""Characters of a file's name in a table."""


def list_scenarios() -> None:
    """Print the scenario sets with their sizes and attributes."""
    attributes = load_attributes()
    table = quiet_table("set", "scenarios", "labelled for", "origin")
    for entry in library.list_sets():
        try:
            found = library.find_scenarios(entry.name, attributes)
            size, labels = str(len(found)), ", ".join(sorted(found.labelled)) or "–"
        except AlignError as error:
            size, labels = "!", one_line(error.message)
        name = Text(one_line(entry.name, NAMED))
        table.add_row(name, size, Text(one_line(labels)), entry.origin)
    console().print(table)


def show_scenarios(name: str, scale: Sequence[str] | None, *, as_json: bool) -> None:
    """Print a scenario set, or one JSON line a scenario."""
    found = library.find_scenarios(name, load_attributes(), parse_scale(scale or ()))
    if as_json:
        for scenario in found:
            say_json(scenario_to_json(scenario))
        return
    out = console()
    out.print(f"{one_line(found.name)}: {len(found)} scenarios ({found.format})", style="bold")
    if found.description:
        out.print(plain(found.description))
    for note in found.notes:
        out.print(f"note: {plain(note)}", style="dim")
    for scenario in found:
        out.print(f"\n{one_line(scenario.key)}  {one_line(scenario.title)}", style="bold")
        out.print(plain(scenario.text))
        for choice in scenario.choices:
            labels = ", ".join(f"{one_line(k)} {v:.3g}" for k, v in choice.labels.items())
            out.print(f"  - {one_line(choice.text)}  {('(' + labels + ')') if labels else ''}")


def import_scenarios(
    path: Path, name: str | None, scale: Sequence[str] | None, *, replace: bool
) -> None:
    """Read a file and keep it in the user's library."""
    with waiting(f"reading {path}"):
        entry, found = library.import_set(
            path,
            load_attributes(),
            name=name,
            scale=parse_scale(scale or ()),
            overwrite=replace,
        )
    for note in found.notes:
        say(f"note: {note}", error=True)
    say(f"{len(found)} scenarios ({found.format}) are now the set {entry.name!r}.", error=True)


def export_scenarios(name: str, out: Path, format_name: str) -> None:
    """Write a scenario set as a file."""
    found = library.find_scenarios(name, load_attributes())
    library.export_set(found, out, format_name)
    say(str(out), error=True)


def list_profiles() -> None:
    """Print the profiles with kind and target, and the backbones that can be named."""
    out = console()
    table = quiet_table("profile", "decides by", "target", "model", "origin")
    for entry in library_profiles():
        name = Text(one_line(entry.name, NAMED))
        try:
            profile = load_profile(str(entry.path))
            own = names_backbone(str(entry.path))
        except AlignError as error:
            table.add_row(name, "!", Text(one_line(error.message)), "", entry.origin)
            continue
        is_free = profile.needs_model and not own
        model = "any" if is_free else profile.model_label or "–"
        target = target_id(profile.target) or "–"
        cells = (Text(one_line(target)), Text(one_line(model)))
        table.add_row(name, profile.adm.kind, *cells, entry.origin)
    out.print(table)
    named = quiet_table("backbone", "kind", "model", "origin")
    for entry in list_backbones():
        name = Text(one_line(entry.name, NAMED))
        try:
            spec = read_backbone(entry.path).spec
        except AlignError as error:
            named.add_row(name, "!", Text(one_line(error.message)), entry.origin)
            continue
        where = ", ".join(spec.server.base_urls) if not spec.is_local else ""
        model = " at ".join(part for part in (spec.model, where) if part) or spec.label
        named.add_row(name, spec.kind, Text(one_line(model)), entry.origin)
    out.print()
    out.print(named)
    out.print(
        f"\nAny model, for a profile that names none: --backbone NAME (without it, {DEFAULT}), "
        "or a hub id, folder, GGUF file or URL.",
        style="dim",
    )


EXAMPLE = Scenario(
    "example",
    "(the scenario's text stands here)",
    (Choice("(the first choice)"), Choice("(the second choice)")),
)


def show_profile(name: str, backbone: str | None) -> None:
    """Print a whole profile as TOML, and the prompt that it makes."""
    profile = load_profile(name, backbone=typed(backbone) if backbone is not None else None)
    out = console()
    out.print(tomli_w.dumps(_without_none(profile)), end="")
    if isinstance(profile.adm, Reasoned):
        stated = profile.target if profile.adm.traits.states_target else ()
        order = profile.adm.reasoning
        for message in render_messages(profile, EXAMPLE, stated, load_attributes(), order):
            out.print(f"\n# {message.role}", style="dim")
            out.print(plain(message.content))


def _without_none(profile: Profile) -> TomlTable:
    return profile.model_dump(mode="json", by_alias=True, exclude_none=True)


def check_profiles(names: Sequence[str] | None) -> int:
    """Check profiles (without names, backbones too): prints what is wrong; the exit status."""
    wrong = 0
    wanted = list(names or [str(entry.path) for entry in library_profiles()])
    for name in wanted:
        try:
            profile = load_profile(name)
            # A target that no prompt states may come from the command line, as the oracle's does.
            later = not profile.adm.traits.states_target
            check_profile(profile, load_attributes(), target_later=later)
            say(f"ok  {one_line(profile.name)}")
        except AlignError as error:
            wrong += 1
            _tell(error)
    for entry in list_backbones() if not names else ():
        try:
            read_backbone(entry.path)
            say(f"ok  {one_line(entry.name)} (backbone)")
        except AlignError as error:
            wrong += 1
            _tell(error)
    return 2 if wrong else 0


def _tell(error: AlignError) -> None:
    say(f"!   {error.message}")
    if error.hint:
        say(f"    {error.hint}")


def new_profile(
    name: str,
    extends: str,
    targets: Sequence[str] | None,
    backbone: str | None,
    overrides: Sequence[str] | None,
) -> None:
    """Write a profile that extends another; raises ConfigError rather than replace a file."""
    as_file = name.endswith(".toml")
    if not as_file and library.safe_name(name) != name:
        raise ConfigError(
            f"{name!r} cannot be a profile's name",
            "Letters, digits, '.', '_', '-'; or the path of a file that ends in .toml.",
        )
    path = Path(name).expanduser() if as_file else paths.user_profiles() / f"{name}.toml"
    if path.exists():
        raise ConfigError(f"{path} exists already", "Choose another name.")
    attributes = load_attributes()
    parent = find(extends)
    table: TomlTable = {
        "extends": extends if not extends.endswith(".toml") else str(parent.resolve())
    }
    if backbone is not None:
        backbone = typed(backbone)
        table["backbone"] = {"use": backbone}
    overrides = [placed(override, Path.cwd()) for override in overrides or ()]
    for override in overrides:
        table = with_override(table, *parse_override(override))
    wanted = parse_targets(targets or (), attributes)
    if wanted is not None:
        table["target"] = target_tables(wanted)
    # Checked as it will be read, before anything is written.
    load_profile(str(parent), backbone=backbone, overrides=tuple(overrides), targets=wanted)
    make_folder(path.parent, mine=not as_file)
    write_text(path, tomli_w.dumps(table), mine=not as_file)
    say(str(path))
