"""Measure a database of 200,000 decisions: the list of runs, tallies, search and the queue.

Prints JSON with milliseconds (medians and worst of several): run_list_ms (goal 200),
search_first_page_ms (goal 100), history_ms and compare_ms (screens: goal 200), tallies_ms,
open_ms. And of the queue, with full rows written:
four_workers.per_s (goal 2000) on one database, beside one worker in the same run; the cost of a
sample (a_sample) after all those decisions, and with as many pending, over a new one's (goal: 1).
"""

from __future__ import annotations

import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from store_bench.queueing import fill, growth, several_workers

from align_tui.core.columns import pair_up
from align_tui.core.stats.comparison import Comparison, compare
from align_tui.store import history, results, runs, search
from align_tui.store.columns import read_columns
from align_tui.store.database import Database, open_database


def timed(work: Callable[[], object], rounds: int = 9) -> dict[str, float]:
    """The median and worst time of several calls, in milliseconds."""
    spent = []
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        spent.append((time.perf_counter() - began) * 1000)
    return {"median": round(statistics.median(spent), 2), "worst": round(max(spent), 2)}


def compare_columns(db: Database, run: str) -> Comparison:
    """Do what the comparison screen waits for: read columns, pair and count them."""
    paired = pair_up(read_columns(db, run))
    return compare(paired, 0, 1, paired.columns[1].targets)


def main() -> None:
    """Measure and print."""
    decisions = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "runs.db"
        db = open_database(path)
        filled = fill(db, decisions, random.Random(1))
        newest = runs.list_runs(db, 1)[0].id
        result = {
            "decisions": decisions,
            "four_workers": several_workers(Path(folder) / "four.db", 4),
            "one_worker": several_workers(Path(folder) / "one.db", 1),
            "one_worker_filling_per_s": filled,
            "a_sample": growth(Path(folder), db, decisions),
            "megabytes": round(path.stat().st_size / 1e6),
            "open_ms": timed(lambda: open_database(path).close()),
            "run_list_ms": timed(lambda: runs.list_runs(db)),
            "search_first_page_ms": timed(lambda: search.search(db, "rescuer gamble")),
            "search_rare_ms": timed(lambda: search.search(db, "zebra")),
            "search_common_prefix_ms": timed(lambda: search.search(db, "the")),
            "tallies_ms": timed(lambda: results.tallies(db, newest)),
            "states_ms": timed(lambda: results.states(db, newest)),
            "history_ms": timed(lambda: history.list_history(db)),
            "columns_ms": timed(lambda: read_columns(db, newest)),
            "compare_ms": timed(lambda: compare_columns(db, newest)),
        }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
