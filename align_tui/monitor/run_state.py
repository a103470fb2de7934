"""The reducer that every feed shares: sample states in, rows of marks, counts and tallies out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from align_tui.core.scorers.labels import is_discriminating
from align_tui.core.stats.rates import make_rate
from align_tui.monitor.aggregates.overview import Aggregates as OverviewCounts
from align_tui.monitor.overview import Overview
from align_tui.monitor.snapshot import Cell, Cells, Counts, Status

if TYPE_CHECKING:
    from align_tui.config.study import Study
    from align_tui.store.results import SampleState, Tally

SampleKey = tuple[int, int, int]  # scenario, profile, repeat


def status_of(name: str) -> Status:
    """The status column of a sample as a Status."""
    if name == "running":
        return "running"
    if name == "done":
        return "done"
    return "failed" if name == "failed" else "pending"


def cell_of(state: SampleState) -> Cell:
    """A sample's state as a cell of the board."""
    return Cell(state.id, status_of(state.status), state.choice, state.scores, state.finished)


class RunState:
    """Every sample of a run; one cell changes at a time and costs the same however many."""

    def __init__(self, study: Study) -> None:
        self.study = study
        self.repeat = study.repeat
        self._profiles = len(study.profiles)
        self._targets = study.targets_by_id()
        self._discriminating: dict[tuple[int, str], bool] = {}
        self._overview = OverviewCounts(study)
        self.clear()

    def clear(self) -> None:
        """Forget every sample."""
        none = ((None,) * self.repeat,) * self._profiles
        self._rows: list[Cells] = [none] * len(self.study.scenarios)
        self._frozen: tuple[Cells, ...] | None = None
        self._counts: dict[Status, int] = dict.fromkeys(("pending", "running", "done", "failed"), 0)
        self._inherited = 0
        self._tallies: dict[tuple[int, str], list[int]] = {}
        self._overview.clear()
        self.places: dict[int, SampleKey] = {}  # of the run's own samples

    def load(
        self, states: Iterable[SampleState], inherited: Iterable[tuple[SampleKey, Cell]] = ()
    ) -> None:
        """Put every sample of a run in place of what was here, over what it inherited."""
        self.clear()
        for place, cell in inherited:
            self.put(place, cell)
        for state in states:
            self.put((state.scenario, state.profile, state.repeat), cell_of(state))

    def get(self, place: SampleKey) -> Cell | None:
        """The cell there, or None while the sample is not queued."""
        return self._rows[place[0]][place[1]][place[2]]

    def put(self, place: SampleKey, cell: Cell) -> None:
        """Set one sample, its earlier state taken back out of counts and tallies."""
        scenario, profile, repeat = place
        if not (scenario < len(self._rows) and profile < self._profiles and repeat < self.repeat):
            return  # of a study that this one is not; never shown
        row = self._rows[scenario]
        old = row[profile][repeat]
        if old is not None:
            self._count(place, old, -1)
        self._count(place, cell, 1)
        repeats = (*row[profile][:repeat], cell, *row[profile][repeat + 1 :])
        self._rows[scenario] = (*row[:profile], repeats, *row[profile + 1 :])
        self._frozen = None
        if cell.origin is None:
            self.places[cell.sample] = place

    def set_status(self, sample: int, status: Status) -> None:
        """Give a known sample another status, and nothing decided."""
        place = self.places.get(sample)
        if place is not None:
            cell = self.get(place)
            if cell is not None and cell.status != status:
                self.put(place, Cell(sample, status))

    def _count(self, place: SampleKey, cell: Cell, by: int) -> None:
        scenario, profile, _ = place
        if cell.origin is None:
            self._counts[cell.status] += by
        else:
            self._inherited += by
        for target, correct in cell.scores:
            if correct is None:
                continue
            sums = self._tallies.setdefault((profile, target), [0, 0, 0, 0])
            sums[0] += by
            sums[1] += by * correct
            discriminating = self.discriminates(scenario, target)
            if discriminating:
                sums[2] += by
                sums[3] += by * correct
            self._overview.scored(profile, target, cell, correct, discriminating, by)
        if cell.choice is not None:
            self._overview.decided(self._rows[scenario], place, cell.choice, by)

    def discriminates(self, scenario: int, target: str) -> bool:
        """Can alignment with that target show in that scenario?"""
        key = (scenario, target)
        known = self._discriminating.get(key)
        if known is None:
            targets = self._targets.get(target, ())
            known = is_discriminating(self.study.scenarios[scenario], targets)
            self._discriminating[key] = known
        return known

    def rows(self) -> tuple[Cells, ...]:
        """All rows, the same object while nothing changed."""
        if self._frozen is None:
            self._frozen = tuple(self._rows)
        return self._frozen

    def row(self, scenario: int) -> Cells:
        """The cells of one scenario, by profile."""
        return self._rows[scenario]

    def counts(self) -> Counts:
        """How many samples stand where."""
        counts = self._counts
        return Counts(
            counts["done"],
            counts["failed"],
            counts["running"],
            counts["pending"],
            self._inherited,
        )

    def overview(self) -> Overview:
        """By attribute, over time and between profiles; the same object while nothing changed."""
        return self._overview.overview(self.tallies)

    def tallies(self) -> tuple[Tally, ...]:
        """What `store.results.tallies` would say of these samples, in order of profiles."""
        from align_tui.store.results import Tally

        return tuple(
            Tally(profile, target, make_rate(sums[1], sums[0]), make_rate(sums[3], sums[2]))
            for (profile, target), sums in sorted(self._tallies.items())
            if sums[0]
        )
