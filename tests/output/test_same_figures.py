"""The same accuracy stands wherever it is shown: store, screen, comparison, events, reports."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from align_tui.config.profile import Profile
from align_tui.config.study import Study
from align_tui.core.columns import Column, column_chance, column_rate, pair_up, paired_chance
from align_tui.core.families import ClusterRule
from align_tui.core.scenarios import Choice, Scenario
from align_tui.core.stats.comparison import compare
from align_tui.core.stats.rates import Rate
from align_tui.core.targets import Targets, target_id
from align_tui.monitor.effects import effects_of
from align_tui.monitor.run_state import RunState
from align_tui.output import events
from align_tui.output.method_table.data import ScoredRun, table_of
from align_tui.output.report.data import gather
from align_tui.output.site.data import run_data
from align_tui.store import results, runs
from align_tui.store.columns import read_columns
from align_tui.store.database import Database, open_database

REPEAT = 3
RULES: list[ClusterRule] = ["family", "question", "none"]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    db = open_database(tmp_path_factory.mktemp("figures") / "runs.db")
    yield db
    db.close()


def profile(name: str, value: float) -> Profile:
    target = [{"attribute": "merit", "value": value}]
    return Profile.model_validate({"name": name, "adm": {"kind": "oracle"}, "target": target})


PROFILES = (profile("up", 1.0), profile("down", 0.0))
outcome = st.sampled_from([None, "failed", 0, 1, 1])  # open, failed, or a choice


@st.composite
def decided(draw: st.DrawFn) -> tuple[Study, Mapping[tuple[int, int, int], object]]:
    scenarios = []
    for number in range(draw(st.integers(1, 6))):
        labels = draw(st.sampled_from([(1.0, 0.0), (0.0, 1.0), (0.5, 0.5), None]))
        choices = [Choice(t, {"merit": v} if labels else {})
                   for t, v in zip("ab", labels or (0.0, 0.0), strict=True)]  # fmt: skip
        family = draw(st.sampled_from(["", "x", "y"]))
        scenarios.append(
            Scenario(f"s{number}", f"text {draw(st.integers(0, 4))}", tuple(choices), family=family)
        )
    study = Study("any", PROFILES, tuple(scenarios), repeat=draw(st.sampled_from([1, REPEAT])))
    ended = {place: draw(outcome) for place in study.pairs()}
    return replace(study, cluster=draw(st.sampled_from(RULES))), ended


def stored(db: Database, study: Study, ended: Mapping[tuple[int, int, int], object]) -> str:
    """A run of the study in which the samples have ended so."""
    run = runs.create_run(db, study, {})
    with db.write() as connection:
        for row in connection.execute(
            "SELECT id, scenario, profile, repeat FROM samples WHERE run=?", (run,)
        ).fetchall():
            found = ended[row["scenario"], row["profile"], row["repeat"]]
            if found is None:
                continue
            choice = found if isinstance(found, int) else None
            connection.execute(
                "INSERT INTO results (sample, finished, started, choice, choice_text, latency_s,"
                " error_kind) VALUES (?,?,?,?,?,?,?)",
                (row["id"], 2.0, 1.0, choice, "", 1.0, None if choice is not None else "broken"),
            )
            connection.execute(
                "UPDATE samples SET status=? WHERE id=?",
                ("failed" if choice is None else "done", row["id"]),
            )
            if choice is None:
                continue
            targets = study.profiles[row["profile"]].target
            shown = study.scenarios[row["scenario"]]
            known = study.scorer.is_correct(choice, shown, targets)
            shows = len({each.labels.get("merit") for each in shown.choices}) > 1
            connection.execute(
                "INSERT INTO scores VALUES (?,?,?,?,?,?,?)",
                (row["id"], run, row["profile"], target_id(targets), known, int(shows), None),
            )
    return run


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(decided())
def test_the_same_figure_stands_everywhere(
    shared: Database, found: tuple[Study, Mapping[tuple[int, int, int], object]]
) -> None:
    study, ended = found
    run = stored(shared, study, ended)
    from_store = {(t.profile, t.target): (t.all, t.discriminating)
                  for t in results.tallies(shared, run)}  # fmt: skip
    board = RunState(study)
    board.load(results.states(shared, run))
    live = {(t.profile, t.target): (t.all, t.discriminating) for t in board.tallies()}
    assert live == from_store
    columns = read_columns(shared, run)
    effects = effects_of(columns, {})
    page = run_data(shared, run)["profiles"]
    assert isinstance(page, list)
    gathered = gather(shared, [run]).accuracies
    report = {each.label: (each.all, each.discriminating) for each in gathered}
    reported = {each.label: (each.all_chance, each.discriminating_chance) for each in gathered}
    told = events.summary(shared, run, runs.load_study(shared, run))["profiles"]
    counts = results.question_counts(shared, run)
    table = table_of([ScoredRun(run, study, counts, {})])
    only_table = table_of([ScoredRun(run, study, counts, {})], discriminating=True)
    for index, each in enumerate(study.profiles):
        rates = from_store.get((index, target_id(each.target)))
        if rates is None:
            assert told[index]["scores"][0]["all"]["scored"] == 0
            assert told[index]["scores"][0]["chance"] is None
            continue
        alone = pair_up([columns[index]])
        for only, rate in enumerate(rates):
            assert column_rate(alone, 0, each.target, discriminating=bool(only)) == rate
        assert report[each.name] == rates
        chances = by_hand(study, ended, index)
        assert board.chances()[index, target_id(each.target)] == chances
        assert board.overview().chances == board.chances()
        assert chances_of_columns(columns[index], each.target) == chances
        assert reported[each.name] == chances
        beside = effects.numbers[index, target_id(each.target)]
        assert beside.by_chance == chances[0]
        assert beside.chance is None or beside.chance.chance == pytest.approx(chances[0])
        score = told[index]["scores"][0]
        assert (score["chance"], score["chance_discriminating"]) == chances
        assert page[index]["scores"][0]["chance"] == chances[0]
        assert score["all"] == as_json(rates[0]) and score["discriminating"] == as_json(rates[1])
        direction = "high" if index == 0 else "low"
        for made, expected in zip((table, only_table), chances, strict=True):
            assert made.chances.get((direction, "merit")) == expected
        [cell] = [r.cells["merit"] for r in table.rows if r.direction == direction]
        assert cell == rates[0]
        itself = compare(pair_up([columns[index], columns[index]]), 0, 1, each.target)
        assert itself.difference is not None and itself.p == 1.0
        assert itself.difference.value == 0.0
        assert itself.difference.questions == rates[0].questions
        assert itself.difference.clusters == rates[0].clusters
        assert itself.agreement.share == 1.0


def by_hand(
    study: Study, ended: Mapping[tuple[int, int, int], object], profile: int
) -> tuple[float | None, float | None]:
    """Chance over the scored questions, or decisions: on all, and on the discriminating ones."""
    known: list[list[Fraction]] = [[], []]
    seen: set[int] = set()
    for (scenario, who, _), found in ended.items():
        labels = [each.labels.get("merit") for each in study.scenarios[scenario].choices]
        if who != profile or not isinstance(found, int) or None in labels:
            continue
        if study.cluster != "none" and scenario in seen:
            continue
        seen.add(scenario)
        best = max if study.profiles[profile].target[0].number == 1.0 else min
        known[0].append(Fraction(labels.count(best(each or 0.0 for each in labels)), len(labels)))
        if len(set(labels)) > 1:
            known[1].append(known[0][-1])
    means = [float(sum(each) / len(each)) if each else None for each in known]
    return means[0], means[1]


def chances_of_columns(column: Column, targets: Targets) -> tuple[float | None, float | None]:
    alone = pair_up([column])
    found = [column_chance(column, targets, discriminating=only) for only in (False, True)]
    again = [paired_chance(alone, 0, targets, discriminating=only) for only in (False, True)]
    assert found == again
    return found[0], found[1]


def as_json(rate: Rate) -> dict[str, object]:
    names = (
        "scored",
        "correct",
        "accuracy",
        "low",
        "high",
        "questions",
        "clusters",
        "method",
        "se",
    )
    return {name: getattr(rate, name) for name in names}
