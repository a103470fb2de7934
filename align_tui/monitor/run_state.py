"""Keep rows of cells, counts and tallies up to date as sample states change, for every feed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from align_tui.core.families import Clustering, clustering
from align_tui.core.scorers.labels import discriminates
from align_tui.core.stats.chance import Odds, SumsWithChance, odds_of
from align_tui.core.stats.question_sums import QuestionSums
from align_tui.monitor.aggregates.overview import Aggregates as OverviewCounts
from align_tui.monitor.overview import Chances, Overview
from align_tui.monitor.snapshot import Cell, Cells, Counts, Status

if TYPE_CHECKING:
    from align_tui.config.study import Study
    from align_tui.store.results import SampleState, Tally

SampleKey = tuple[int, int, int]  # scenario, profile, repeat


def status_of(name: str) -> Status:
    """The Status for the text in a sample's status column."""
    if name == "running":
        return "running"
    if name == "done":
        return "done"
    return "failed" if name == "failed" else "pending"


def cell_of(state: SampleState) -> Cell:
    """The cell for a sample's state."""
    return Cell(
        state.id,
        status_of(state.status),
        state.choice,
        state.scores,
        state.finished,
        margin=state.margin,
    )


class RunState:
    """Every sample of a run. To change one cell costs the same however many there are."""

    def __init__(self, study: Study) -> None:
        self.study = study
        self.repeat = study.repeat
        self._profiles = len(study.profiles)
        self._backbones = [profile.backbone_key for profile in study.profiles]
        self._targets = study.targets_by_id()
        self._discriminating: dict[tuple[int, str], bool] = {}
        self._odds: dict[tuple[int, str], Odds | None] = {}
        self._clustering: Clustering | None = None
        self._overview = OverviewCounts(study, self.clustering)
        self.clear()

    def clear(self) -> None:
        """Forget every sample."""
        none = ((None,) * self.repeat,) * self._profiles
        self._rows: list[Cells] = [none] * len(self.study.scenarios)
        self._frozen: tuple[Cells, ...] | None = None
        self._counts: dict[Status, int] = dict.fromkeys(("pending", "running", "done", "failed"), 0)
        self._inherited = 0
        # By backbone: the run's own samples that are open, and those that have ended.
        self._by_backbone: dict[str, list[int]] = {}
        # By profile and target: over all scored questions, and over the discriminating ones.
        self._tallies: dict[tuple[int, str], tuple[SumsWithChance, SumsWithChance]] = {}
        self._overview.clear()
        self.places: dict[int, SampleKey] = {}  # the keys of the run's own samples

    def load(
        self, states: Iterable[SampleState], inherited: Iterable[tuple[SampleKey, Cell]] = ()
    ) -> None:
        """Replace all cells by the inherited ones and, over them, the run's own samples."""
        self.clear()
        for place, cell in inherited:
            self.put(place, cell)
        for state in states:
            self.put((state.scenario, state.profile, state.repeat), cell_of(state))

    def get(self, place: SampleKey) -> Cell | None:
        """The cell of a sample; None while the sample does not exist."""
        return self._rows[place[0]][place[1]][place[2]]

    def put(self, place: SampleKey, cell: Cell) -> None:
        """Set one cell, and move its sample from its old counts and tallies to the new ones."""
        scenario, profile, repeat = place
        if not (scenario < len(self._rows) and profile < self._profiles and repeat < self.repeat):
            return  # it belongs to no scenario or profile of this study
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
        """Give a known sample another status without a decision."""
        place = self.places.get(sample)
        if place is not None:
            cell = self.get(place)
            if cell is not None and cell.status != status:
                self.put(place, Cell(sample, status))

    def _count(self, place: SampleKey, cell: Cell, by: int) -> None:
        scenario, profile, _ = place
        if cell.origin is None:
            self._counts[cell.status] += by
            split = self._by_backbone.setdefault(self._backbones[profile], [0, 0])
            split[cell.status in ("done", "failed")] += by
        else:
            self._inherited += by
        for target, correct in cell.scores:
            if correct is None:
                continue
            sums = self._tallies.get((profile, target))
            if sums is None:
                sums = self._tallies[profile, target] = (
                    SumsWithChance(self.new_sums()),
                    SumsWithChance(self.new_sums()),
                )
            odds = self.odds(scenario, target)
            sums[0].change(scenario, by * correct, by, odds)
            discriminating = self.discriminates(scenario, target)
            if discriminating:
                sums[1].change(scenario, by * correct, by, odds)
            self._overview.scored(place, target, cell, correct, discriminating, by)
        if cell.choice is not None:
            self._overview.decided(self._rows[scenario], place, cell.choice, by)

    def clustering(self) -> Clustering:
        """What counts as independent; made when the first decision is counted."""
        if self._clustering is None:
            self._clustering = clustering(self.study.scenarios, self.study.cluster)
        return self._clustering

    def new_sums(self) -> QuestionSums:
        """Sums over the questions of this study."""
        return QuestionSums(self.clustering(), self.repeat)

    def discriminates(self, scenario: int, target: str) -> bool:
        """True if the scenario is discriminating for the target."""
        key = (scenario, target)
        known = self._discriminating.get(key)
        if known is None:
            targets = self._targets.get(target, ())
            known = discriminates(self.study.scorer, self.study.scenarios[scenario], targets)
            self._discriminating[key] = known
        return known

    def odds(self, scenario: int, target: str) -> Odds | None:
        """The odds of a uniform chooser on the scenario, for the target of that id."""
        key = (scenario, target)
        if key not in self._odds:
            targets = self._targets.get(target, ())
            self._odds[key] = odds_of(self.study.scorer, self.study.scenarios[scenario], targets)
        return self._odds[key]

    def rows(self) -> tuple[Cells, ...]:
        """All rows; the same object while nothing changes."""
        if self._frozen is None:
            self._frozen = tuple(self._rows)
        return self._frozen

    def row(self, scenario: int) -> Cells:
        """The cells on one scenario, by profile."""
        return self._rows[scenario]

    def counts(self) -> Counts:
        """The number of samples by status."""
        counts = self._counts
        return Counts(
            counts["done"],
            counts["failed"],
            counts["running"],
            counts["pending"],
            self._inherited,
        )

    def is_unmeasured(self) -> bool:
        """True if samples of a model are open of which none has ended: it may be slow or fast."""
        return any(is_open and not ended for is_open, ended in self._by_backbone.values())

    def overview(self) -> Overview:
        """The overview's numbers; the same object while nothing changes."""
        return self._overview.overview(self.tallies, self.chances)

    def tallies(self) -> tuple[Tally, ...]:
        """The same tallies as `store.results.tallies` has, in the order of profiles."""
        from align_tui.store.results import Tally

        return tuple(
            Tally(profile, target, every.sums.rate(), discriminating.sums.rate())
            for (profile, target), (every, discriminating) in sorted(self._tallies.items())
            if every.sums.decisions
        )

    def chances(self) -> Chances:
        """Chance on the decisions of each tally: on all of them, and on the discriminating ones."""
        return {
            place: (every.chance(), discriminating.chance())
            for place, (every, discriminating) in self._tallies.items()
        }
