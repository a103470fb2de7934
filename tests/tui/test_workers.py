"""What the screen says of each worker."""

from __future__ import annotations

from align_tui.store import workers
from align_tui.store.database import Database
from align_tui.tui.view.words import worker_lines


def test_each_worker_is_told_in_full(database: Database) -> None:
    for gpus in ("0", "1,2"):
        worker = workers.register(database, gpus)
        workers.beat(
            database,
            worker,
            state="running",
            model="Llama-3.3-70B-Instruct",
            device="cuda:0",
            memory_mb=70_500,
            tokens_per_s=812.4,
            active=40,
            waiting=12,
            notes="out of memory at 900 tokens in flight: 450 from now on\x1b[31m",
        )
    first, second = (worker_lines(row) for row in workers.list_workers(database))
    assert "Llama-3.3-70B-Instruct cuda:0 (of 0), 70 GB, 812 tok/s" in first[1]
    assert "28 samples being written and 12 waiting" in first[1]
    assert "out of memory" in first[2] and "\x1b" not in first[2]
    assert "(of 1,2)" in second[1]
