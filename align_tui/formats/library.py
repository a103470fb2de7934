"""The library of scenario sets: the shipped ones and those that the user imported."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from align_tui.config import paths
from align_tui.core.attributes import Attributes
from align_tui.core.errors import DatasetError
from align_tui.core.text.nearest import close_to
from align_tui.core.text.repair import storable
from align_tui.files.write import make_folder
from align_tui.formats.files import shown
from align_tui.formats.read import read_scenarios
from align_tui.formats.sets import ScenarioSet

# In this order: of files that differ only in their ending, the imported one (.jsonl) is first.
_ENDINGS = (".jsonl", ".toml", ".json")
_MAX_NAME = 100
_NAME = re.compile(rf"[A-Za-z0-9_][A-Za-z0-9._\-]{{0,{_MAX_NAME - 1}}}")


@dataclass(frozen=True, slots=True)
class SetEntry:
    """A scenario file of the library."""

    name: str
    path: Path
    origin: str  # "shipped" or "yours"


def list_sets() -> list[SetEntry]:
    """All sets of the library; the user's file hides a shipped one of the same name."""
    found: dict[str, SetEntry] = {}
    for origin, folder in (
        ("shipped", paths.shipped_scenarios()),
        ("yours", paths.user_scenarios()),
    ):
        for ending in reversed(_ENDINGS):
            for path in sorted(folder.glob(f"*{ending}")):
                if not path.name.startswith("."):
                    name = storable(path.stem)
                    found[name] = SetEntry(name, path, origin)
    return sorted(found.values(), key=lambda entry: entry.name)


def find_set(name_or_path: str) -> Path:
    """The file of a set that is given as a path or as a library name; raises DatasetError.

    A name is looked up first, so that a file of the same name in the working folder does not
    change what a command means.
    """
    names = {entry.name: entry.path for entry in list_sets()}
    if name_or_path in names:
        return names[name_or_path]
    looks_like_path = "/" in name_or_path or "\\" in name_or_path
    path = Path(name_or_path)
    try:
        path = path.expanduser()
        if path.is_file() or looks_like_path or path.suffix in _ENDINGS:
            return path
    except (OSError, ValueError, RuntimeError) as error:  # RuntimeError: ~nobody has no home
        raise DatasetError(f"{shown(path)}: {error}", "Check the path of the file.") from error
    close = close_to(name_or_path, names, n=3, cutoff=0.4)
    known = f"Known sets: {', '.join(sorted(names))}." if names else ""
    hint = f"Did you mean {', '.join(close)}?" if close else known
    if _NAME.fullmatch(name_or_path):
        hint += f" To make it from a file: align-tui scenarios import FILE --name {name_or_path}"
    raise DatasetError(f"There is no scenario set called {name_or_path!r}", hint.strip())


def find_scenarios(
    name_or_path: str, attributes: Attributes, scale: Mapping[str, float] | None = None
) -> ScenarioSet:
    """Read a set that is given as a library name or as a path; raises DatasetError."""
    return read_scenarios(find_set(name_or_path), attributes=attributes, scale=scale)


def safe_name(text: str) -> str:
    """Make a set's name (ASCII letters, digits, '.', '_', '-') of `text`; raises DatasetError."""
    name = re.sub(r"[^A-Za-z0-9._\-]+", "-", text).strip(".-")[:_MAX_NAME].rstrip(".-")
    if not name:
        raise DatasetError(
            f"{text[:60]!r} has no characters that the name of a set may have",
            "Give a name of letters, digits, '.', '_' and '-'.",
        )
    return name


def import_set(
    path: Path,
    attributes: Attributes,
    *,
    more: Sequence[Path] = (),
    name: str | None = None,
    scale: Mapping[str, float] | None = None,
    overwrite: bool = False,
) -> tuple[SetEntry, ScenarioSet]:
    """Read a file of any format and save it as native JSONL in the user's folder.

    The scenarios of `more` files come behind it; the same question in several of them becomes one
    scenario with all its labels. Without `name` the set keeps the name of the first file's. Raises
    DatasetError, also if there is an imported set of that name and `overwrite` is not set.
    """
    if name is not None and not _NAME.fullmatch(name):
        raise DatasetError(
            f"{name[:60]!r} cannot be the name of a set",
            "Use letters, digits, '.', '_' and '-', and do not begin with '.' or '-'.",
        )
    found = read_scenarios(path, attributes=attributes, scale=scale)
    if more:
        from align_tui.formats.merging import merged  # few imports have several files

        others = [read_scenarios(each, attributes=attributes, scale=scale) for each in more]
        found = merged([found, *others], found.name)
    called = name if name is not None else safe_name(found.name)
    folder = paths.user_scenarios()
    target = folder / f"{called}.jsonl"
    if target.exists() and not overwrite:
        raise DatasetError(
            f"There is already an imported set called {called!r}",
            "Give the new set another name, or replace the old one with --replace.",
        )
    make_folder(folder, mine=True)
    _write_jsonl(target, replace(found, name=called), mine=True)
    return SetEntry(called, target, "yours"), found


# The writers are imported on use: readers of a set start faster without them.
def _write_jsonl(path: Path, found: ScenarioSet, *, mine: bool = False) -> None:
    from align_tui.formats.write import write_native_jsonl

    name, description = found.name, found.description
    write_native_jsonl(path, found.scenarios, name=name, description=description, mine=mine)


def _export_toml(path: Path, found: ScenarioSet) -> None:
    from align_tui.formats.write import write_native_toml

    write_native_toml(path, found.scenarios, name=found.name, description=found.description)


def _export_align_system(path: Path, found: ScenarioSet) -> None:
    from align_tui.formats.align_system.write import write_align_system_file

    write_align_system_file(path, found.scenarios)


EXPORTS: Mapping[str, Callable[[Path, ScenarioSet], None]] = {
    "toml": _export_toml,
    "jsonl": _write_jsonl,
    "align-system": _export_align_system,
}


def export_set(found: ScenarioSet, path: Path, format_name: str) -> None:
    """Write a set in one of the formats of `EXPORTS`; raises DatasetError, OutputError."""
    export = EXPORTS.get(format_name)
    if export is None:
        raise DatasetError(
            f"There is no export format {format_name!r}", f"Known formats: {', '.join(EXPORTS)}."
        )
    export(path, found)
