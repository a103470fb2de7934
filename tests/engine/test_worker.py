"""The worker in the test's own process, with fake backbones that the tests control."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from align_tui.config.profile import Profile
from align_tui.config.study import Study
from align_tui.core.answers import ChoiceAnswer
from align_tui.core.decisions import Decision
from align_tui.core.errors import BackboneError, StoreError
from align_tui.engine import outbox
from align_tui.engine import worker as working_module
from align_tui.engine.models import Models, Open
from align_tui.engine.worker import Settings, Worker
from align_tui.store import live, outcomes, queue, results, runs, workers
from align_tui.store.database import Database, open_database
from align_tui.store.outcomes import Outcome
from tests.conftest import HIGH, make_profile, make_scenarios, make_study
from tests.engine.fakes import Opener


def model_study(n: int = 3, models: int = 1) -> Study:
    profiles = tuple(
        make_profile(
            f"p{i}",
            "prompt_aligned",
            target=HIGH,
            backbone={"kind": "transformers", "model": f"a/m{i}"},
        )
        for i in range(models)
    )
    return Study("with models", profiles, make_scenarios(n))


@asynccontextmanager
async def working(path: Path, opener: Open, **settings: object) -> AsyncIterator[Worker]:
    worker = Worker(open_database(path), Settings(path, opener=opener, **settings))  # type: ignore[arg-type]
    task = asyncio.create_task(worker.run())
    try:
        yield worker
    finally:
        worker.stop()
        await asyncio.wait_for(task, 20)


async def until(true: Callable[[], object], seconds: float = 20.0) -> None:
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.01)


async def warm_up(db: Database, opener: Opener) -> None:
    """Load the model with a run that ends, then hold every reply back."""
    first = runs.create_run(db, model_study(1), {})
    await until(lambda: runs.get_run(db, first).finished)
    opener.opened[0][1].gate.clear()


async def test_a_run_is_decided_scored_and_its_model_named(database: Database) -> None:
    run = runs.create_run(database, model_study(5), {})
    opener = Opener()
    async with working(database.path, opener):
        await until(lambda: runs.get_run(database, run).finished)
    assert runs.get_run(database, run).done == 5
    [tally] = results.tallies(database, run)
    assert (tally.all.correct, tally.all.scored) == (3, 5)
    assert runs.run_versions(database, run)["model of p0"] == "sha256:fake float32 on cpu"
    assert opener.opened[0][1].most > 1  # samples were decided side by side
    assert opener.opened[0][1].closed and workers.list_workers(database) == []
    assert database.read("SELECT * FROM live") == []


async def test_live_text_is_there_while_it_is_written(database: Database) -> None:
    opener = Opener()
    async with working(database.path, opener):
        await warm_up(database, opener)
        run = runs.create_run(database, model_study(1), {})
        await until(lambda: opener.opened[0][1].now)
        await until(lambda: database.read("SELECT 1 FROM live"))
        sample = database.read("SELECT sample FROM live")[0][0]
        [(_, piece)], _ = live.read_since(database, [sample], 0)
        assert piece.text.startswith('{"reasoni')
        opener.opened[0][1].gate.set()
        await until(lambda: all(row.finished for row in runs.list_runs(database)))
    assert runs.get_run(database, run).done == 1


async def test_what_was_written_for_a_failed_sample_is_kept(database: Database) -> None:
    opener = Opener()
    async with working(database.path, opener):
        await warm_up(database, opener)
        opener.opened[0][1].cut = '{"reasoning":"It goes on and'
        run = runs.create_run(database, model_study(1), {})
        await until(lambda: runs.get_run(database, run).failed)
    [result] = results.all_results(database, run)
    assert (result.error_kind, result.tokens, result.reasoning) == ("truncated", 9, "")
    [reply] = results.responses_of(database, result.sample)
    assert reply.raw == '{"reasoning":"It goes on and' and reply.reasoning == "It goes on and"
    assert (reply.role, reply.choice, reply.retried) == ("failed", None, True)
    assert reply.timeline[-1][1] == len(reply.raw) and reply.sampling["max_tokens"] == 1024
    # After it is asked again, nothing of the failure is left.
    runs.retry(database, run, [result.sample])
    assert results.responses_of(database, result.sample) == []


async def test_a_full_worker_has_room_for_what_someone_looks_at(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(working_module, "MAX_ACTIVE", 3)
    opener = Opener()
    async with working(database.path, opener) as worker:
        await warm_up(database, opener)
        run = runs.create_run(database, model_study(20), {})
        await until(lambda: len(worker._active) == 3)
        study = model_study(20)
        runs.enqueue(database, run, study, [(17, 0, 0)], priority=10)
        await until(lambda: len(worker._active) == 4)
        assert {a.claimed.scenario for a in worker._active.values()} >= {17}
        await until(lambda: workers.list_workers(database)[0].active == 4)
        opener.opened[0][1].gate.set()
        await until(lambda: runs.get_run(database, run).finished)


async def test_a_result_that_cannot_be_stored_takes_no_other_with_it(database: Database) -> None:
    runs.create_run(database, make_study(1), {})
    good, bad = queue.claim(database, "w", 2)
    box = outbox.Outbox()
    box.add(outcomes.Decided(bad, Decision(ChoiceAnswer(0), "half a pair: \ud800"), "A", {}, 0.1))
    box.add(outcomes.Decided(good, Decision(ChoiceAnswer(0), "Because."), "A", {}, 0.1))
    assert sorted(box.flush(database, "w")) == sorted([good.key, bad.key])
    assert len(box) == 0
    stored = {r.sample: r for r in results.all_results(database, good.run)}
    assert stored[good.id].reasoning == "Because."
    assert stored[bad.id].error_kind == "internal"


async def test_stopping_a_run_puts_its_samples_back(database: Database) -> None:
    opener = Opener()
    async with working(database.path, opener):
        await warm_up(database, opener)
        run = runs.create_run(database, model_study(4), {})
        await until(lambda: runs.get_run(database, run).running)
        runs.set_state(database, run, "stopped")
        await until(lambda: not runs.get_run(database, run).running)
        row = runs.get_run(database, run)
        assert (row.pending, row.failed) == (4, 0)
        assert database.read("SELECT * FROM live") == []
        opener.opened[0][1].gate.set()
        runs.set_state(database, run, "active")
        await until(lambda: runs.get_run(database, run).done == 4)


async def test_deleting_a_run_while_it_runs_ends_its_samples(database: Database) -> None:
    opener = Opener()
    async with working(database.path, opener) as worker:
        await warm_up(database, opener)
        run = runs.create_run(database, model_study(4), {})
        await until(lambda: runs.get_run(database, run).running)
        runs.delete_run(database, run)
        await until(lambda: not worker._active)
        assert worker.status.error is None


async def test_a_worker_that_ends_gives_back_what_it_holds(database: Database) -> None:
    opener = Opener()
    async with working(database.path, opener):
        await warm_up(database, opener)
        run = runs.create_run(database, model_study(4), {})
        await until(lambda: runs.get_run(database, run).running)
    row = runs.get_run(database, run)
    assert (row.pending, row.running, row.failed) == (4, 0, 0)


async def test_a_model_that_cannot_be_loaded_fails_its_samples_alone(database: Database) -> None:
    opener = Opener(failing=BackboneError("gone", "fetch it"))
    run = runs.create_run(database, model_study(3), {})
    plain = runs.create_run(database, make_study(3), {})
    async with working(database.path, opener):
        await until(lambda: runs.get_run(database, run).failed == 3)
        await until(lambda: runs.get_run(database, plain).done == 6)
    assert {r.error_message for r in results.all_results(database, run)} == {"gone\nfetch it"}


async def test_two_models_take_turns_and_an_idle_one_makes_room(database: Database) -> None:
    opener = Opener(room=1)
    run = runs.create_run(database, model_study(3, models=2), {})
    async with working(database.path, opener):
        await until(lambda: runs.get_run(database, run).finished)
    assert runs.get_run(database, run).done == 6
    assert [name for name, _ in opener.opened] == ["a/m0", "a/m1"]


async def test_idle_models_are_let_go(database: Database) -> None:
    opener = Opener()
    run = runs.create_run(database, model_study(1), {})
    async with working(database.path, opener, unload_idle_s=0.2):
        await until(lambda: runs.get_run(database, run).finished)
        await until(lambda: opener.opened[0][1].closed)
        again = runs.create_run(database, model_study(1), {})
        await until(lambda: runs.get_run(database, again).finished)
    assert len(opener.opened) == 2


async def test_a_broken_decision_maker_fails_its_sample(database: Database, tmp_path: Path) -> None:
    bad = tmp_path / "bad.py"
    bad.write_text("def decide(s, t, l, p):\n    return 99\n")
    custom = make_profile("c", "random").model_dump(by_alias=True)
    custom["adm"] = {"kind": "custom", "file": str(bad), "needs_model": False}
    study = Study("bad", (Profile.model_validate(custom),), make_scenarios(2))
    run = runs.create_run(database, study, {})
    async with working(database.path, Opener()):
        await until(lambda: runs.get_run(database, run).failed == 2)
    [first, _] = results.all_results(database, run)
    assert first.error_kind == "adm" and "number 100 of 2" in (first.error_message or "")


async def test_an_open_answer_is_kept_as_its_text(database: Database, tmp_path: Path) -> None:
    own = tmp_path / "own.py"
    own.write_text("def decide(s, t, l, p):\n    return 'I would wait. \\ud800'\n")
    body = {
        "name": "c",
        "adm": {"kind": "custom", "file": str(own), "needs_model": False},
        "target": HIGH,
    }
    asked, labelled = make_scenarios(2)
    scenarios = (replace(asked, choices=(), asks="text"), replace(labelled, asks="text"))
    study = Study("open", (Profile.model_validate(body),), scenarios)
    run = runs.create_run(database, study, {})
    assert runs.load_study(database, run).scenarios == scenarios
    async with working(database.path, Opener()):
        await until(lambda: runs.get_run(database, run).done == 2)
    for result in results.all_results(database, run):
        assert result.choice is None and result.choice_text == "I would wait. \ufffd"
    tallies = results.tallies(database, run)
    assert all(tally.all.scored == 0 for tally in tallies)  # labels belong to choices


async def test_a_worker_ends_when_told_to_or_idle(database: Database) -> None:
    async with working(database.path, Opener(), idle_exit_s=0.1):
        await until(lambda: not workers.list_workers(database))
    async with working(database.path, Opener()):
        await until(lambda: [w for w in workers.living(database) if w.state == "idle"])
        workers.ask_to_stop(database)
        await until(lambda: not workers.list_workers(database))


async def test_a_disk_that_fails_for_a_while_loses_no_decision(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, failures = outcomes.end_all, 2

    def end_all(db: Database, worker: str, ended: Sequence[Outcome]) -> list[bool]:
        nonlocal failures
        if failures:
            failures -= 1
            raise StoreError("No space is left", "Free some")
        return real(db, worker, ended)

    monkeypatch.setattr(outbox, "end_all", end_all)
    opener = Opener()
    run = runs.create_run(database, model_study(1), {})
    async with working(database.path, opener):
        await until(lambda: runs.get_run(database, run).done == 1)
    assert opener.opened[0][1].begun == 1


async def test_a_task_that_ends_without_an_outcome_keeps_no_sample(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An interruption between two lines of the worker does this, for example."""

    class Odd(BaseException):
        pass

    async def serve(self: Worker, claimed: object) -> None:
        raise Odd

    monkeypatch.setattr(Worker, "_serve", serve)
    run = runs.create_run(database, make_study(1), {})
    async with working(database.path, Opener()):
        await until(lambda: runs.get_run(database, run).finished)
    assert {result.error_kind for result in results.all_results(database, run)} == {"adm"}


async def test_what_was_decided_is_written_before_models_are_let_go_of(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    opener = Opener()
    open_ones: list[int] = []

    async def close(self: Models) -> None:
        open_ones.append(database.read("SELECT count(*) FROM samples WHERE status='running'")[0][0])

    async with working(database.path, opener):
        await warm_up(database, opener)
        run = runs.create_run(database, model_study(2), {})
        await until(lambda: opener.opened[0][1].now)
        monkeypatch.setattr(Models, "close", close)
    assert open_ones == [0] and runs.get_run(database, run).pending == 2


async def test_a_sample_waits_in_its_worker_until_a_model_begins_to_read(
    database: Database,
) -> None:
    opener = Opener()
    async with working(database.path, opener):
        await warm_up(database, opener)
        model = opener.opened[0][1]
        run = runs.create_run(database, model_study(1), {})
        await until(lambda: model.now)
        await until(lambda: [each.begun for each in queue.running(database, run)] == [True])
        model.gate.set()
        await until(lambda: runs.get_run(database, run).finished)
    claimed = runs.create_run(database, model_study(1), {})
    queue.claim(database, "nobody", 1)
    assert [each.begun for each in queue.running(database, claimed)] == [False]
