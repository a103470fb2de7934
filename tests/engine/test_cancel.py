"""A cancelled run: running samples stop within a token, pending ones wait, nothing is lost."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from align_tui.backbones.base import OnText, Request
from align_tui.backbones.registry import open_backbone
from align_tui.cli import run as command
from align_tui.config.profile import Profile
from align_tui.config.study import Study
from align_tui.core.decisions import Generation
from align_tui.engine.worker import CLAIM_BATCH, Worker
from align_tui.services.cancel import cancel_run
from align_tui.store import results, runs, workers
from align_tui.store.database import Database, open_database
from tests.conftest import make_scenarios
from tests.engine.fakes import FakeBackbone, Opener
from tests.engine.real_runs import begin_run
from tests.engine.real_runs import until as sync_until
from tests.engine.test_worker import model_study, until, working
from tests.tui import fakes

TOKEN_S = 0.01


class Slow(FakeBackbone):
    """Writes a word every 10 ms until it is cancelled, and knows when it wrote the last one."""

    words = 30
    last = 0.0

    async def generate(self, request: Request, on_text: OnText) -> Generation:
        self.begun += 1
        choice = request.schema["properties"]["choice"]["enum"][0]  # type: ignore[index,call-overload]
        text = json.dumps({"reasoning": "so " * self.words, "choice": choice})
        try:
            for at in range(0, len(text), 3):
                on_text(0.0, text[at : at + 3])
                self.last = time.monotonic()
                await asyncio.sleep(TOKEN_S)
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        return Generation(text, "prompt", 3, 9, "stop", 0.0, 0.1, ((0.1, len(text)),))


class Slowly(Opener):
    """Opens a slow backbone."""

    def __init__(self) -> None:
        super().__init__()
        self.slow = Slow()

    def __call__(self, *values: object) -> Slow:
        return self.slow


@asynccontextmanager
async def deciding(db: Database, n: int = 3) -> AsyncIterator[tuple[Worker, Slow, str]]:
    """A worker in the middle of a run, after the database has the first words."""
    opener = Slowly()
    opener.slow.words = 100_000
    run = runs.create_run(db, model_study(n), {})
    async with working(db.path, opener) as worker:
        await until(lambda: db.read("SELECT 1 FROM live"))
        yield worker, opener.slow, run


async def test_no_token_is_written_after_a_run_is_cancelled(database: Database) -> None:
    async with deciding(database) as (_, slow, run):
        asked = time.monotonic()
        cancelled = cancel_run(database, run)
        assert (cancelled.pending, cancelled.running) == (0, 3)
        await until(lambda: slow.cancelled == 3)
        assert slow.last - asked < 0.2 + TOKEN_S  # then no other word
        await until(lambda: not runs.get_run(database, run).running)
        row = runs.get_run(database, run)
        assert (row.pending, row.done, row.failed, row.state) == (3, 0, 0, "stopped")
        assert database.read("SELECT * FROM live") == []
        last = slow.last
        await asyncio.sleep(5 * TOKEN_S)
        assert slow.last == last and slow.begun == 3  # and it claims no sample again


async def test_another_run_goes_on_beside_one_that_is_cancelled(database: Database) -> None:
    async with deciding(database) as (_, slow, run):
        other = runs.create_run(database, model_study(2), {})
        await until(lambda: runs.get_run(database, other).running == 2)
        cancel_run(database, run)
        await until(lambda: not runs.get_run(database, run).running)
        assert runs.get_run(database, other).running == 2 and slow.cancelled == 3
        cancel_run(database, other)


async def test_what_waits_does_not_start(database: Database) -> None:
    opener = Slowly()
    run = runs.create_run(database, model_study(2), {})
    assert cancel_run(database, run) == runs.Cancelled(2, 0)
    async with working(database.path, opener):
        await until(lambda: [w for w in workers.living(database) if w.state == "idle"])
        assert not opener.slow.begun
        # After a resume every sample gets a decision.
        runs.set_state(database, run, "active")
        await until(lambda: runs.get_run(database, run).done == 2)


def test_a_run_that_is_over_stays_as_it_is(database: Database) -> None:
    run = runs.create_run(database, model_study(1), {}, enqueue=False)
    assert cancel_run(database, run).nothing
    assert runs.get_run(database, run).state == "active"


BLOCKS = """
import time
async def decide(scenario, targets, llm, parameters):
    time.sleep(parameters["takes"])
    return 0
