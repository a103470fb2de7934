"""The counts of the overview, compared with counts computed from all cells at once."""

from __future__ import annotations

import random
from collections.abc import Iterable
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from align_tui.config.profile import Profile
from align_tui.config.study import Study
from align_tui.core.answers import ChoiceAnswer
from align_tui.core.columns import Column, Outcome, column_agreement, pair_up
from align_tui.core.families import ALONE, Clustering, clustering
from align_tui.core.scenarios import Choice, Scenario
from align_tui.core.stats.chance import chance
from align_tui.core.stats.question_sums import QuestionSums
from align_tui.core.stats.rates import make_rate
from align_tui.core.targets import Target, target_id
from align_tui.monitor.aggregates.accuracy_over_time import SLOTS, AccuracyOverTime
from align_tui.monitor.overview import AccuracyCurve, AttributeRate
from align_tui.monitor.run_state import RunState, SampleKey
from align_tui.monitor.snapshot import Cell, Status
from align_tui.output.report.data import gather
from align_tui.store import results
from align_tui.store.database import Database
from tests.tui import fakes

ATTRIBUTES = ("moral_desert", "fairness")
REPEAT = 2


def profile(name: str, *target: tuple[str, float]) -> Profile:
    body: dict[str, object] = {
        "name": name,
        "adm": {"kind": "baseline" if not target else "oracle"},
    }
    if target:
        body["target"] = [{"attribute": a, "value": v} for a, v in target]
    return Profile.model_validate(body)


PROFILES = (
    profile("baseline"),
    profile("high", ("moral_desert", 1.0)),
    profile("both", ("moral_desert", 1.0), ("fairness", 0.0)),
    profile("middle", ("fairness", 0.5)),
)
values = st.sampled_from([None, 0.0, 0.25, 0.5, 1.0])
choices = st.lists(st.tuples(*(values for _ in ATTRIBUTES)), min_size=2, max_size=3)


@st.composite
def studies(draw: st.DrawFn) -> Study:
    """Four profiles on a few scenarios, each labelled for no, one or both attributes."""
    scenarios = []
    for number, each in enumerate(draw(st.lists(choices, min_size=1, max_size=4))):
        labels = [
            {name: value for name, value in zip(ATTRIBUTES, row, strict=True) if value is not None}
            for row in each
        ]
        made = tuple(Choice(f"choice {i}", found) for i, found in enumerate(labels))
        # Two scenarios may differ only in their keys, as in MTA.
        family = draw(st.sampled_from(["", "", "one"]))
        scenarios.append(Scenario(f"s{number}", f"text {number % 3}", made, family=family))
    return Study("any", PROFILES, tuple(scenarios), repeat=REPEAT)


@st.composite
def histories(draw: st.DrawFn) -> tuple[Study, list[tuple[SampleKey, Cell]]]:
    """A study, and cells that are put and put again in any order."""
    study = draw(studies())
    puts = []
    for _ in range(draw(st.integers(0, 40))):
        scenario = draw(st.integers(0, len(study.scenarios) - 1))
        place = (
            scenario,
            draw(st.integers(0, len(PROFILES) - 1)),
            draw(st.integers(0, REPEAT - 1)),
        )
        status: Status = draw(st.sampled_from(["pending", "running", "done", "done", "failed"]))
        cell = Cell(sum(place), status)
        if status == "done":
            choice = draw(st.integers(0, len(study.scenarios[scenario].choices) - 1))
            cell = decided(study, place, choice, draw(st.integers(0, 12)) / 8)
        puts.append((place, cell))
    return study, puts


def decided(study: Study, place: SampleKey, choice: int, ended: float) -> Cell:
    """A decision as the store keeps it, scored against all targets of its profile."""
    shown = study.scenarios[place[0]]
    scores = tuple(
        (target_id(targets), study.scorer.is_correct(choice, shown, targets))
        for targets in study.scoring_targets(study.profiles[place[1]])
    )
    return Cell(sum(place), "done", choice, scores, 1.76e9 + ended)


Cells = dict[SampleKey, Cell]


