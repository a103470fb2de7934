"""`align-tui profiles`: list, show, check and create profiles."""

from __future__ import annotations

import inspect
import re
from collections.abc import Sequence
from pathlib import Path

import tomli_w
from rich.cells import cell_len, set_cell_size
from rich.text import Text

from align_tui.config import paths
from align_tui.config.adm_kinds import ADM_KINDS
from align_tui.config.attributes import load_attributes
from align_tui.config.backbones import DEFAULT, list_backbones, read_backbone, typed
from align_tui.config.library import (
    anchored_override,
    find,
    load_profile,
    names_backbone,
    parse_override,
    with_override,
)
from align_tui.config.library import list_profiles as library_profiles
from align_tui.config.profile import Profile
from align_tui.config.reading.toml import Table as TomlTable
from align_tui.config.ready import absences
from align_tui.config.targets import target_tables
from align_tui.core.errors import AlignError, ConfigError
from align_tui.core.scenarios import Choice, Scenario
from align_tui.core.targets import target_id
from align_tui.core.text.display import one_line, plain
from align_tui.files.write import make_folder, write_text
from align_tui.formats import library
from align_tui.output.tables import console, quiet_table
from align_tui.output.terminal import say
from align_tui.studies.assemble import check_profile, parse_targets
from align_tui.studies.examples import check_examples
from align_tui.studies.first_prompt import first_prompt
from align_tui.studies.prompt_arrival import check_arrival

NAME_WIDTH = 120
"""The most characters of a file's name in a table."""


def list_profiles() -> None:
    """Print the profiles by kind of decision-maker, and a table of the named backbones.

    A kind that no profile uses is listed too, so that users see every kind that there is.
    """
    out = console()
    rows, faults = _rows_by_kind()
    every = [row for of in rows.values() for row in of]
    sizes = [max((cell_len(row[column]) for row in every), default=0) for column in range(3)]
    for kind in dict.fromkeys((*ADM_KINDS, *rows)):
        out.print(Text(f"{one_line(kind)}: {summary_of(kind)}", "bold"))
        for row in rows.get(kind, ()):
            padded = (set_cell_size(cell, size) for cell, size in zip(row, sizes, strict=False))
            out.print(Text("  ".join(("", *padded, row[3]))), no_wrap=True, crop=False)
    for broken, message in faults:
        out.print(f"{broken} cannot be read: {message}", style="bold")
    out.print()
    named = quiet_table("backbone", "kind", "model", "origin", "")
    for entry in list_backbones():
        name = Text(one_line(entry.name, NAME_WIDTH))
        try:
            spec = read_backbone(entry.path).spec
        except AlignError as error:
            named.add_row(name, "!", Text(one_line(error.message)), entry.origin, "")
            continue
        where = ", ".join(spec.server.base_urls) if not spec.is_local else ""
        model = " at ".join(part for part in (spec.model, where) if part) or spec.label
        absent = absences([spec]).get(spec.key, "")
        named.add_row(name, spec.kind, Text(one_line(model)), entry.origin, Text(absent, "red"))
    out.print(named)
    out.print(
        f"\nA profile with the model `any` uses {DEFAULT}. Choose another one with --backbone: "
        "a backbone's name, a hub id, a folder, a GGUF file or a URL.",
        style="dim",
    )


Row = tuple[str, str, str, str]


def _rows_by_kind() -> tuple[dict[str, list[Row]], list[tuple[str, str]]]:
    """(name, targets, model, origin) of each profile by kind; (name, error) of broken ones."""
    rows: dict[str, list[Row]] = {}
    faults = []
    for entry in library_profiles():
        name = one_line(entry.name, NAME_WIDTH)
        try:
            profile = load_profile(str(entry.path))
            own = names_backbone(str(entry.path))
        except AlignError as error:
            faults.append((name, one_line(error.message)))
            continue
        is_free = profile.needs_model and not own
        model = "any" if is_free else profile.model_label or "–"
        specs = [] if is_free else [*profile.used_models.values()]
        model = ", ".join((one_line(model), *dict.fromkeys(absences(specs).values())))
        target = one_line(target_id(profile.target)) or "–"
        rows.setdefault(profile.adm.kind, []).append((name, target, model, entry.origin))
    return rows, faults


def summary_of(kind: str) -> str:
    """The first sentence on a kind of decision-maker; empty if its package is not installed."""
    try:
        text = inspect.getdoc(ADM_KINDS.get(kind).params) or ""
    except ConfigError as error:
        return one_line(error.message)
    first = re.split(r"(?<=\.)\s|\n\n", text, maxsplit=1)[0]
    return one_line(" ".join(first.split()))


EXAMPLE = Scenario(
    "example",
    "(the scenario's text stands here)",
    (Choice("(the first choice)"), Choice("(the second choice)")),
)


def show_profile(name: str, backbone: str | None) -> None:
    """Print all settings of a profile as TOML, and what it first asks about an example."""
    profile = load_profile(name, backbone=typed(backbone) if backbone is not None else None)
    out = console()
    out.print(tomli_w.dumps(_without_none(profile)), end="")
    for message in first_prompt(profile, EXAMPLE, load_attributes()):
        out.print(f"\n# {message.role}", style="dim")
        out.print(plain(message.content))


def _without_none(profile: Profile) -> TomlTable:
    return profile.model_dump(mode="json", by_alias=True, exclude_none=True)


def check_profiles(names: Sequence[str] | None) -> int:
    """Check profiles and print what is wrong with them; the exit status is 2 if one is wrong.

    Without names it checks all profiles and all named backbones.
    """
    wrong = 0
    for name in names or [str(entry.path) for entry in library_profiles()]:
        try:
            profile = load_profile(name)
            # No prompt states the oracle's target: it may come from the command line later.
            later = not profile.adm.traits.states_target
            check_profile(profile, load_attributes(), target_later=later)
            check_examples(profile, load_attributes(), target_later=True)
            check_arrival(profile, [EXAMPLE], load_attributes())
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
    """Write a profile that extends another one. Raises ConfigError if the file exists already."""
    as_file = name.endswith(".toml")
    if not as_file and library.safe_name(name) != name:
        raise ConfigError(
            f"A profile cannot have the name {name!r}",
            "Use letters, digits, '.', '_' and '-', or the path of a file that ends in .toml.",
        )
    path = Path(name).expanduser() if as_file else paths.user_profiles() / f"{name}.toml"
    if path.exists():
        raise ConfigError(f"{path} exists already", "Choose another name.")
    attributes = load_attributes()
    parent = find(extends)
    if not as_file and extends == name:
        raise ConfigError(
            f"The profile {name!r} cannot extend itself",
            f"Give the new profile another name, such as my-{name}.",
        )
    table: TomlTable = {
        "extends": extends if not extends.endswith(".toml") else str(parent.resolve())
    }
    if backbone is not None:
        backbone = typed(backbone)
        table["backbone"] = {"use": backbone}
    overrides = [anchored_override(override, Path.cwd()) for override in overrides or ()]
    for override in overrides:
        table = with_override(table, *parse_override(override))
    new_targets = parse_targets(targets or (), attributes)
    if new_targets is not None:
        table["target"] = target_tables(new_targets)
    # Load it before writing it: a profile that cannot be used is not written.
    load_profile(str(parent), backbone=backbone, overrides=tuple(overrides), targets=new_targets)
    make_folder(path.parent, mine=not as_file)
    write_text(path, tomli_w.dumps(table), mine=not as_file)
    say(str(path))
