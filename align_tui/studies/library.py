"""The studies that a name or a path may mean: files, and the shipped examples."""

from __future__ import annotations

import difflib
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from align_tui.config import paths
from align_tui.config.reading.file_kinds import STUDY, kind_of, refuse_other
from align_tui.config.reading.files import exists, is_file
from align_tui.config.reading.toml import parse, read_text, validate
from align_tui.config.study import StudyFile
from align_tui.core.errors import AlignError, ConfigError

NEAREST = 3
"""The most names that a hint suggests."""


@dataclass(frozen=True, slots=True)
class StudyEntry:
    """A study file; `name` opens it, and `origin` says where it comes from."""

    name: str
    path: Path
    origin: str


def list_studies(folder: Path | None = None) -> list[StudyEntry]:
    """The shipped studies, then those of `folder` (default: the working folder), by name."""
    found = [
        StudyEntry(path.stem, path, "shipped")
        for path in sorted(paths.shipped_examples().glob("*.toml"))
        if _is_study(path)
    ]
    here = Path.cwd() if folder is None else folder
    if here.resolve() == paths.shipped_examples().resolve():
        return found
    near = sorted(path for path in here.glob("*.toml") if _is_study(path))
    found += [StudyEntry(_typed(path, folder), path, "this folder") for path in near]
    return found


def _typed(path: Path, folder: Path | None) -> str:
    return path.name if folder is None else str(path)


def _is_study(path: Path) -> bool:
    """True if the file can be read and is a study."""
    if not is_file(path):
        return False
    try:
        return kind_of(parse(read_text(path), str(path))) == STUDY
    except AlignError:
        return False


def find_study(path: Path, commands: Collection[str] = ()) -> Path:
    """The file itself, or the shipped study of that name.

    Raises ConfigError with the nearest names; `commands` could have been meant as well.
    """
    if is_file(path):
        return path
    names = {entry.name: entry.path for entry in list_studies() if entry.origin == "shipped"}
    if str(path) in names:
        return names[str(path)]  # even where a folder has that name
    if exists(path):
        return path  # reading it says what is wrong
    what = "command or study" if commands else "study file"
    near = difflib.get_close_matches(str(path), [*commands, *names], NEAREST)
    hint = f"Did you mean {' or '.join(near)}?" if near else f"Studies: {', '.join(names)}."
    raise ConfigError(f"There is no {what} {path}", f"{hint} List them: align-tui studies list")


def read_study(path: Path) -> StudyFile:
    """Read a study file. Raises ConfigError."""
    text = read_text(path)
    table = parse(text, str(path))
    refuse_other(table, STUDY, str(path))
    return validate(StudyFile, table, str(path), text)
