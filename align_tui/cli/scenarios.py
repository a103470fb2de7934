"""`align-tui scenarios`: list, show, import and export scenario sets."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.text import Text

from align_tui.config.attributes import load_attributes
from align_tui.core.errors import AlignError
from align_tui.core.families import clustering
from align_tui.core.people import whole_text
from align_tui.core.scenarios import scenario_to_json
from align_tui.core.text.display import one_line, plain
from align_tui.core.text.plurals import counted
from align_tui.formats import library
from align_tui.output.tables import console, quiet_table, waiting
from align_tui.output.terminal import say, say_json
from align_tui.studies.assemble import parse_scale

NAME_WIDTH = 120
"""The most characters of a file's name in a table."""


def list_scenarios() -> None:
    """Print a table of the scenario sets with their sizes and attributes."""
    attributes = load_attributes()
    table = quiet_table("set", "scenarios", "clusters", "labelled for", "origin")
    for entry in library.list_sets():
        try:
            found = library.find_scenarios(entry.name, attributes)
            size, labels = str(len(found)), ", ".join(sorted(found.labelled)) or "–"
            independent = str(clustering(found.scenarios).clusters)
        except AlignError as error:
            size, independent, labels = "!", "", one_line(error.message)
        name = Text(one_line(entry.name, NAME_WIDTH))
        table.add_row(name, size, independent, Text(one_line(labels)), entry.origin)
    console().print(table)


def show_scenarios(name: str, scale: Sequence[str] | None, *, as_json: bool) -> None:
    """Print a scenario set: as text, or as one JSON object on each line."""
    found = library.find_scenarios(name, load_attributes(), parse_scale(scale or ()))
    if as_json:
        for scenario in found:
            say_json(scenario_to_json(scenario))
        return
    out = console()
    clusters = clustering(found.scenarios).clusters
    size = counted(len(found), "scenario")
    if clusters < len(found):
        size += f" in {counted(clusters, 'cluster')}"
    out.print(f"{one_line(found.name)}: {size} ({found.format})", style="bold")
    if found.description:
        out.print(plain(found.description))
    for note in found.notes:
        out.print(f"note: {plain(note)}", style="dim")
    for scenario in found:
        out.print(f"\n{one_line(scenario.key)}  {one_line(scenario.title)}", style="bold")
        if scenario.family:
            out.print(f"family: {one_line(scenario.family)}", style="dim")
        out.print(plain(whole_text(scenario)))
        for choice in scenario.choices:
            labels = ", ".join(f"{one_line(k)} {v:.3g}" for k, v in choice.labels.items())
            out.print(f"  - {one_line(choice.text)}  {('(' + labels + ')') if labels else ''}")
        for group, row in scenario.shares.items():
            out.print(f"  {one_line(group)}: {', '.join(f'{share:.0%}' for share in row)}")


def import_scenarios(
    files: Sequence[Path], name: str | None, scale: Sequence[str] | None, *, replace: bool
) -> None:
    """Copy the scenarios of a file, or of several as one set, into the user's library."""
    with waiting(f"reading {', '.join(map(str, files))}"):
        entry, found = library.import_set(
            files[0],
            load_attributes(),
            more=files[1:],
            name=name,
            scale=parse_scale(scale or ()),
            overwrite=replace,
        )
    for note in found.notes:
        say(f"note: {note}", error=True)
    size = counted(len(found), "scenario")
    say(f"Imported {size} ({found.format}) as the set {entry.name!r}.", error=True)


def export_scenarios(name: str, out: Path, format_name: str) -> None:
    """Write a scenario set to a file."""
    found = library.find_scenarios(name, load_attributes())
    library.export_set(found, out, format_name)
    say(str(out), error=True)
