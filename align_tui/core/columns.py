"""Columns side by side: what profiles of one or several runs decided on the same scenarios."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from align_tui.core.families import ALONE, Clustering, clustering, grouped, joined
from align_tui.core.scenarios import Scenario
from align_tui.core.scorers.base import ScorerEntry
from align_tui.core.scorers.labels import discriminates
from align_tui.core.stats.agreement import Agreement, agreement_of
from align_tui.core.stats.chance import SumsWithChance, chance, odds_of
from align_tui.core.stats.paired import PairedCounts, count_pairs
from align_tui.core.stats.question_sums import QuestionSums
from align_tui.core.stats.rates import Rate
from align_tui.core.targets import Targets, target_id

SampleKey = tuple[int, int]  # scenario, repeat: both from 0, in the order of the column's own run


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of one sample: a choice, an open answer in `text`, or neither if it failed."""

    sample: int
    choice: int | None
    text: str | None = None

    @property
    def failed(self) -> bool:
        """Did the sample end without an answer?"""
        return self.choice is None and self.text is None


@dataclass(frozen=True, slots=True)
class Column:
    """One profile of one run, with the outcomes of its samples.

    `targets` are the profile's own; a column without any is scored against the targets that the
    comparison names. `under` are those that its run scores it against. `settings` has every
    setting of the profile by dotted name. `clustering` says which scenarios are independent; None
    means the usual rule.
    """

    run: str
    profile: int
    name: str
    targets: Targets
    under: tuple[Targets, ...]
    scorer: ScorerEntry = field(repr=False)
    settings: Mapping[str, str] = field(repr=False)
    scenarios: tuple[Scenario, ...] = field(repr=False)
    outcomes: Mapping[SampleKey, Outcome] = field(repr=False)
    model: str = ""  # a short name of the model that decided, if a model did
    clustering: Clustering | None = field(default=None, repr=False)
    margin: float | None = None  # differences inside it count as tied, says the run's study


@dataclass(frozen=True, slots=True)
class PairedRow:
    """A scenario that every column has, with its index in each and the outcome of each."""

    scenario: Scenario
    repeat: int
    places: tuple[int, ...]  # index of the scenario in each column's run
    outcomes: tuple[Outcome | None, ...]

    @property
    def choices(self) -> tuple[int | None, ...]:
        """Each column's choice; None where it failed, has not decided or gave an open answer."""
        return tuple(o.choice if o is not None else None for o in self.outcomes)

    @property
    def question(self) -> int:
        """The question that it repeats: the index of the scenario in the first column's run."""
        return self.places[0]

    @property
    def differs(self) -> bool:
        """Did two columns that decided choose differently?"""
        return len({choice for choice in self.choices if choice is not None}) > 1


@dataclass(frozen=True, slots=True)
class Paired:
    """The rows that all columns share; `left_out` counts each column's other scenarios.

    `clustering` has the cluster of each scenario of the first column's run.
    """

    columns: tuple[Column, ...]
    rows: tuple[PairedRow, ...]
    left_out: tuple[int, ...]
    clustering: Clustering = ALONE

    @property
    def repeats(self) -> int:
        """How often the most repeated question is in the rows."""
        return 1 + max((row.repeat for row in self.rows), default=0)


def pair_up(columns: Sequence[Column]) -> Paired:
    """Match the columns' scenarios; rows are in the first column's order.

    Two scenarios match if their text, choices and labels are equal; one that a run holds several
    times is matched in order. Repeats are matched by number, up to the fewest of any column.
    What counts as independent follows the first column's rule.
    """
    if not columns:
        return Paired((), (), ())
    known = [_by_content(column.scenarios) for column in columns]
    shared = [key for key in known[0] if all(key in other for other in known[1:])]
    repeats = min(_repeats(column) for column in columns)
    rows = []
    for key in shared:
        places = tuple(each[key] for each in known)
        for repeat in range(repeats):
            outcomes = tuple(
                column.outcomes.get((place, repeat))
                for column, place in zip(columns, places, strict=True)
            )
            if any(outcome is not None for outcome in outcomes):
                rows.append(PairedRow(columns[0].scenarios[places[0]], repeat, places, outcomes))
    left_out = tuple(len(each) - len(shared) for each in known)
    matched = [tuple(each[key] for each in known) for key in shared]
    return Paired(tuple(columns), tuple(rows), left_out, _clusters(columns, matched))


def _clusters(columns: Sequence[Column], shared: Sequence[tuple[int, ...]]) -> Clustering:
    """The clusters of the first column's scenarios, joined where another column's run joins them.

    `shared` has the index of each shared scenario in each column's run.
    """
    first = columns[0].clustering or clustering(columns[0].scenarios)
    others = {id(columns[0].scenarios): (0, first)}
    for index, column in enumerate(columns):
        if id(column.scenarios) not in others:
            own = column.clustering
            if own is None or own.rule != first.rule:
                own = clustering(column.scenarios, first.rule)
            others[id(column.scenarios)] = index, own
    if len(others) == 1 or first.rule == "none":
        return first
    names: list[set[tuple[int, int]]] = [{(0, cluster)} for cluster in first.of]
    for places in shared:
        names[places[0]] |= {(index, own.of[places[index]]) for index, own in others.values()}
    return grouped(joined(names), first.rule)


