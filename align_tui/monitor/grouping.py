"""The groups of the list of scenarios: by what the file says, or by what the columns decided.

A scenario stands in one group. Only rows that changed since the last call are looked at again.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from align_tui.core.families import family_of
from align_tui.core.scenarios import VARIANT_OF
from align_tui.monitor.marks import MarkName, mark_of
from align_tui.monitor.ordering import Group, Ranked, first_attributes
from align_tui.monitor.snapshot import Cells

if TYPE_CHECKING:
    from align_tui.config.study import Study
    from align_tui.core.scenarios import Scenario

Kind = Literal["none", "attribute", "family", "meta", "outcome", "baseline"]
MOST_KEYS = 6  # keys of `meta` by which the list can be grouped
MOST_GROUPS = 40  # different values of such a key
NONE = ""  # the name of the group of scenarios that have no value
OUTCOMES: dict[MarkName, str] = {
    "wrong": "wrong",
    "failed": "failed",
    "right": "right",
    "unscored": "decided, unscored",
    "working": "running",
    "pending": "queued",
    "none": "not asked",
}
"""The group of each mark of the focused column, in the order of the list."""
AGAINST = (
    "right, baseline wrong",
    "wrong, baseline right",
    "both wrong",
    "both right",
    "not both scored",
)
"""The groups of the focused column's outcomes against its baseline's, in the order of the list."""
Names: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Grouping:
    """How the list is grouped; `key` is the key of the scenarios' `meta` for that kind."""

    kind: Kind = "none"
    key: str = ""


UNGROUPED = Grouping()


@dataclass(frozen=True, slots=True)
class Focus:
    """The focused column, the number of its baseline, and the target that both are marked by."""

    profile: int = 0
    baseline: int | None = None
    target: str | None = None


class ScenarioGroups:
    """Groups the scenarios of one study."""

    def __init__(self, study: Study) -> None:
        self._count = len(study.scenarios)
        self._plain = range(self._count)  # the rank of the study's own order
        self._fixed = _fixed_groups(study)
        self._rows: tuple[Cells | None, ...] = ()
        self._asked: tuple[Grouping, Focus] | None = None
        self._of: list[int] = []  # by scenario: the place of its group
        self._names: Names = ()
        self._from: object = None  # the list that was grouped last
        self._made = Ranked((), ())

    def offered(self, *, baseline: bool) -> tuple[Grouping, ...]:
        """The groupings that divide this study, the ungrouped list first.

        `baseline` says that a column has a baseline to be compared with.
        """
        more = (Grouping("baseline"),) if baseline else ()
        return (UNGROUPED, *self._fixed, Grouping("outcome"), *more)

    def arrange(
        self, listed: Sequence[int], grouping: Grouping, rows: tuple[Cells, ...], focus: Focus
    ) -> Sequence[int]:
        """The listed scenarios group by group; the same object while nothing changes.

        Within a group they keep their order. An empty group is left out.
        """
        if grouping not in self._fixed and grouping.kind not in ("outcome", "baseline"):
            return listed
        changed = self._update(grouping, rows, focus)
        if changed or self._from is not listed:
            self._from = listed
            rank = listed.rank if isinstance(listed, Ranked) else self._plain
            made = self._arranged(listed, rank)
            if made != self._made or made.rank != self._made.rank:
                self._made = made
        return self._made

    def _arranged(self, listed: Sequence[int], rank: Sequence[int]) -> Ranked:
        of = self._of
        every = sorted(range(self._count), key=lambda number: (of[number], rank[number]))
        whole = [0] * self._count
        for place, number in enumerate(every):
            whole[number] = place
        numbers = sorted(listed, key=whole.__getitem__)
        sizes = Counter(of[number] for number in numbers)
        groups, start = [], 0
        for place in sorted(sizes):
            groups.append(Group(self._names[place], start, sizes[place]))
            start += sizes[place]
        return Ranked(numbers, whole, tuple(groups))

    def _update(self, grouping: Grouping, rows: tuple[Cells, ...], focus: Focus) -> bool:
        """Give every scenario its group; True if one of them may have changed."""
        fixed = self._fixed.get(grouping)
        asked = grouping, Focus() if fixed is not None else focus
        if asked == self._asked and (fixed is not None or rows is self._rows):
            return False
        if fixed is not None:
            self._names, self._of = fixed
        else:
            self._by_rows(grouping, rows, focus, again=asked != self._asked)
        self._asked = asked
        return True

    def _by_rows(
        self, grouping: Grouping, rows: tuple[Cells, ...], focus: Focus, *, again: bool
    ) -> None:
        against = grouping.kind == "baseline"
        self._names = AGAINST if against else tuple(OUTCOMES.values())
        place: Callable[[Cells, Focus], int] = _against_baseline if against else _outcome
        if again or len(rows) != len(self._rows):
            empty = len(self._names) - 1
            self._of = [place(row, focus) for row in rows] or [empty] * self._count
        else:
            now = list(self._of)
            for number, (row, old) in enumerate(zip(rows, self._rows, strict=True)):
                if row is not old:
                    now[number] = place(row, focus)
            self._of = now
        self._rows = rows


