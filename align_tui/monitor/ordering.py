"""The order of the list of scenarios: as in the study, or by what the decisions on each tell.

Only rows that changed since the last call are looked at again.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias, overload

from align_tui.monitor.snapshot import Cells, Repeats
from align_tui.monitor.votes import vote

if TYPE_CHECKING:
    from align_tui.config.study import Study

Order: TypeAlias = Literal["file", "attribute", "margin", "disagreement", "against", "flips"]
ORDERS: tuple[Order, ...] = ("file", "attribute", "margin", "disagreement", "against", "flips")


@dataclass(frozen=True, slots=True)
class Facts:
    """What the samples on one scenario tell, by profile; None where nothing is decided.

    `choices` are those that most repeats took, `margins` (0 to 1) the mean differences of the two
    highest probabilities, `flips` (0 to 1) the shares of repeats that took another choice.
    """

    choices: tuple[int | None, ...] = ()
    margins: tuple[float | None, ...] = ()
    flips: tuple[float | None, ...] = ()

    def apart(self) -> float:
        """The share (0 to 1) of the pairs of columns that chose differently; 0 without a pair."""
        known = [choice for choice in self.choices if choice is not None]
        pairs = len(known) * (len(known) - 1) // 2
        same = sum(n * (n - 1) // 2 for n in Counter(known).values())
        return (pairs - same) / pairs if pairs else 0.0

    def against(self, profile: int) -> int:
        """The number of columns that chose differently than this profile."""
        mine = self.choices[profile] if profile < len(self.choices) else None
        if mine is None:
            return 0
        return sum(choice is not None and choice != mine for choice in self.choices)

    def flipped(self) -> float:
        """The mean share (0 to 1) of flips over the columns that decided."""
        known = [share for share in self.flips if share is not None]
        return sum(known) / len(known) if known else 0.0


NOTHING = Facts()


def facts_of(row: Cells) -> Facts:
    """The facts of one row of samples."""
    votes = [vote(repeats) for repeats in row]
    return Facts(
        tuple(None if found is None else found.choice for found in votes),
        tuple(map(_margin, row)),
        tuple(None if found is None else found.flips for found in votes),
    )


def _margin(repeats: Repeats) -> float | None:
    known = [c.margin for c in repeats if c is not None and c.margin is not None]
    return sum(known) / len(known) if known else None


@dataclass(frozen=True, slots=True)
class Group:
    """Scenarios that stand together in the list: `count` of them from the place `start` on."""

    name: str
    start: int
    count: int


class Ranked(Sequence[int]):
    """Scenarios in another order than the study's; `rank` is the place of each one of them all.

    `groups` divide the list, if it is grouped.
    """

    def __init__(
        self, numbers: Sequence[int], rank: Sequence[int], groups: tuple[Group, ...] = ()
    ) -> None:
        self.numbers, self.rank, self.groups = tuple(numbers), rank, groups

    @overload
    def __getitem__(self, at: int) -> int: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[int]: ...
    def __getitem__(self, at: int | slice) -> int | Sequence[int]:
        """The scenario at a place, or those of a slice."""
        return self.numbers[at]

    def __len__(self) -> int:
        """The number of scenarios."""
        return len(self.numbers)

    def __eq__(self, other: object) -> bool:
        """Equal to another list of the same scenarios in the same order and the same groups."""
        if not isinstance(other, Ranked):
            return False
        return self.numbers == other.numbers and self.groups == other.groups

    __hash__ = None  # type: ignore[assignment]


def place_of(listed: Sequence[int], scenario: int) -> int:
    """The place of a scenario in the list, or the place where it would be."""
    if isinstance(listed, Ranked):
        rank = listed.rank
        at = rank[scenario] if 0 <= scenario < len(rank) else -1
        return bisect_left(listed.numbers, at, key=rank.__getitem__)
    return bisect_left(listed, scenario)


def first_attributes(study: Study) -> tuple[list[str], dict[str, int]]:
    """(By scenario the attribute that it stands under, the place of each in the list).

    That is the first attribute for which it is labelled, or else the first group of people whose
    shares it has; "" if it has neither. The attributes of the study's targets come first, in the
    order of the columns, then the others by name.
    """
    aimed = dict.fromkeys(each.attribute for profile in study.profiles for each in profile.target)
    known = [scenario.labelled or scenario.groups for scenario in study.scenarios]
    rest = frozenset[str]().union(*known) - aimed.keys()
    places = {name: place for place, name in enumerate((*aimed, *sorted(rest)))}
    return [min(names, key=places.__getitem__, default="") for names in known], places


class ScenarioOrder:
    """Orders the scenarios of one study."""

    def __init__(self, study: Study) -> None:
        self._attributes, self._places = first_attributes(study)
        count = len(study.scenarios)
        self._rows: tuple[Cells | None, ...] = (None,) * count
        self._facts = [NOTHING] * count
        self._asked: tuple[Order, int] | None = None
        self._rank: list[int] = []
        self._order: list[int] = []
        self._listed: tuple[Sequence[int], Ranked] | None = None

    def arrange(
        self, listed: Sequence[int], order: Order, rows: tuple[Cells, ...], focus: int
    ) -> Sequence[int]:
        """The listed scenarios in that order; the same object while nothing changes.

        `focus` is the profile to which the orders by margin and against it refer. Scenarios that
        nothing tells apart stay in the order of the study.
        """
        if order == "file":
            return listed
        changed = self._update(rows)
        if changed or self._asked != (order, focus):
            self._asked = (order, focus)
            now = sorted(range(len(self._facts)), key=self._keys(order, focus).__getitem__)
            if now != self._order:
                self._order, self._listed = now, None
                self._rank = [0] * len(now)
                for place, number in enumerate(now):
                    self._rank[number] = place
        if self._listed is None or self._listed[0] is not listed:
            whole = len(listed) == len(self._order)
            numbers = self._order if whole else sorted(listed, key=self._rank.__getitem__)
            self._listed = listed, Ranked(numbers, self._rank)
        return self._listed[1]

    def facts(self, number: int) -> Facts:
        """The facts of a scenario, as of the last call of `arrange`."""
        return self._facts[number]

    def attribute(self, number: int) -> str:
        """The attribute under which the scenario stands (`first_attributes`); "" if none."""
        return self._attributes[number]

    def _update(self, rows: tuple[Cells, ...]) -> bool:
        if rows is self._rows or len(rows) != len(self._facts):
            return False
        for number, (row, old) in enumerate(zip(rows, self._rows, strict=True)):
            if row is not old:
                self._facts[number] = facts_of(row)
        self._rows = rows
        return True

    def _keys(self, order: Order, focus: int) -> list[float] | list[str]:
        if order == "attribute":
            places = self._places
            return [float(places.get(name, len(places))) for name in self._attributes]
        if order == "margin":
            return [_margin_key(facts, focus) for facts in self._facts]
        if order == "disagreement":
            return [-facts.apart() for facts in self._facts]
        if order == "against":
            return [float(-facts.against(focus)) for facts in self._facts]
        return [-facts.flipped() for facts in self._facts]


def _margin_key(facts: Facts, focus: int) -> float:
    margin = facts.margins[focus] if focus < len(facts.margins) else None
    return 2.0 if margin is None else margin