def _by_content(scenarios: Sequence[Scenario]) -> dict[tuple[str, int], int]:
    seen: dict[str, int] = {}
    out: dict[tuple[str, int], int] = {}
    for index, scenario in enumerate(scenarios):
        digest = scenario.hash
        ordinal = seen.get(digest, 0)
        seen[digest] = ordinal + 1
        out[(digest, ordinal)] = index
    return out


def _repeats(column: Column) -> int:
    return 1 + max((repeat for _, repeat in column.outcomes), default=0)


def target_for(column: Column, versus: Targets) -> Targets:
    """The targets that a column is scored against: its own, or `versus` if it has none."""
    return column.targets or versus


def versus_for(one: Column, other: Column, versus: Targets) -> Targets:
    """What a column without targets is scored against beside the other: the other's targets.

    Only where neither column has targets is it `versus`.
    """
    return one.targets or other.targets or versus


def versus_options(columns: Sequence[Column]) -> tuple[Targets, ...]:
    """The targets that columns without targets can be scored against, each once.

    They are the other columns' targets or, if no column has any, those of the columns' runs.
    """
    own = [column.targets for column in columns if column.targets]
    found = own or [targets for column in columns for targets in column.under]
    return tuple({target_id(targets): targets for targets in found}.values())


def correctness(row: PairedRow, column: int, targets: Targets, scorer: ScorerEntry) -> bool | None:
    """Is the column's choice in that row right? None if it is undecided, failed or unscored."""
    choice = row.choices[column]
    if choice is None or not targets:
        return None
    return scorer.is_correct(choice, row.scenario, targets)


def scored_pairs(
    paired: Paired, a: int, b: int, versus: Targets, *, discriminating: bool = False
) -> list[tuple[PairedRow, bool, bool]]:
    """The rows decided by and scored for both columns, each with (row, is A right, is B right)."""
    first, second = paired.columns[a], paired.columns[b]
    of_a, of_b = target_for(first, versus), target_for(second, versus)
    out = []
    for row in paired.rows:
        right_a = correctness(row, a, of_a, first.scorer)
        right_b = correctness(row, b, of_b, second.scorer)
        if right_a is None or right_b is None:
            continue
        if discriminating and not (
            discriminates(first.scorer, row.scenario, of_a)
            and discriminates(second.scorer, row.scenario, of_b)
        ):
            continue
        out.append((row, right_a, right_b))
    return out


def paired_counts(scored: Sequence[tuple[PairedRow, bool, bool]]) -> PairedCounts:
    """The two-by-two table of such rows."""
    return count_pairs((right_a, right_b) for _, right_a, right_b in scored)


def column_rate(paired: Paired, column: int, versus: Targets, *, discriminating: bool) -> Rate:
    """The accuracy of one column over the shared rows."""
    return _counted(paired, column, versus, discriminating=discriminating).sums.rate()


def paired_chance(
    paired: Paired, column: int, versus: Targets, *, discriminating: bool
) -> float | None:
    """Chance (0..1) on the decisions that `column_rate` counts."""
    return _counted(paired, column, versus, discriminating=discriminating).chance()


def _counted(
    paired: Paired, column: int, versus: Targets, *, discriminating: bool
) -> SumsWithChance:
    of = paired.columns[column]
    targets = target_for(of, versus)
    sums = SumsWithChance(QuestionSums(paired.clustering, paired.repeats))
    for row in paired.rows:
        correct = correctness(row, column, targets, of.scorer)
        if correct is None:
            continue
        if not discriminating or discriminates(of.scorer, row.scenario, targets):
            sums.change(row.question, correct, 1, odds_of(of.scorer, row.scenario, targets))
    return sums


def column_agreement(paired: Paired, a: int, b: int) -> Agreement:
    """How often two columns chose the same choice, scored or not."""
    sums = QuestionSums(paired.clustering, paired.repeats)
    questions: Counter[int] = Counter()
    for row in paired.rows:
        one, other = row.choices[a], row.choices[b]
        if one is not None and other is not None:
            questions[len(row.scenario.choices)] += sums.change(row.question, one == other, 1)
    return agreement_of(sums.rate(), questions)


def column_chance(column: Column, targets: Targets, *, discriminating: bool) -> float | None:
    """The accuracy (0..1) of a uniform chooser on what the column's accuracy counts.

    None if nothing of it is scored, or if the scorer does not say which choices are right.
    """
    places = [place for (place, _), outcome in column.outcomes.items()
              if outcome.choice is not None]  # fmt: skip
    rule = (column.clustering or ALONE).rule
    decided = [column.scenarios[place] for place in (places if rule == "none" else set(places))]
    return chance(decided, targets, column.scorer, discriminating=discriminating)


def probe_key(scenario: Scenario) -> str:
    """A key that is equal for scenarios with the same text and choices, whatever their labels."""
    return scenario.seen_hash