def _fixed_groups(study: Study) -> dict[Grouping, tuple[Names, list[int]]]:
    """The groupings that do not depend on decisions and have at least two groups."""
    scenarios = study.scenarios
    attributes, places = first_attributes(study)
    values = {
        Grouping("attribute"): attributes,
        Grouping("family"): [family_of(each) for each in scenarios],
    }
    for key in _meta_keys(scenarios):
        values[Grouping("meta", key)] = [_value(each, key) for each in scenarios]
    found: dict[Grouping, tuple[Names, list[int]]] = {}
    divided: set[tuple[int, ...]] = set()
    for grouping, each in values.items():
        names = list(dict.fromkeys(each))
        if grouping.kind == "attribute":
            names.sort(key=lambda name: places.get(name, -1))
        elif grouping.kind == "meta":
            names.sort(key=_by_number)
        names.sort(key=lambda name: name == NONE)
        place = {name: number for number, name in enumerate(names)}
        first: dict[str, int] = {}
        parts = tuple(first.setdefault(name, number) for number, name in enumerate(each))
        if len(names) > 1 and parts not in divided:
            divided.add(parts)
            found[grouping] = tuple(names), [place[name] for name in each]
    return found


def _by_number(value: str) -> tuple[float, str]:
    """Sorts numbers by their size, before the words."""
    return (float(value) if value.isdecimal() else math.inf), value


def _meta_keys(scenarios: Sequence[Scenario]) -> list[str]:
    """The keys of `meta` whose values repeat, so that they divide the scenarios into groups."""
    keys = dict.fromkeys(key for each in scenarios for key in each.meta if key != VARIANT_OF)
    found = []
    for key in keys:
        values = {_value(each, key) for each in scenarios} - {NONE}
        if 1 <= len(values) <= min(MOST_GROUPS, len(scenarios) // 2):
            found.append(key)
    return found[:MOST_KEYS]


def _value(scenario: Scenario, key: str) -> str:
    value = scenario.meta.get(key)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    return str(value) if isinstance(value, str | int) else NONE


def _outcome(row: Cells, focus: Focus) -> int:
    mark = mark_of(row[focus.profile], focus.target) if focus.profile < len(row) else "none"
    return list(OUTCOMES).index(mark)


def _against_baseline(row: Cells, focus: Focus) -> int:
    """Both are marked under the focused column's target."""
    if focus.baseline is None or max(focus.profile, focus.baseline) >= len(row):
        return len(AGAINST) - 1
    mine, theirs = (mark_of(row[at], focus.target) for at in (focus.profile, focus.baseline))
    if not {mine, theirs} <= {"right", "wrong"}:
        return len(AGAINST) - 1
    if mine != theirs:
        return 0 if mine == "right" else 1
    return 2 if mine == "wrong" else 3


def groups_of(listed: Sequence[int]) -> tuple[Group, ...]:
    """The groups that divide a list; empty if it is not grouped."""
    return listed.groups if isinstance(listed, Ranked) else ()


def group_at(groups: Sequence[Group], place: int) -> int:
    """The number of the group at a place of the list, from 0; -1 without groups."""
    return bisect_right(groups, place, key=lambda group: group.start) - 1
