"""Samples that need the decisions before them: the queue never gives one out of its turn."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from align_tui.core.alignment.history import earlier_than, history_of, turns_of
from align_tui.core.answers import ChoiceAnswer
from align_tui.core.decisions import Decision
from align_tui.core.predictions import Prediction
from align_tui.core.scenarios import VARIANT_OF, Scenario
from align_tui.store import outcomes, queue, runs, suspects, workers
from align_tui.store.database import Database
from align_tui.store.outcomes import Claimed, Decided, Failed, Released
from align_tui.studies.turns import with_earlier
from tests import cumulative


@pytest.fixture(autouse=True)
def function(monkeypatch: pytest.MonkeyPatch) -> None:
    cumulative.install(monkeypatch)


def one(key: str, context: str = "a") -> Scenario:
    return cumulative.scenario(key, context, 0.0, 1.0)


def end(db: Database, worker: str, claimed: Claimed, *, fails: bool = False) -> bool:
    outcome: outcomes.Outcome
    if fails:
        outcome = Failed(claimed, "AdmError", "no", 0.1)
    else:
        made = Decision(ChoiceAnswer(0), "", predictions=({"x": Prediction((0.5,))}, {}))
        outcome = Decided(claimed, made, "A", {}, 0.1)
    return outcomes.end_all(db, worker, [outcome])[0]


def open_before(db: Database, claimed: Claimed) -> int:
    """How many samples that belong to the history of a claimed one are pending or running."""
    row = db.one(
        "SELECT count(*) FROM samples e JOIN samples s ON s.id=? AND e.run=s.run"
        " AND e.profile=s.profile AND e.repeat=s.repeat AND e.context=s.context"
        " AND e.turn<s.turn WHERE e.status IN ('pending', 'running')",
        (claimed.id,),
    )
    return int(row[0]) if row is not None else -1


# Each step is what one of three workers does next.
steps = st.lists(
    st.tuples(st.integers(0, 2), st.sampled_from(
        ["claim", "decide", "fail", "release", "kill", "bury", "suspect", "retry", "look"])),
    min_size=10, max_size=80,
)  # fmt: skip


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps, st.integers(0, 10_000))
def test_no_sample_is_claimed_before_its_turn(
    database: Database, ways: list[tuple[int, str]], seed: int
) -> None:
    db = database
    for old in runs.list_runs(db):  # of the examples before this one
        runs.delete_run(db, old.id)
    drawn = random.Random(seed)
    scenarios = [one(f"s{i}", drawn.choice("ab")) for i in range(6)]
    study = cumulative.study(scenarios, repeat=2)
    run = runs.create_run(db, study, {})
    names = [workers.register(db, "", lambda text: None) for _ in range(3)]
    held: dict[str, list[Claimed]] = {name: [] for name in names}

    def check(claimed: list[Claimed]) -> list[Claimed]:
        assert not any(open_before(db, each) for each in claimed)
        return claimed

    for number, what in ways:
        worker = names[number]
        mine = held[worker]
        if what == "claim":
            mine += check(queue.claim(db, worker, drawn.randint(1, 8)))
        elif what == "suspect" and not mine:
            mine += check(suspects.claim(db, worker, 8))
        elif what in ("decide", "fail", "release") and mine:
            claimed = mine.pop(drawn.randrange(len(mine)))
            if what == "release":
                outcomes.end_all(db, worker, [Released(claimed)])
            else:
                end(db, worker, claimed, fails=what == "fail")
        elif what == "kill":  # the process is gone: others take its samples over
            queue.reclaim(db, [worker], but=names[number - 1])
            mine.clear()
        elif what == "bury":
            suspects.bury(db, {worker: drawn.choice([None, "it crashed"])})
            mine.clear()
        elif what == "retry":
            runs.retry(db, run)
        elif what == "look":
            place = (drawn.randrange(6), 0, drawn.randrange(2))
            runs.enqueue(db, run, study, with_earlier(study, [place]), priority=10)
    while not queue.is_over(db, run):  # whatever happened, the rest can be decided
        for worker in names:
            mine = held[worker] + check(queue.claim(db, worker, 8))
            mine = mine or check(suspects.claim(db, worker, 8))
            for claimed in mine:
                end(db, worker, claimed)
            held[worker] = []


def test_other_profiles_are_not_slowed_and_contexts_go_side_by_side(database: Database) -> None:
    scenarios = [one("s0"), one("s1"), one("s2", "b"), one("s3")]
    runs.create_run(database, cumulative.study(scenarios, repeat=2), {})
    worker = workers.register(database, "", lambda text: None)
    claimed = queue.claim(database, worker, 99)
    plain = [each.scenario for each in claimed if each.profile == 1]
    past = sorted((each.scenario, each.repeat) for each in claimed if each.profile == 0)
    assert sorted(plain) == [0, 0, 1, 1, 2, 2, 3, 3]
    assert past == [(0, 0), (0, 1), (2, 0), (2, 1)]
    assert queue.claim(database, worker, 99) == []
    for each in claimed:
        end(database, worker, each)
    assert {each.scenario for each in queue.claim(database, worker, 99)} == {1}


def test_who_asks_for_one_scenario_gets_those_before_it() -> None:
    study = cumulative.study([one("s0"), one("s1", "b"), one("s2"), one("s3")])
    assert with_earlier(study, [(3, 0, 0), (3, 1, 0)]) == [
        (0, 0, 0), (2, 0, 0), (3, 0, 0), (3, 1, 0)
    ]  # fmt: skip
    assert with_earlier(study, [(1, 0, 1)]) == [(1, 0, 1)]


def test_a_variant_stands_in_for_its_original() -> None:
    first, second, third = one("s0"), one("s1"), one("s2")
    variant = replace(second, key="s1~1", meta={**second.meta, VARIANT_OF: "s1"})
    turns = turns_of([first, second, variant, third], "scenario_id")
    assert [earlier_than(turns, i) for i in range(4)] == [(), (0,), (0,), (0, 1)]
    everything = turns_of([first, one("x", "b"), third], "run")
    assert earlier_than(everything, 2) == (0, 1)
    assert earlier_than(turns_of([first, third], "no such key"), 1) == (0,)


def test_a_history_has_means_in_order_and_leaves_out_what_was_not_predicted() -> None:
    made = history_of(
        [{"a": Prediction((0.9, 0.227, 0.85)), "b": Prediction((1.0,))}, {}, {"a": Prediction(())},
         {"a": Prediction((0.5,))}]
    )  # fmt: skip
    assert made == {"a": (pytest.approx(0.659), 0.5), "b": (1.0,)}


def test_a_sample_that_is_retried_takes_those_after_it_along(database: Database) -> None:
    study = cumulative.study([one("s0"), one("s1"), one("s2"), one("s3", "b")])
    run = runs.create_run(database, study, {})
    worker = workers.register(database, "", lambda text: None)
    while claimed := queue.claim(database, worker, 99):
        for each in claimed:
            end(database, worker, each, fails=(each.scenario, each.profile) == (1, 0))
    assert runs.retry(database, run) == 1
    rows = database.read("SELECT scenario, profile FROM samples WHERE status='pending'")
    assert sorted(map(tuple, rows)) == [(1, 0), (2, 0)]
    again = queue.claim(database, worker, 99)
    assert [(each.scenario, each.profile) for each in again] == [(1, 0)]
