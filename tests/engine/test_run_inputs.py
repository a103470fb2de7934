"""A worker decides with the definitions and the seed rule that the run has stored."""

from __future__ import annotations

from dataclasses import replace

import pytest

from align_tui.core.scenarios import Choice
from align_tui.core.seeds import sample_seed
from align_tui.core.types import derive_seed
from align_tui.engine.sample import RunContext
from align_tui.monitor.decision_detail import read_detail
from align_tui.monitor.snapshot import Shown
from align_tui.store import results, runs
from align_tui.store.database import Database
from align_tui.store.outcomes import Claimed
from tests.engine.fakes import Opener
from tests.engine.test_worker import model_study, until, working
from tests.store.test_run_inputs import define


async def decide(db: Database, run: str) -> None:
    async with working(db.path, Opener()):
        await until(lambda: runs.get_run(db, run).finished)


def asked(db: Database, run: str) -> list[str]:
    """The first message to the model of each sample."""
    return [
        str(results.responses_of(db, state.id)[0].messages[0]["content"])
        for state in results.states(db, run)
    ]


async def test_a_pack_that_is_edited_changes_nothing_of_a_run_that_goes_on(
    database: Database,
) -> None:
    define("As it was.")
    study = model_study(4)
    run = runs.create_run(database, study, {}, enqueue=False)
    runs.enqueue(database, run, study, [(0, 0, 0), (1, 0, 0)])
    await decide(database, run)
    define("As it is now.")
    runs.enqueue(database, run, study, study.pairs())
    await decide(database, run)
    assert len(asked(database, run)) == 4
    assert all("As it was." in said for said in asked(database, run))
    after = runs.create_run(database, study, {})
    await decide(database, after)
    assert all("As it is now." in said for said in asked(database, after))


async def test_where_an_attribute_entered_is_marked_by_the_definitions_of_the_run(
    database: Database,
) -> None:
    define("As it was.")
    study = model_study(1)
    run = runs.create_run(database, study, {})
    await decide(database, run)
    define("As it is now.")
    [state] = results.states(database, run)
    shown = Shown(0, 0, state.id, "done", result=results.result_of(database, state.id))
    detail = read_detail(database, study, study.profiles[0], study.scenarios[0], shown)
    [[system, _user]] = [reply for reply in detail.entered if reply is not None]
    assert ("As it was.", True) in system


async def test_a_pack_that_broke_stops_no_run_that_has_its_definitions(database: Database) -> None:
    define("As it was.")
    run = runs.create_run(database, model_study(1), {})
    define('"broken')
    await decide(database, run)
    assert runs.get_run(database, run).done == 1


async def test_a_run_of_version_0_1_is_asked_by_the_packs_of_the_day(database: Database) -> None:
    define("As it was.")
    run = runs.create_run(database, model_study(1), {})
    with database.write() as connection:
        connection.execute("UPDATE runs SET attributes=NULL")
    define("As it is now.")
    await decide(database, run)
    assert "As it is now." in asked(database, run)[0]


@pytest.mark.parametrize(("rule", "same"), [("seen", True), ("content", False)])
async def test_labels_leave_the_seed_in_new_runs(database: Database, rule: str, same: bool) -> None:
    study = model_study(1)
    [scenario] = study.scenarios
    bare = replace(scenario, choices=tuple(Choice(each.text) for each in scenario.choices))
    seeds = []
    for asked_of in (scenario, bare):
        run = runs.create_run(database, replace(study, scenarios=(asked_of,)), {})
        with database.write() as connection:
            connection.execute("UPDATE runs SET seed_rule=? WHERE id=?", (rule, run))
        await decide(database, run)
        [state] = results.states(database, run)
        seeds.append(results.responses_of(database, state.id)[0].sampling["seed"])
    assert (seeds[0] == seeds[1]) is same
    hashed = scenario.seen_hash if same else scenario.hash
    assert seeds[0] == derive_seed(sample_seed(0, hashed, 0), 0)


def test_a_context_seeds_by_its_rule() -> None:
    study = model_study(1)
    claimed = Claimed(1, "r", 0, 0, 3, "", 1)
    [scenario] = study.scenarios
    assert RunContext(study).seed(claimed) == sample_seed(0, scenario.seen_hash, 3)
    assert RunContext(study, None, "content").seed(claimed) == sample_seed(0, scenario.hash, 3)
