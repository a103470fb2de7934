"""A user's decision-makers that end their process: only their own samples fail.

All tests use real processes. A scenario's name says what tests/engine/poison.py does on it.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from align_tui.config.profile import Profile
from align_tui.config.study import Study
from align_tui.core.scenarios import Choice, Scenario
from align_tui.store import crash_notes, results, runs, suspects, workers
from align_tui.store.database import Database

pytestmark = pytest.mark.slow

POISON = Path(__file__).with_name("poison.py")
RAISED = {
    "exit": "poison.py raised SystemExit (line 44): 3",
    "_exit": "os._exit(3) would end the worker",
    "thread": "os._exit(3) would end the worker",
    "abort": "os.abort() would end the worker",
    "kill": "SIGKILL",
    "terminate": "SIGTERM",
    "task": "SystemExit: 4",
    "cancelled": "CancelledError",
    "cancels": "CancelledError",
    "interrupt": "KeyboardInterrupt",
    "generator": "GeneratorExit",
    "unsayable": "its message cannot be read",
    "rude": "Rude (line",
    "list": "Its reasoning is ['no', 'text'], which is not text",
    "object": "Its notes is <object",
    "huge": "which is not a whole number",
    "nan": "nan, which is not a finite number",
    "text": "asks for a choice, and the decision-maker gave TextAnswer",
    "ratings": "Its predictions[0].samples has nan, which is not a finite number",
    "ranking": "Its ranking.best is choice number 3 of 2 choices",
    "steps": "Its steps[0] is a object, not a Step",
}


def poisoned(names: Sequence[str], **parameters: object) -> Study:
    """A study whose scenarios have these names."""
    choices = (Choice("Treat Patient A", {}), Choice("Treat Patient B", {}))
    adm = {"kind": "custom", "file": str(POISON), "needs_model": False, **parameters}
    profile = Profile.model_validate({"name": "poison", "adm": adm})
    scenarios = tuple(Scenario(name, f"What of {name}?", choices) for name in names)
    return Study("poisoned", (profile,), scenarios)


def align_tui(*arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "align_tui", *arguments]
    return subprocess.Popen(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def until(true: Callable[[], object], seconds: float = 200.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come to pass in time"
        time.sleep(0.02)


def said_of(db: Database, run: str, study: Study) -> dict[str, tuple[str | None, str]]:
    return {
        study.scenarios[r.scenario].key: (r.error_kind, r.error_message or "")
        for r in results.all_results(db, run)
    }


def test_what_ends_a_process_fails_its_sample_alone(database: Database) -> None:
    study = poisoned([*RAISED, "crash", "_leave", "half", *(f"good-{n}" for n in range(20))])
    run = runs.create_run(database, study, {})
    command = align_tui("run", "--resume", run)
    _, err = command.communicate(timeout=200)
    assert command.returncode == 1 and "Traceback" not in err
    found = said_of(database, run, study)
    assert len(found) == len(study.scenarios)
    for name, words in RAISED.items():
        kind, said = found[name]
        number = {"kill": "9", "terminate": "15"}.get(name, words)
        assert kind == "adm" and (words in said or number in said), (name, said)
    # A crash ends the worker: the samples beside it are tried again and found innocent.
    kind, said = found["crash"]
    assert (
        kind == "ended_worker" and "The worker that decided crash by poison ended 3 times" in said
    )
    assert "Segmentation fault" in said and "poison.py" in said
    traces = {study.scenarios[r.scenario].key: t for r, t in results.failures(database, run)}
    assert "most recent call first" in traces["crash"]
    assert all("poison.py" in traces[name] for name in ("exit", "task", "rude", "unsayable"))
    assert not traces["list"]  # its message suffices
    # The same holds for an end that only the process's parent sees.
    kind, said = found["_leave"]
    assert kind == "ended_worker" and "The process ended with status 5" in said
    assert found["half"] == (None, "")
    assert all(found[f"good-{n}"] == (None, "") for n in range(20))
    attempts = [row[0] for row in database.read("SELECT attempt FROM samples")]
    assert max(attempts) <= 3
    half = study.scenarios.index(next(s for s in study.scenarios if s.key == "half"))
    [reasoning] = [r.reasoning for r in results.all_results(database, run) if r.scenario == half]
    assert reasoning == "half a pair: \ufffd"


def test_kills_from_outside_fail_nobody(database: Database) -> None:
    study = poisoned(["waits-1", "waits-2"], seconds=1.0)
    run = runs.create_run(database, study, {})
    for _ in range(3):  # as many attempts as a poisoned sample has
        worker = align_tui("worker", "--db", str(database.path))
        until(lambda: runs.get_run(database, run).running)
        worker.kill()
        worker.communicate()
        assert runs.get_run(database, run).failed == 0
    last = align_tui("worker", "--db", str(database.path), "--idle-exit", "0.5")
    last.communicate(timeout=200)
    assert runs.get_run(database, run).done == 2


def test_a_worker_that_ends_in_good_order_leaves_no_words(database: Database) -> None:
    worker = align_tui("worker", "--db", str(database.path))
    until(lambda: [w for w in workers.living(database) if w.state == "idle"])
    [row] = workers.list_workers(database)
    assert crash_notes.place(row.id).exists()
    worker.send_signal(signal.SIGTERM)
    _, err = worker.communicate(timeout=200)
    assert worker.returncode == 0 and "it received SIGTERM" in err
    assert not crash_notes.place(row.id).exists()


def test_the_last_words_are_those_of_the_worker_that_ended(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Another worker's log in the folder, and a worker that cannot even start.
    logs = crash_notes.place("x").parent
    logs.mkdir(parents=True)
    (logs / "20990101-000000-aaaaaa.log").write_text("words of another run\n")
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "psutil.py").write_text("raise RuntimeError('no such luck')\n")
    from align_tui.store import launch

    monkeypatch.setenv("PYTHONPATH", f"{tmp_path / 'broken'}:{Path.cwd()}")
    process = launch.ensure_worker(database)
    assert process is not None and process.wait(30) != 0
    launch.note_end(database, process)
    assert "no such luck" in launch.log_tail()
    assert "another run" not in launch.log_tail()


def bury(db: Database, how: str | None, size: int = 64) -> list[int]:
    """Let one worker claim all that it may and end; the samples that it held."""
    from align_tui.store import queue

    held = queue.claim(db, "w", size) or suspects.claim(db, "w", size)
    suspects.bury(db, {"w": how})
    return [each.id for each in held]


def test_suspects_are_decided_among_few_then_alone(database: Database) -> None:
    run = runs.create_run(database, poisoned([f"good-{n}" for n in range(20)]), {})
    assert len(bury(database, "It crashed")) == 20
    few = bury(database, "It crashed")
    assert len(few) == suspects.FEW
    # The others come first: fewer ends count against them.
    assert not set(bury(database, "It crashed")) & set(few)
    bury(database, "It crashed")
    [alone] = bury(database, "It crashed")
    row = runs.get_run(database, run)
    assert (row.failed, row.pending) == (1, 19)
    [failed] = results.all_results(database, run)
    assert failed.sample == alone and failed.error_kind == "ended_worker"
    assert "3 times" in (failed.error_message or "")
    # After it is asked again it is decided alone, after all others, and fails at the first end.
    assert runs.retry(database, run, [alone]) == 1
    while not runs.get_run(database, run).failed:
        held = bury(database, "It crashed")
        assert held == [alone] or alone not in held


def test_kills_count_less_than_crashes_and_in_the_end(database: Database) -> None:
    run = runs.create_run(database, poisoned(["good-1", "good-2"]), {})
    sizes = [len(bury(database, None)) for _ in range(5)]
    assert sizes == [2, 2, 2, 2, 1]
    while not runs.get_run(database, run).failed:
        bury(database, None)
    [failed] = results.all_results(database, run)
    assert f"killed {suspects.KILLS_AT_MOST} times" in (failed.error_message or "")


def test_burying_twice_counts_once(database: Database) -> None:
    from align_tui.store import queue

    runs.create_run(database, poisoned(["good-1"]), {})
    queue.claim(database, "w", 1)
    assert suspects.bury(database, {"w": "It crashed"}).back == 1
    assert suspects.bury(database, {"w": "It crashed"}).back == 0
    assert [tuple(row) for row in database.read("SELECT ends, kills FROM suspects")] == [(1, 0)]


def test_no_sample_is_blamed_for_a_model_that_cannot_be_loaded(database: Database) -> None:
    """Otherwise `run` would start workers until each sample failed, instead of giving up."""
    from align_tui.store import queue
    from tests.engine.test_worker import model_study

    runs.create_run(database, model_study(4), {})
    runs.create_run(database, poisoned(["good-1"]), {})
    worker = workers.register(database)
    needs_model = queue.claim(database, worker, 8)
    without = queue.claim(database, worker, 8)
    assert (len(needs_model), len(without)) == (4, 1)
    workers.beat(database, worker, state="loading")
    before = suspects.progress(database)
    assert suspects.bury(database, {worker: "It crashed"}).back == 5
    counted = [row[0] for row in database.read("SELECT sample FROM suspects")]
    assert counted == [without[0].id] and suspects.progress(database) != before
    again = queue.claim(database, worker, 8)
    assert [each.id for each in again] == [each.id for each in needs_model]


def test_a_worker_that_beats_again_keeps_its_samples_and_no_end_is_counted(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    from align_tui.store import hung_workers, processes, queue

    runs.create_run(database, poisoned(["good-1"]), {})
    worker = workers.register(database)
    queue.claim(database, worker, 1)
    [row] = workers.list_workers(database)

    def beats(pid: int) -> bool:  # while another process looks at it
        workers.beat(database, worker, state="running")
        return False

    monkeypatch.setattr(processes, "is_stopped", beats)
    assert hung_workers.set_aside(database, row) is None
    assert len(queue.orders(database, worker)) == 1
    assert database.read("SELECT * FROM suspects") == []
