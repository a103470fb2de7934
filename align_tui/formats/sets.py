"""A set of scenarios, and unique names for its members."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from align_tui.core.records import set_hash
from align_tui.core.scenarios import Scenario


@dataclass(frozen=True)
class ScenarioSet:
    """The scenarios of one file; their keys are unique, and there is at least one.

    `notes` are the reader's messages for the user: labels that were scaled, attributes that no
    pack defines, repeated keys.
    """

    name: str
    description: str
    format: str  # its name in formats/registry.py
    scenarios: tuple[Scenario, ...]
    path: Path | None = field(default=None, compare=False)
    notes: tuple[str, ...] = ()

    @cached_property
    def hash(self) -> str:
        """SHA-256 of the keys and the scenarios' hashes, in order."""
        return set_hash(self.scenarios)

    @property
    def labelled(self) -> frozenset[str]:
        """The attribute ids and groups for which the set has a label, or shares."""
        each = (scenario.labelled | scenario.groups for scenario in self.scenarios)
        return frozenset().union(*each)

    def __len__(self) -> int:
        """The number of scenarios."""
        return len(self.scenarios)

    def __iter__(self) -> Iterator[Scenario]:
        """The scenarios in the order of the file."""
        return iter(self.scenarios)


def tell_apart(names: Sequence[str], mark: str) -> list[str]:
    """Make names unique: the first of equal ones stays, later ones get `mark` with 2, 3, ...

    `mark` is a format such as '#{}'. A numbered name that another entry already has is skipped.
    """
    taken = set(names)
    seen: set[str] = set()
    counts: dict[str, int] = {}
    out: list[str] = []
    for name in names:
        if name not in seen:
            seen.add(name)
            out.append(name)
            continue
        number = counts.get(name, 1) + 1
        while (candidate := name + mark.format(number)) in taken:
            number += 1
        counts[name] = number
        taken.add(candidate)
        out.append(candidate)
    return out
