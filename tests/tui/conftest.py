"""A database with a study, and helpers that wait for a condition instead of hoping."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from align_tui.store import runs
from align_tui.store.database import Database, open_database
from tests.tui import fakes

Wait = Callable[[Any, Callable[[], object]], Awaitable[None]]


@pytest.fixture
def wait() -> Wait:
    """`await wait(pilot, condition)`: until it holds, or fail after a minute."""

    async def until(pilot: Any, condition: Callable[[], object]) -> None:
        end = time.monotonic() + 60.0
        while not condition():
            assert time.monotonic() < end, "waited in vain"
            await pilot.pause(0.02)

    return until


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The path of the database."""
    return tmp_path / "runs.db"


@pytest.fixture
def db(path: Path) -> Any:
    """The worker's connection to the database."""
    opened: Database = open_database(path)
    yield opened
    opened.close()


@pytest.fixture
def finished(db: Database) -> tuple[str, Any]:
    """(id, study) of a run in which everything is decided except one failure."""
    study = fakes.study(6)
    run = runs.create_run(db, study, {"python": "3"})
    worker = fakes.FakeWorker(db, study)
    while batch := worker.claim(4):
        for claimed in batch:
            if (claimed.scenario, claimed.profile) == (2, 1):
                worker.fail(claimed, "truncated", "The reply was cut at 9 tokens")
            else:
                worker.finish(claimed, took=0.2)
    from align_tui.store import workers

    workers.unregister(db, worker.id)
    return run, study
