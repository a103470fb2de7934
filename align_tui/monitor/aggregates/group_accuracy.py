"""The accuracy of each column on some of the scenarios: on a group of the list."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, TypeAlias

from align_tui.core.scorers.labels import discriminates
from align_tui.monitor.marks import correct_of
from align_tui.monitor.snapshot import Cells

if TYPE_CHECKING:
    from align_tui.config.study import Study

Targets: TypeAlias = tuple[str | None, ...]
Counts: TypeAlias = tuple[tuple[int, int], ...]  # by column: scored decisions, right ones


class GroupAccuracy:
    """Counts each row once, until it changes."""

    def __init__(self, study: Study) -> None:
        self._study = study
        self._targets = study.targets_by_id()
        self._by_question = study.repeat > 1 and study.cluster != "none"
        self._known: dict[int, tuple[Cells, Targets, bool, Counts]] = {}
        self._discriminating: dict[tuple[int, str], bool] = {}

    def of(
        self,
        scenarios: Iterable[int],
        rows: Sequence[Cells],
        targets: Targets,
        *,
        discriminating: bool = False,
    ) -> tuple[float | None, ...]:
        """The accuracy (0 to 1) of each column on these scenarios; None where none is scored.

        It is what the overview and `Rate` have: the mean over decisions, or, where a scenario is
        decided more than once, over the means of scenarios.
        """
        sums = [0.0] * len(targets)
        sizes = [0] * len(targets)
        for number in scenarios:
            for column, (times, right) in enumerate(
                self._counts(number, rows[number], targets, discriminating)
            ):
                if times:
                    sums[column] += right / times if self._by_question else right
                    sizes[column] += 1 if self._by_question else times
        return tuple(
            total / size if size else None for total, size in zip(sums, sizes, strict=True)
        )

    def _counts(self, number: int, row: Cells, targets: Targets, discriminating: bool) -> Counts:
        known = self._known.get(number)
        if known is not None and known[0] is row and known[1:3] == (targets, discriminating):
            return known[3]
        made = []
        for repeats, target in zip(row, targets, strict=False):
            times = right = 0
            if target is not None and not (discriminating and not self._tells(number, target)):
                for cell in repeats:
                    correct = None if cell is None else correct_of(cell.scores, target)
                    if correct is not None:
                        times += 1
                        right += correct
            made.append((times, right))
        self._known[number] = (row, targets, discriminating, tuple(made))
        return self._known[number][3]

    def _tells(self, number: int, target: str) -> bool:
        """True if the choices of a scenario differ in how near they are to the target."""
        found = self._discriminating.get((number, target))
        if found is None:
            shown, aimed = self._study.scenarios[number], self._targets[target]
            found = discriminates(self._study.scorer, shown, aimed)
            self._discriminating[number, target] = found
        return found