def by_attribute(study: Study, cells: Cells) -> list[AttributeRate]:
    out, of = [], clustering(study.scenarios)
    for index, each in enumerate(study.profiles):
        targets = [target for found in study.scoring_targets(each) for target in found]
        for target in dict.fromkeys(targets):
            every, only = QuestionSums(of, REPEAT), QuestionSums(of, REPEAT)
            asked: tuple[set[int], set[int]] = (set(), set())
            for (scenario, who, _), cell in cells.items():
                if who != index or cell.choice is None:
                    continue
                score = study.scorer.score_now(
                    ChoiceAnswer(cell.choice), study.scenarios[scenario], (target,)
                )
                if score.correct is not None:
                    every.change(scenario, score.correct, 1)
                    asked[0].add(scenario)
                    if score.discriminating:
                        only.change(scenario, score.correct, 1)
                        asked[1].add(scenario)
            if every.decisions:
                chances = [
                    chance((study.scenarios[each] for each in places), (target,), study.scorer)
                    for places in asked
                ]
                by_chance = chances[0], chances[1]
                out.append(AttributeRate(index, target, every.rate(), only.rate(), by_chance))
    return out


def so_far(
    found: Iterable[tuple[float, int, bool]], of: Clustering = ALONE
) -> tuple[tuple[int, int, float], ...]:
    """(scored, right, accuracy) after each moment at which some decision ended."""
    after: dict[float, tuple[int, int, float]] = {}
    sums = QuestionSums(of, REPEAT if of.of else 1)
    for ended, question, correct in sorted(found):
        sums.change(question, correct, 1)
        after[ended] = (sums.decisions, sums.correct, sums.mean())
    return tuple(after.values())


def courses(study: Study, cells: Cells) -> list[AccuracyCurve]:
    out, of = [], clustering(study.scenarios)
    for index, each in enumerate(study.profiles):
        for targets in study.scoring_targets(each):
            found: list[tuple[float, int, bool, bool]] = []
            for (scenario, who, _), cell in cells.items():
                if who == index and cell.choice is not None and cell.ended is not None:
                    one = study.scorer.score_now(
                        ChoiceAnswer(cell.choice), study.scenarios[scenario], targets
                    )
                    if one.correct is not None:
                        found.append((cell.ended, scenario, one.correct, one.discriminating))
            if found:
                every = so_far((each[:3] for each in found), of)
                only = so_far((each[:3] for each in found if each[3]), of)
                out.append(AccuracyCurve(index, target_id(targets), every, only))
    return sorted(out, key=lambda course: (course.profile, course.target))


def columns(study: Study, cells: Cells) -> list[Column]:
    """The profiles as columns, as comparisons and reports use them."""
    out = []
    for index, each in enumerate(study.profiles):
        outcomes = {
            (scenario, repeat): Outcome(cell.sample, cell.choice)
            for (scenario, who, repeat), cell in cells.items()
            if who == index and cell.status in ("done", "failed")
        }
        under = study.scoring_targets(each)
        out.append(
            Column(
                "run",
                index,
                each.name,
                each.target,
                under,
                study.scorer,
                {},
                study.scenarios,
                outcomes,
            )
        )
    return out


@settings(max_examples=150, deadline=None)
@given(histories())
def test_counts_are_those_of_all_cells_at_once(
    found: tuple[Study, list[tuple[SampleKey, Cell]]],
) -> None:
    study, puts = found
    board, cells = RunState(study), dict[SampleKey, Cell]()
    for place, cell in puts:
        board.put(place, cell)
        cells[place] = cell
    overview = board.overview()
    assert list(overview.attributes) == by_attribute(study, cells)
    assert list(overview.courses) == courses(study, cells)
    made = columns(study, cells)
    for a, b in combinations(range(len(made)), 2):
        wanted = column_agreement(pair_up([made[a], made[b]]), 0, 1)
        assert overview.agreements[a][b] == overview.agreements[b][a] == wanted
    assert all(overview.agreements[a][a] is None for a in range(len(made)))
    tallies = {(tally.profile, tally.target): tally for tally in board.tallies()}
    for course in overview.courses:  # a curve ends at the current accuracy
        tally = tallies[course.profile, course.target]
        for points, whole in (
            (course.all, tally.all),
            (course.discriminating, tally.discriminating),
        ):
            end = points[-1] if points else (0, 0, None)
            assert end == (whole.scored, whole.correct, whole.accuracy)
    for place, cell in cells.items():  # take all cells out again
        board.put(place, Cell(cell.sample, "pending"))
    assert board.overview().attributes == () and board.overview().courses == ()
    board.clear()
    assert board.overview() == RunState(study).overview()


