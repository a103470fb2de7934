"""Filters of the list of scenarios; only rows that changed are checked again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

from align_tui.core.scenarios import variant_of
from align_tui.monitor.marks import mark_of, samples_of
from align_tui.monitor.ordering import place_of
from align_tui.monitor.snapshot import Cells

if TYPE_CHECKING:
    from align_tui.config.study import Study
    from align_tui.monitor.rows import Annotation

Kind = Literal["apart", "against", "wrong", "failed", "open", "bookmarked", "judged", "edited"]
Annotations: TypeAlias = Mapping[int, "Annotation"]  # by sample
Targets: TypeAlias = tuple[str | None, ...]  # by profile: the id of the target it is scored against
# The data that filters use; the last is the number of the focused column.
Known: TypeAlias = tuple[tuple[Cells, ...], Targets, Annotations, int]
KINDS: dict[Kind, str] = {
    "apart": "disagreement",
    "against": "disagrees with the focused column",
    "wrong": "wrong",
    "failed": "failed",
    "open": "open",
    "bookmarked": "bookmarked",
    "judged": "with a verdict",
    "edited": "edited",
}


@dataclass(frozen=True, slots=True)
class Filter:
    """Passes scenarios of all `kinds` with labels for one of `attributes`; empty passes all."""

    kinds: frozenset[Kind] = frozenset()
    attributes: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.kinds or self.attributes)

    def turned(self, *, kind: Kind | None = None, attribute: str | None = None) -> Filter:
        """The filter with this kind or attribute added, or removed if it was there."""
        kinds = self.kinds ^ ({kind} if kind else frozenset())
        attributes = self.attributes ^ ({attribute} if attribute else frozenset())
        return replace(self, kinds=kinds, attributes=attributes)

    def lets(self, kinds: Iterable[Kind], attributes: frozenset[str]) -> bool:
        """True if a scenario of these kinds that is labelled for these attributes passes."""
        return self.kinds.issubset(kinds) and (
            not self.attributes or not self.attributes.isdisjoint(attributes)
        )


EVERYTHING = Filter()


def kinds_of_row(row: Cells, targets: Targets) -> frozenset[Kind]:
    """The kinds of a scenario that its samples tell, without disagreement (`disagreeing`).

    `wrong`: the mark over all repeats of a profile is wrong. `failed`: a repeat failed. `open`: a
    repeat waits or runs.
    """
    found: set[Kind] = set()
    for repeats, target in zip(row, targets, strict=False):
        for cell in repeats:
            if cell is not None and cell.status != "done":
                found.add("failed" if cell.status == "failed" else "open")
        if "wrong" not in found and mark_of(repeats, target) == "wrong":
            found.add("wrong")
    return frozenset(found)


def disagreeing(row: Cells) -> frozenset[int]:
    """The profiles of which another chose differently at the same repeat."""
    found: set[int] = set()
    for column in zip(*row, strict=False):
        decided = [
            (profile, cell.choice)
            for profile, cell in enumerate(column)
            if cell is not None and cell.status == "done"
        ]
        if len({choice for _, choice in decided}) > 1:
            found.update(profile for profile, _ in decided)
    return frozenset(found)


class Sieve:
    """Applies filters to one study, and keeps the kinds of each scenario for the next call."""

    def __init__(self, study: Study) -> None:
        self._labelled = [scenario.labelled for scenario in study.scenarios]
        self._edited = [variant_of(scenario) is not None for scenario in study.scenarios]
        self.attributes = tuple(sorted(frozenset[str]().union(*self._labelled)))
        self._where: dict[int, int] = {}  # the scenario of each sample
        self._targets: Targets = ()
        self._focus = 0
        self._forget()

    def _forget(self) -> None:
        count = len(self._labelled)
        self._rows: tuple[Cells | None, ...] = (None,) * count
        self._of_rows: list[frozenset[Kind]] = [frozenset()] * count
        self._disagreeing: list[frozenset[int]] = [frozenset()] * count
        self._annotations: Annotations | None = None
        self._of_annotations: dict[int, set[Kind]] = {}
        self._wanted: Filter | None = None
        self._listed: tuple[int, ...] = ()

    def listed(
        self,
        wanted: Filter,
        rows: tuple[Cells, ...],
        targets: Targets,
        annotations: Annotations,
        focus: int = 0,
    ) -> Sequence[int]:
        """The indices of the scenarios that pass, ascending; the same object if none changed.

        `focus` is the number of the focused column.
        """
        if not wanted:
            return range(len(self._labelled))
        changed = self._update(rows, targets, annotations, focus)
        if changed or wanted != self._wanted:
            self._wanted = wanted
            numbers = range(len(self._labelled))
            found = tuple(n for n in numbers if wanted.lets(self.kinds(n), self._labelled[n]))
            self._listed = self._listed if found == self._listed else found
        return self._listed

    def counts(
        self,
        rows: tuple[Cells, ...],
        targets: Targets,
        annotations: Annotations,
        focus: int = 0,
    ) -> tuple[Counter[Kind], Counter[str]]:
        """The number of scenarios of each kind, and labelled for each attribute."""
        self._update(rows, targets, annotations, focus)
        kinds: Counter[Kind] = Counter()
        attributes: Counter[str] = Counter()
        for number, labelled in enumerate(self._labelled):
            kinds.update(self.kinds(number))
            attributes.update(labelled)
        return kinds, attributes

    def kinds(self, number: int) -> frozenset[Kind]:
        """The kinds of a scenario, as of the last call of `listed` or `counts`."""
        kinds = self._of_rows[number]
        annotated = self._of_annotations.get(number)
        if annotated:
            kinds |= annotated
        if self._focus in self._disagreeing[number]:
            kinds |= {"against"}
        return kinds | {"edited"} if self._edited[number] else kinds

    def _update(
        self, rows: tuple[Cells, ...], targets: Targets, annotations: Annotations, focus: int
    ) -> bool:
        """Update what is a new object, or another focus; True if there was anything."""
        turned, self._focus = focus != self._focus, focus
        if targets != self._targets:
            self._forget()
            self._targets = targets
        moved = rows is not self._rows and len(rows) == len(self._labelled)
        if moved:
            for number, (row, old) in enumerate(zip(rows, self._rows, strict=True)):
                if row is not old:
                    self._take(number, row)
            self._rows = rows
        if annotations is not self._annotations or (moved and annotations):
            self._of_annotations = {}
            for sample, annotation in annotations.items():
                if sample in self._where:
                    kinds = self._of_annotations.setdefault(self._where[sample], set())
                    kinds |= {"bookmarked"} if annotation.bookmarked else set()
                    kinds |= {"judged"} if annotation.verdict is not None else set()
        elif not moved:
            return turned
        self._annotations = annotations
        return True

    def _take(self, number: int, row: Cells) -> None:
        apart = self._disagreeing[number] = disagreeing(row)
        kinds = kinds_of_row(row, self._targets)
        self._of_rows[number] = kinds | {"apart"} if apart else kinds
        self._where.update((sample, number) for sample in samples_of(row))


def is_listed(listed: Sequence[int], scenario: int) -> bool:
    """True if the scenario is in `listed`."""
    at = place_of(listed, scenario)
    return at < len(listed) and listed[at] == scenario


def beside(listed: Sequence[int], scenario: int, by: int) -> int | None:
    """The scenario `by` lines down in the list, or at its end; None if nothing is listed."""
    if not listed:
        return None
    at, there = place_of(listed, scenario), is_listed(listed, scenario)
    to = at + by - (1 if by > 0 and not there else 0)
    return listed[max(0, min(len(listed) - 1, to))]


def onwards(listed: Sequence[int], scenario: int, step: int) -> int | None:
    """The next (1) or previous (-1) listed scenario, past the end if needed; None if none is."""
    if not listed:
        return None
    at, there = place_of(listed, scenario), is_listed(listed, scenario)
    return listed[(at + there if step > 0 else at - 1) % len(listed)]
