"""Histories in the worker: each decision gets those before it, and records what it got."""

from __future__ import annotations

import random
from typing import Any

import pytest
import tomli_w

from align_tui.config.attributes import load_attributes
from align_tui.config.study import Study
from align_tui.core.scenarios import Scenario
from align_tui.services.queueing import run_changed, run_scenario
from align_tui.store import inheritance, queue, results, runs
from align_tui.store.basis import basis_of
from align_tui.store.database import Database
from align_tui.studies.edits import scenario_toml, with_profile, with_scenario
from tests import cumulative
from tests.engine.fakes import Opener
from tests.engine.test_worker import until, working


@pytest.fixture(autouse=True)
def function(monkeypatch: pytest.MonkeyPatch) -> None:
    cumulative.install(monkeypatch)


def scenarios(n: int, seed: int = 3) -> list[Scenario]:
    drawn = random.Random(seed)
    return [
        cumulative.scenario(f"s{i}", drawn.choice("ab"), drawn.random(), drawn.random())
        for i in range(n)
    ]


async def finish(db: Database, run: str) -> None:
    async with working(db.path, Opener()), working(db.path, Opener()):
        await until(lambda: queue.is_over(db, run))


def used(db: Database, run: str, study: Study) -> dict[tuple[str, int], Any]:
    """The history in each decision of the profile that needs one, by scenario and repeat."""
    found: dict[tuple[str, int], Any] = {}
    for each in results.all_results(db, run):
        basis = basis_of(db, each.sample)
        if each.profile == 0 and basis.ranking is not None:
            history = basis.ranking.details["history"]
            assert isinstance(history, dict)
            key = study.scenarios[each.scenario].key
            found[key, each.repeat] = tuple(history.get(cumulative.ATTRIBUTE, ()))
        elif each.error_kind is None:
            assert basis.ranking is not None and "history" not in basis.ranking.details
    return found


async def test_two_workers_give_each_decision_what_was_decided_before_it(
    database: Database,
) -> None:
    made = scenarios(12)
    study = cumulative.study(made, repeat=2)
    run = runs.create_run(database, study, {})
    await finish(database, run)
    expected = cumulative.expected(made)
    assert max(map(len, expected.values())) > 3
    assert used(database, run, study) == {
        (key, repeat): pytest.approx(history)
        for key, history in expected.items()
        for repeat in range(2)
    }
    choices = [(r.scenario, r.profile, r.choice) for r in results.all_results(database, run)]
    # A sample that failed and is asked again leaves the run as if it had not failed.
    with database.write() as connection:
        connection.execute("UPDATE samples SET status='failed' WHERE scenario=2 AND profile=0")
    assert runs.retry(database, run) == 2
    await finish(database, run)
    assert used(database, run, study).keys() == {(s.key, r) for s in made for r in range(2)}
    again = [(r.scenario, r.profile, r.choice) for r in results.all_results(database, run)]
    assert sorted(again, key=repr) == sorted(choices, key=repr)


async def test_a_failed_decision_is_missing_in_the_history_and_a_note_says_so(
    database: Database,
) -> None:
    one = cumulative.scenario
    study = cumulative.study([one("s0", "a", 0, 1), one("s1", "a", 0.125, 1), one("s2", "a", 1, 1)])
    run = runs.create_run(database, study, {})
    await finish(database, run)
    found = {(r.scenario, r.profile): r for r in results.all_results(database, run)}
    assert found[1, 0].error_kind is not None and found[0, 0].notes == ()
    assert found[2, 0].notes == (
        "Its history lacks 1 earlier decision of its context, which failed or was not asked for.",
    )
    assert len(used(database, run, study)["s2", 0]) == 1


async def test_a_child_run_remembers_the_decisions_that_it_inherits(database: Database) -> None:
    made = [cumulative.scenario(f"s{i}", "a", i / 7, 1 - i / 9) for i in range(4)]
    study = cumulative.study(made)
    parent = runs.create_run(database, study, {}, enqueue=False)
    run_scenario(database, study, parent, 2, {})  # queues those before it as well
    await finish(database, parent)
    histories = used(database, parent, study)
    assert list(histories) == [("s0", 0), ("s1", 0), ("s2", 0)]
    attributes = load_attributes()
    text = scenario_toml(made[2]).replace("Scenario s2.", "Scenario s2, and it rains.")
    changed = with_scenario(study, 2, text, attributes)
    child, asked = run_changed(database, changed, parent, {})
    assert asked == 2  # the variant by both profiles: its history is the parent's
    await finish(database, child)
    assert used(database, child, changed.study) == {("s2~1", 0): histories["s2", 0]}
    # The fourth scenario follows the original, whose decision the child inherits.
    run_scenario(database, changed.study, child, 4, {})
    await finish(database, child)
    assert len(used(database, child, changed.study)["s3", 0]) == 3
    inherited = inheritance.inherited(database, child, changed.study)
    assert {(s, p) for s, p, _ in inherited if p == 0} == {(0, 0), (1, 0), (2, 0)}


async def test_another_context_inherits_nothing(database: Database) -> None:
    made = [cumulative.scenario(f"s{i}", "ab"[i % 2], i / 7, 1 - i / 9) for i in range(4)]
    study = cumulative.study(made)
    parent = runs.create_run(database, study, {})
    await finish(database, parent)
    body = study.profiles[0].body() | {"history": {"context": "run"}}
    changed = with_profile(study, 0, tomli_w.dumps(_some(body)), load_attributes())
    child, asked = run_changed(database, changed, parent, {})
    assert asked == 4
    await finish(database, child)
    assert [len(each) for each in used(database, child, changed.study).values()] == [0, 1, 2, 3]


def _some(body: Any) -> Any:
    wanted = ("name", "adm", "target", "alignment", "history")
    return {key: body[key] for key in wanted if key in body}
