"""Count the cases of golden vectors by family and kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

FIRST = 5  # the most unequal cases that the report shows of each family


@dataclass
class Counts:
    """How many cases there are, how many are equal, and how many no check knows."""

    cases: int = 0
    equal: int = 0
    unknown: int = 0

    def add(self, differs: Sequence[str] | None) -> None:
        """Add one case; `differs` is empty if it is equal, and None if no check knows it."""
        self.cases += 1
        self.equal += differs is not None and not differs
        self.unknown += differs is None

    def body(self) -> dict[str, int]:
        """The counts as JSON; `unknown` is left out if it is 0."""
        body = {"cases": self.cases, "equal": self.equal}
        return body | ({"unknown": self.unknown} if self.unknown else {})


@dataclass
class Tally(Counts):
    """The results of one family's cases, by kind for cases that name one."""

    kinds: dict[str, Counts] = field(default_factory=dict)
    unequal: list[dict[str, Any]] = field(default_factory=list)

    def add_case(self, case: str, kind: str | None, differs: Sequence[str] | None) -> None:
        """Add one case of a kind (None: it names none)."""
        self.add(differs)
        if kind is not None:
            self.kinds.setdefault(kind, Counts()).add(differs)
        if differs and len(self.unequal) < FIRST:
            self.unequal.append({"case": case, "differs": list(differs)})

    def report(self) -> dict[str, Any]:
        """The tally as JSON."""
        body: dict[str, Any] = self.body()
        if self.kinds:
            body["kinds"] = {kind: counts.body() for kind, counts in sorted(self.kinds.items())}
        if self.unequal:
            body["unequal"] = self.unequal
        return body
