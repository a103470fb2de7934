"""A set of scenarios as it was read, and names that tell its members apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from align_tui.core.scenarios import Scenario
from align_tui.core.types import content_hash


@dataclass(frozen=True)
class ScenarioSet:
    """The scenarios of one file; their keys are unique, and there is at least one.

    `notes` are what the reader wants the user to know: scales that were divided, labels whose
    attribute no pack defines, keys that repeat.
    """

    name: str
    description: str
    format: str  # its name in formats/registry.py
    scenarios: tuple[Scenario, ...]
    path: Path | None = field(default=None, compare=False)
    notes: tuple[str, ...] = ()

    @cached_property
    def hash(self) -> str:
        """SHA-256 over keys and scenario hashes: equal when the same things are asked in order."""
        return content_hash([[scenario.key, scenario.hash] for scenario in self.scenarios])

    @property
    def labelled(self) -> frozenset[str]:
        """Attribute ids that at least one choice of the set is labelled for."""
        return frozenset().union(*(scenario.labelled for scenario in self.scenarios))

    def __len__(self) -> int:
        """How many scenarios."""
        return len(self.scenarios)

    def __iter__(self) -> Iterator[Scenario]:
        """The scenarios in the order of the file."""
        return iter(self.scenarios)


def tell_apart(names: Sequence[str], mark: str) -> list[str]:
    """`names` made unique: the first of equal ones stays, later ones get `mark` with 2, 3, ...

    `mark` is a format such as '#{}'. A numbered name that some other entry really has is skipped.
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