def test_while_nothing_changes_nothing_is_made() -> None:
    study = fakes.study(2)
    board = RunState(study)
    board.put((0, 1, 0), decided(study, (0, 1, 0), 1, 0.0))
    before = board.overview()
    board.put((1, 1, 0), Cell(9, "running"))
    assert board.overview() is before
    board.put((1, 1, 0), decided(study, (1, 1, 0), 0, 1.0))
    assert board.overview() is not before


def one_by_one() -> QuestionSums:
    """Every decision counts for itself."""
    return QuestionSums(ALONE, 1)


@pytest.mark.parametrize("seconds", [30.0, 90_000.0])
def test_a_long_course_is_thinned_and_every_point_is_exact(seconds: float) -> None:
    chance = random.Random(7)
    ended = sorted(1.76e9 + chance.random() * seconds for _ in range(5000))
    found = [(moment, chance.random() < 0.7) for moment in ended]

    def course_of(
        order: list[tuple[float, bool]],
    ) -> tuple[AccuracyOverTime, tuple[tuple[int, int, float], ...]]:
        counts = AccuracyOverTime(one_by_one)
        for moment, correct in order:
            counts.change((0, "a=1.0"), 0, moment, correct, False, 1)
        [course] = counts.courses()
        assert course.discriminating == ()
        return counts, course.all

    shuffled = chance.sample(found, len(found))
    counts, points = course_of(shuffled)
    assert points == course_of(found)[1]  # in whichever order they came
    assert SLOTS / 4 < len(points) <= SLOTS
    every = so_far((moment, 0, correct) for moment, correct in found)
    assert set(points) <= set(every) and points[-1] == every[-1]
    for moment, correct in shuffled[:2500]:
        counts.change((0, "a=1.0"), 0, moment, correct, False, -1)
    [left] = counts.courses()
    rest = so_far((moment, 0, correct) for moment, correct in shuffled[2500:])
    assert set(left.all) <= set(rest) and left.all[-1][0] == 2500
    for moment, correct in shuffled[2500:]:
        counts.change((0, "a=1.0"), 0, moment, correct, False, -1)
    assert counts.courses() == ()


def test_a_pause_costs_no_points() -> None:
    """An hour of decisions, a month of nothing, another hour: the curve shows both hours."""
    counts = AccuracyOverTime(one_by_one)
    for start in (0.0, 30 * 86_400.0):
        for number in range(1000):
            counts.change((0, "a=1.0"), 0, 1.76e9 + start + 3.6 * number, number % 2 == 1, False, 1)
    [course] = counts.courses()
    assert sum(scored <= 1000 for scored, _, _ in course.all) > SLOTS / 8


def test_the_numbers_are_the_reports(finished: tuple[str, Study], db: Database) -> None:
    run, study = finished
    board = RunState(study)
    board.load(results.states(db, run))
    report, overview = gather(db, [run]), board.overview()
    assert overview.agreements == report.agreements
    theirs = {
        (accuracy.label.partition(" · ")[0], accuracy.targets): (
            accuracy.all,
            accuracy.discriminating,
        )
        for accuracy in report.accuracies
    }
    ours = {
        (study.profiles[each.profile].name, (each.target,)): (each.all, each.discriminating)
        for each in overview.attributes
    }
    assert ours == theirs and len(ours) == 6


def test_of_several_attributes_each_counts_by_itself() -> None:
    """The counts tell apart a profile that follows one attribute and not the other."""
    choices = (
        Choice("A", {"moral_desert": 1.0, "fairness": 0.0}),
        Choice("B", {"moral_desert": 0.0, "fairness": 0.4}),
    )
    both = profile("both", ("moral_desert", 1.0), ("fairness", 1.0))
    study = Study("two", (both,), tuple(Scenario(f"s{n}", f"t{n}", choices) for n in range(5)))
    board = RunState(study)
    for number in range(5):
        board.put((number, 0, 0), decided(study, (number, 0, 0), 0, float(number)))
    found = {each.target.attribute: each.all for each in board.overview().attributes}
    assert found == {"moral_desert": make_rate(5, 5), "fairness": make_rate(0, 5)}
    assert [tally.target for tally in board.tallies()] == [target_id(both.target)]
    assert Target("fairness", 1.0) in both.target
