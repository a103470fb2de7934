"""The command line describes workers as the screen does."""

from __future__ import annotations

import os
from pathlib import Path

from align_tui.store import workers
from align_tui.store.database import Database
from align_tui.tui.format.glyphs import UNICODE
from align_tui.tui.format.styled_text import text_of
from align_tui.tui.format.workers import worker_table
from tests.calling import align_tui


def test_workers_list_prints_the_lines_of_the_screen(database: Database) -> None:
    env = {**os.environ, "LC_ALL": "C.UTF-8", "TERM": "xterm"}
    command = ("workers", "list", "--db", str(database.path))
    none = align_tui(*command, env=env)
    assert (none.returncode, none.stdout) == (0, "") and "No worker" in none.stderr
    worker = workers.register(database, "1,2")
    workers.beat(database, worker, state="running", model="a/b/model", device="cuda:0", active=3)
    [row] = workers.list_workers(database)
    wanted = [text_of(line).rstrip() for line in worker_table([row], [], 240, UNICODE)]
    done = align_tui(*command, env=env)
    assert done.stdout.splitlines() == wanted and "queued in worker" in done.stderr
    assert str(os.getpid()) in done.stdout and Path(row.model).name in done.stdout
