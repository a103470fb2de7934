"""The queue: each sample is claimed once, finished once, and never lost."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from align_tui.config.study import Study
from align_tui.core.answers import ChoiceAnswer
from align_tui.core.decisions import Decision, Generation, Message, Response, Sampling
from align_tui.core.errors import StoreError
from align_tui.core.scorers.base import Score
from align_tui.core.types import JsonObject
from align_tui.store import live, queue, results, runs, suspects, workers
from align_tui.store.database import Database, open_database
from align_tui.store.outcomes import Claimed, Decided, Failed, Released, end_all
from tests import ending
from tests.conftest import HIGH, make_profile, make_scenarios, make_study


def finish(db: Database, worker: str, claimed: Claimed, choice: int = 0) -> bool:
    scores = {"moral_desert=1.0": Score(choice == 0, float(choice), True)}
    return ending.finish(
        db, worker, claimed, Decision(ChoiceAnswer(choice), "Because."), "x", scores, 0.5
    )


def test_samples_come_in_order_and_once(database: Database) -> None:
    run = runs.create_run(database, make_study(4), {})
    first = queue.claim(database, "w1", 3)
    second = queue.claim(database, "w2", 100)
    assert [(c.scenario, c.profile) for c in first] == [(0, 0), (0, 1), (1, 0)]
    assert len(second) == 5 and {c.id for c in first}.isdisjoint(c.id for c in second)
    assert queue.claim(database, "w3", 100) == []
    assert runs.get_run(database, run).running == 8


def test_how_many_are_queued_before_a_sample(database: Database) -> None:
    """Counted in the order of claims, in which samples that a user looks at go first."""
    study = make_study(4)
    run = runs.create_run(database, study, {})
    runs.create_run(database, study, {})
    ids = [state.id for state in results.states(database, run)]
    assert queue.ahead(database, run, ids[5:1:-1]) == {ids[n]: n for n in range(2, 6)}
    runs.enqueue(database, run, study, [(3, 1, 0), (2, 0, 0)], priority=10)
    looked_at, order = {ids[4]: 0, ids[7]: 1}, [ids[n] for n in (0, 1, 2, 3, 5, 6)]
    assert queue.ahead(database, run, ids) == {
        **looked_at,
        **{sample: 2 + place for place, sample in enumerate(order)},
    }
    claimed = queue.claim(database, "w", 3)
    assert [each.id for each in claimed] == [ids[4], ids[7], ids[0]]
    assert queue.ahead(database, run, ids[:2]) == {ids[1]: 0}
    assert queue.ahead(database, run, []) == {}


def test_four_threads_share_one_queue(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    db = open_database(path)
    run = runs.create_run(db, make_study(100), {})
    done: list[int] = []

    def work(name: str) -> None:
        own = open_database(path)
        while claimed := queue.claim(own, name, 7):
            done.extend(c.id for c in claimed if finish(own, name, c))
        own.close()

    threads = [threading.Thread(target=work, args=(f"w{i}",)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) == len(set(done)) == 200
    assert runs.get_run(db, run).done == 200 == len(list(results.all_results(db, run)))


def test_a_lost_lease_cannot_finish(database: Database) -> None:
    runs.create_run(database, make_study(1), {})
    [old] = queue.claim(database, "w1", 1)
    live.append(database, "w1", [live.Piece(old.id, 0, 0.1, "half a th")])
    assert queue.reclaim(database) == 1  # no worker of that name is registered
    assert live.read_since(database, [old.id], 0) == ([], 0)
    new = queue.claim(database, "w2", 2)[0]
    assert new.id == old.id and new.attempt == 2
    assert not finish(database, "w1", old)
    live.append(database, "w1", [live.Piece(old.id, 0, 0.1, "a ghost")])
    assert live.read_since(database, [old.id], 0) == ([], 0)
    assert finish(database, "w2", new)
    assert not finish(database, "w2", new)
    assert len(results.results_after(database, new.run)) == 1


def test_the_dead_are_reclaimed_at_once_and_the_living_kept(database: Database) -> None:
    runs.create_run(database, make_study(2), {})
    dead, alive = workers.register(database), workers.register(database)
    queue.claim(database, dead, 2)
    queue.claim(database, alive, 2)
    assert queue.reclaim(database, [dead]) == 2
    assert queue.reclaim(database) == 0


def test_a_silent_one_is_reclaimed_unless_it_shows_a_sign_of_life(database: Database) -> None:
    runs.create_run(database, make_study(2), {})
    silent, other = workers.register(database), workers.register(database)
    queue.claim(database, silent, 2)
    [row, _] = workers.list_workers(database)
    workers.beat(database, silent, state="running")
    assert not workers.mark_silent(
        database, row
    )  # its heartbeat has moved since it was seen to stand still
    assert queue.reclaim(database, but=other) == 0
    [row, _] = workers.list_workers(database)
    assert workers.mark_silent(database, row)
    assert [w.id for w in workers.answering(database)] == [other]
    assert queue.reclaim(database, but=silent) == 0  # a worker does not reclaim its own samples
    workers.beat(database, silent, state="running")
    assert queue.reclaim(database, but=other) == 0 and len(workers.answering(database)) == 2
    [row, _] = workers.list_workers(database)
    workers.mark_silent(database, row)
    assert queue.reclaim(database, but=other) == 2
    # A worker that is away so long that it is removed from the list returns under its name.
    workers.forget(database, [silent])
    assert workers.beat(database, silent, state="running") is None
    workers.enter_again(database, silent)
    assert workers.beat(database, silent, state="running") is False


def test_what_a_worker_does_not_know_of_goes_back_and_a_newer_attempt_stays(
    database: Database,
) -> None:
    runs.create_run(database, make_study(1), {})
    worker = workers.register(database)
    [first, second] = queue.claim(database, worker, 2)
    queue.give_back(database, worker, [first.key])
    [again] = queue.claim(database, worker, 2)
    assert again.key == (first.id, 2)
    # The first attempt is obsolete: it cannot end, release or write anything.
    queue.give_back(database, worker, [first.key])
    assert end_all(database, worker, [Released(first), Failed(first, "adm", "no", 0.1)]) == [
        False,
        False,
    ]
    live.append(database, worker, [live.Piece(first.id, 0, 0.1, "a ghost", first.attempt)])
    assert live.read_since(database, [first.id], 0) == ([], 0)
    assert queue.orders(database, worker) == {again.key: "go", second.key: "go"}
    assert finish(database, worker, again)


def test_a_worker_ends_idle_only_where_nothing_waits(database: Database) -> None:
    worker = workers.register(database)
    run = runs.create_run(database, make_study(1), {})
    assert not workers.leave_if_idle(database, worker)
    runs.set_state(database, run, "paused")
    assert workers.leave_if_idle(database, worker) and workers.list_workers(database) == []


def test_runs_that_are_not_active_wait(database: Database) -> None:
    run = runs.create_run(database, make_study(2), {})
    runs.set_state(database, run, "paused")
    assert queue.claim(database, "w", 9) == []
    runs.set_state(database, run, "active")
    claimed = queue.claim(database, "w", 1)
    assert queue.orders(database, "w") == {claimed[0].key: "go"}
    runs.set_state(database, run, "stopped")
    assert queue.orders(database, "w") == {claimed[0].key: "release"}
    ending.release(database, "w", claimed)
    assert runs.get_run(database, run).pending == 4
    runs.set_state(database, run, "active")
    [again] = queue.claim(database, "w", 1)
    assert queue.orders(database, "w") == {again.key: "go"}


def two_models() -> Study:
    models = [{"kind": "transformers", "model": f"a/m{i}"} for i in range(2)]
    profiles = tuple(
        make_profile(f"p{i}", "baseline", backbone=model) for i, model in enumerate(models)
    )
    return Study("two models", profiles, make_scenarios(3))


def test_a_claim_keeps_to_one_model_and_prefers_the_loaded(database: Database) -> None:
    study = two_models()
    keys = [profile.backbone_key for profile in study.profiles]
    run = runs.create_run(database, study, {})
    assert {c.backbone for c in queue.claim(database, "w", 2)} == {keys[0]}
    assert {c.backbone for c in queue.claim(database, "w", 1, prefer=[keys[1]])} == {keys[1]}
    # A user looks at a scenario of the other model: it goes first, and not beside this one.
    runs.enqueue(database, run, study, [(2, 1, 0)], priority=10)
    assert queue.claim(database, "w", 9, prefer=[keys[0]], only=[keys[0]]) == []
    [looked_at] = queue.claim(database, "w", 1, prefer=[keys[0]])
    assert (looked_at.scenario, looked_at.profile) == (2, 1)


def test_a_finished_sample_keeps_everything(database: Database) -> None:
    run = runs.create_run(database, make_study(1), {})
    [claimed] = queue.claim(database, "w", 1)
    made = Generation("{}", "the prompt", 7, 3, "stop", 0.1, 0.4, ((0.1, 1), (0.4, 2)))
    messages = (Message("user", "who?"),)
    schema: JsonObject = {"type": "object", "properties": {"b": {}, "a": {}}}
    response = Response("positive", 1, "why", messages, schema, Sampling(seed=2**62), made, True)
    decision = Decision(ChoiceAnswer(1), "why", (0.25, 0.75), (0.1, 0.9), (response,), ("a note",))
    score = {"moral_desert=1.0": Score(False, 1.0, True)}
    assert ending.finish(database, "w", claimed, decision, "Treat B", score, 0.5)
    result = results.result_of(database, claimed.id)
    assert result is not None
    assert (result.choice, result.choice_text, result.reasoning) == (1, "Treat B", "why")
    assert (result.probabilities, result.votes) == ((0.25, 0.75), (0.1, 0.9))
    assert (result.notes, result.tokens, result.first_token_s) == (("a note",), 3, 0.1)
    [stored] = results.responses_of(database, claimed.id)
    assert stored.prompt == "the prompt" and stored.retried
    assert list(stored.schema["properties"]) == ["b", "a"]  # type: ignore[arg-type]  # order is kept
    assert stored.sampling["seed"] == 2**62
    assert stored.timeline == ((0.1, 1), (0.4, 2))
    assert results.scores_of(database, [claimed.id]) == {claimed.id: score}
    [tally] = results.tallies(database, run)
    assert (tally.all.scored, tally.all.correct, tally.discriminating.scored) == (1, 0, 1)


@pytest.mark.parametrize("step", [-86_400.0, -60.0, 60.0, 86_400.0])
def test_a_clock_that_is_set_meanwhile_makes_no_sample_long_or_negative(
    database: Database, monkeypatch: pytest.MonkeyPatch, step: float
) -> None:
    runs.create_run(database, make_study(1), {})
    one, two = queue.claim(database, "w", 2)
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + step)
    assert finish(database, "w", one)
    assert ending.fail(database, "w", two, "reply", "no JSON", 0.5)
    for result in results.all_results(database, one.run):
        assert result.finished - result.started == pytest.approx(0.5, abs=0.01)


def test_failures_are_kept_and_can_be_tried_again(database: Database) -> None:
    run = runs.create_run(database, make_study(1), {})
    one, two = queue.claim(database, "w", 2)
    assert ending.fail(database, "w", one, "reply", "no JSON", 0.2)
    assert finish(database, "w", two)
    assert results.open_counts(database, run) == {0: (1, 0), 1: (0, 0)}
    assert runs.retry(database, run) == 1
    assert [c.id for c in queue.claim(database, "w", 9)] == [one.id]
    assert [r.sample for r in results.all_results(database, run)] == [two.id]


def test_an_idle_claim_takes_no_write_lock(tmp_path: Path) -> None:
    db, other = open_database(tmp_path / "runs.db"), open_database(tmp_path / "runs.db")
    other.connection.execute("BEGIN IMMEDIATE")
    began = time.monotonic()
    assert queue.claim(db, "w", 5) == [] and queue.reclaim(db, ["gone"]) == 0
    assert time.monotonic() - began < 5  # with the lock it would wait ten seconds
    other.connection.execute("ROLLBACK")


def test_study_targets_for_a_baseline() -> None:
    low = [{"attribute": "moral_desert", "value": 0.0}]
    study = Study(
        "s",
        (make_profile("b"), make_profile("h", target=HIGH), make_profile("l", target=low)),
        make_scenarios(1),
    )
    assert [t[0].value for t in study.scoring_targets(study.profiles[0])] == [1.0, 0.0]
    assert [t[0].value for t in study.scoring_targets(study.profiles[2])] == [0.0]


def test_what_someone_looks_at_comes_before_an_older_sweep(database: Database) -> None:
    sweep = runs.create_run(database, make_study(5), {})
    study = make_study(2)
    other = runs.create_run(database, study, {}, enqueue=False)
    assert queue.claim(database, "w", 9, urgent=True) == []
    runs.enqueue(database, other, study, [(1, 0, 0), (1, 1, 0)], priority=10)
    runs.enqueue(database, other, study, [(0, 0, 0)])
    looked_at = queue.claim(database, "w", 9, urgent=True)
    assert [(c.run, c.scenario, c.priority) for c in looked_at] == [(other, 1, 10)] * 2
    assert queue.claim(database, "w", 9, urgent=True) == []
    assert {c.run for c in queue.claim(database, "w", 4)} == {sweep}
    # Samples of a paused or stopped run do not go first.
    ending.release(database, "w", looked_at)
    runs.set_state(database, other, "paused")
    assert queue.claim(database, "w", 9, urgent=True) == []


def test_samples_that_end_together_are_written_each_by_its_own_lease(database: Database) -> None:
    runs.create_run(database, make_study(2), {})
    held = queue.claim(database, "w", 4)
    lost = replace(held[1], attempt=held[1].attempt + 1)
    ended = end_all(
        database,
        "w",
        [
            Decided(held[0], Decision(ChoiceAnswer(0), "Because."), "A", {}, 0.1),
            Decided(lost, Decision(ChoiceAnswer(0), "A ghost's."), "A", {}, 0.1),
            Failed(held[2], "reply", "no JSON", float("inf")),
            Released(held[3]),
        ],
    )
    assert ended == [True, False, True, True]
    rows = {r.sample: r for r in results.all_results(database, held[0].run)}
    assert set(rows) == {held[0].id, held[2].id}
    assert rows[held[2].id].error_kind == "reply" and rows[held[2].id].latency_s == 0
    assert [c.id for c in queue.claim(database, "w2", 9)] == [held[3].id]


def test_a_claim_that_cannot_read_says_so_as_every_other_step_does(database: Database) -> None:
    """Otherwise it would end the worker with a traceback, without a retry or a message."""
    database.connection.execute("DROP TABLE suspects")
    runs.create_run(database, make_study(1), {})
    with pytest.raises(StoreError):
        queue.claim(database, "w", 8)
    with pytest.raises(StoreError):
        suspects.claim(database, "w", 8)


def test_a_sample_waits_from_when_it_was_asked_for_and_not_while_its_run_stood_still(
    database: Database,
) -> None:
    """The wait counts to the claim: from the retry, or from the resumption of the run."""
    run = runs.create_run(database, make_study(4), {})

    def put_back(column: str, seconds: float) -> None:
        with database.write() as connection:
            connection.execute(f"UPDATE {column}", (time.time() - seconds, run))

    def waited() -> float:
        [claimed] = queue.claim(database, "w", 1)
        assert finish(database, "w", claimed)
        return next(
            each.waited_s for each in results.all_results(database, run)
            if each.sample == claimed.id
        )  # fmt: skip

    put_back("samples SET asked=? WHERE run=?", 31)
    assert waited() == pytest.approx(31, abs=1)
    runs.set_state(database, run, "paused")
    runs.set_state(database, run, "active")
    put_back("runs SET resumed=? WHERE id=?", 5)
    assert waited() == pytest.approx(5, abs=1)
    put_back("samples SET asked=?+1e6 WHERE run=?", 0)
    assert waited() == 0  # somebody set the clock back
    with database.write() as connection:
        connection.execute("UPDATE samples SET asked=NULL")
        connection.execute("UPDATE runs SET resumed=NULL")
    assert waited() == 0  # a row of an earlier version
    [claimed] = queue.claim(database, "w", 1)
    ending.fail(database, "w", claimed, "error", "no", 0.1)
    put_back("samples SET asked=? WHERE run=?", 31)
    assert runs.retry(database, run) == 1
    again = database.read("SELECT asked FROM samples WHERE id=?", (claimed.id,))
    assert time.time() - again[0]["asked"] < 5