"""


async def test_code_that_does_not_await_ends_first(database: Database, tmp_path: Path) -> None:
    """The worker cannot stop it, but starts nothing after it, and no sample fails."""
    (tmp_path / "blocks.py").write_text(BLOCKS)
    adm = {"kind": "custom", "file": str(tmp_path / "blocks.py"), "needs_model": False}
    profile = Profile.model_validate({"name": "blocks", "adm": adm | {"takes": 0.05}})
    run = runs.create_run(database, Study("b", (profile,), make_scenarios(20)), {})

    def cancel_while_it_blocks() -> None:  # in a thread: this loop is the worker's
        db = open_database(database.path)
        sync_until(lambda: runs.get_run(db, run).running)
        cancel_run(db, run)
        db.close()

    thread = threading.Thread(target=cancel_while_it_blocks)
    thread.start()
    async with working(database.path, Opener()):
        await until(lambda: not thread.is_alive() and not runs.get_run(database, run).running)
        row = runs.get_run(database, run)
        assert 1 <= row.done <= CLAIM_BATCH and row.done + row.pending == 20 and not row.failed
        assert row.state == "stopped"


async def test_a_cancelled_run_goes_on_to_the_same_text(database: Database) -> None:
    """The demo model's text so far is discarded, and it writes the same text again."""
    from align_tui.backbones.local.backbone import LocalBackbone  # torch

    of = fakes.study(2, 1)
    async with working(database.path, open_backbone) as worker:
        first = runs.create_run(database, fakes.study(1, 1), {})
        await until(lambda: runs.get_run(database, first).finished, 120)
        [model] = worker.models.loaded.values()
        run = runs.create_run(database, of, {})
        await until(lambda: live_text(database, run))
        cancel_run(database, run)
        await until(lambda: not runs.get_run(database, run).running)
        told = count_pieces(worker)
        row = runs.get_run(database, run)
        assert row.pending and not row.failed
        assert isinstance(model, LocalBackbone)
        await until(lambda: model._thread.batch.is_idle)  # its rows have left the batch
        # The step in progress still ends: its token, and the text before the first one.
        assert all(count <= 2 for count in told.values())
        assert live_text(database, run) == 0
        runs.set_state(database, run, "active")
        whole = runs.create_run(database, of, {})
        await until(lambda: runs.get_run(database, whole).finished, 120)
        await until(lambda: runs.get_run(database, run).finished, 120)
    texts = [
        {r.scenario: (r.choice, r.reasoning) for r in results.all_results(database, each)}
        for each in (run, whole)
    ]
    assert len(texts[0]) == 2 and texts[0] == texts[1]


def count_pieces(worker: Worker) -> Counter[tuple[int, int]]:
    """Count the pieces of text that the model reports from now on, by (sample, attempt)."""
    told: Counter[tuple[int, int]] = Counter()
    tell = worker._live.tell

    def counted(key: tuple[int, int], since: float, stream: int, text: str) -> None:
        told[key] += 1
        tell(key, since, stream, text)

    worker._live.tell = counted  # type: ignore[method-assign]
    return told


def live_text(db: Database, run: str) -> int:
    """How many pieces of live text the database has of the run's undecided samples."""
    found = db.one(
        "SELECT count(*) FROM live WHERE sample IN (SELECT id FROM samples WHERE run=?)", (run,)
    )
    return int(found[0]) if found is not None else 0


@pytest.mark.slow
def test_whoever_follows_a_run_that_is_cancelled_is_told(
    database: Database, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Real processes: the follower ends with 130, both say how to resume, and that works."""
    process, run = begin_run(tmp_path)
    try:
        assert command(["cancel", run]) == 0
        said = capfd.readouterr().err
        row = runs.get_run(database, run)
        assert row.state == "stopped" and not row.running and row.pending and not row.failed
        assert f"Cancelled: {row.done} of 40 samples finished." in said
        assert f"align-tui run --resume {run}" in said
        process.communicate(timeout=200)
        errors = (tmp_path / "stderr").read_text()
        assert process.returncode == 130
        assert "Cancelled: " in errors and f"--resume {run}" in errors
        # The run resumes: no sample is decided twice, and no attempt counts as a failure.
        runs.set_state(database, run, "active")
        sync_until(lambda: runs.get_run(database, run).done == 40)
        assert command(["cancel", run]) == 0
        assert "nothing to cancel" in capfd.readouterr().err
        assert runs.get_run(database, run).state == "active"
    finally:
        for worker in workers.list_workers(database):
            os.kill(worker.pid, signal.SIGKILL)
