"""The type of a scenario format: how to recognise a file, and how to read its records."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from align_tui.core.types import Json
from align_tui.formats.drafts import Draft
from align_tui.formats.values import FilePosition


@dataclass(frozen=True, slots=True)
class ScenarioFormat:
    """One format of scenario files.

    A file is a list of records: a JSON list, JSON Lines, or the list that `records` makes of other
    text. `looks_like` recognises the format by the first record, and `drafts` reads all records; it
    raises DatasetError that names the place (`FilePosition.error`). In a `foreign` format labels
    may be 0..10, and later choices of equal text get a number.
    """

    name: str
    description: str
    looks_like: Callable[[Json], bool]
    drafts: Callable[[Sequence[Json], FilePosition], list[Draft]]
    foreign: bool = True
    looks_like_text: Callable[[str], bool] | None = None
    records: Callable[[str, FilePosition], list[Json]] | None = None
