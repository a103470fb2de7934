"""`align-tui studies`: list the studies, and whether what each needs is on this machine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rich.text import Text

from align_tui.config.options import Options
from align_tui.config.ready import absences
from align_tui.config.study import StudyFile
from align_tui.core.errors import AlignError, ConfigError
from align_tui.core.text.display import one_line
from align_tui.core.types import JsonObject
from align_tui.output.tables import console, quiet_table
from align_tui.output.terminal import say_json
from align_tui.studies.assemble import load_study
from align_tui.studies.library import StudyEntry, read_study
from align_tui.studies.library import list_studies as known_studies

NAME_WIDTH = 120
"""The most characters of a file's name in a table."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A study with what it is in a line, its size, and what it lacks on this machine.

    `scenarios` is None for a study that cannot be put together, and `columns` if its file cannot
    be read either; then `lacks` says why. Else `lacks` names the models that are not here.
    """

    entry: StudyEntry
    what: str
    columns: int | None
    scenarios: int | None
    lacks: str


def list_studies(folder: Path | None, *, as_json: bool) -> None:
    """Print a table of the shipped studies and of those of a folder. Raises ConfigError."""
    if folder is not None and not folder.is_dir():
        raise ConfigError(f"There is no folder {folder}")
    found = map(_listed, known_studies(folder))
    if as_json:
        for each in found:
            say_json(_json(each))
        return
    table = quiet_table("study", "columns", "scenarios", "is here", "what it is", "origin")
    for each in found:
        name = Text(one_line(each.entry.name, NAME_WIDTH))
        columns, scenarios = (
            "!" if size is None else str(size) for size in (each.columns, each.scenarios)
        )
        here = Text(one_line(each.lacks, 200) or "yes")
        table.add_row(name, columns, scenarios, here, Text(one_line(each.what)), each.entry.origin)
    console().print(table)


def _listed(entry: StudyEntry) -> Listed:
    try:
        file = read_study(entry.path)
    except AlignError as error:
        return Listed(entry, "", None, None, error.message)
    what = file.description or file.name or entry.name
    try:
        study = load_study(Options(study=entry.path))
    except AlignError as error:
        return Listed(entry, what, _columns(file), None, error.message)
    specs = [spec for profile in study.profiles for spec in profile.used_models.values()]
    absent = absences(specs)
    models = {s.model or s.label: absent[s.key] for s in specs if s.key in absent}
    missing = ", ".join(model for model, word in models.items() if word == "not here")
    others = (f"{word}: {model}" for model, word in models.items() if word != "not here")
    lacks = "; ".join([*([f"without {missing}"] if missing else []), *others])
    return Listed(entry, what, len(study.profiles), len(study.scenarios), lacks)


def _columns(file: StudyFile) -> int:
    """The number of columns that a study file describes."""
    swept = sum(len(each.attributes) * len(each.values) for each in file.sweep)
    return (len(file.profiles) + swept) * max(1, len(file.backbones))


def _json(listed: Listed) -> JsonObject:
    return {
        "study": listed.entry.name,
        "file": str(listed.entry.path),
        "what": listed.what,
        "columns": listed.columns,
        "scenarios": listed.scenarios,
        "here": not listed.lacks,
        "lacks": listed.lacks,
        "origin": listed.entry.origin,
    }
