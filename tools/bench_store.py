"""A database of 200,000 decisions: the run list, the tallies and a page of search.

Prints JSON with milliseconds (medians and worst of several): run_list_ms (goal 200),
search_first_page_ms (goal 100), history_ms and compare_ms (screens: goal 200), tallies_ms,
open_ms; and the queue's claims and finishes a second.
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

from align_tui.config.profile import Profile
from align_tui.config.study import Study
from align_tui.core.columns import pair_up
from align_tui.core.comparison import Comparison, compare
from align_tui.core.decisions import Decision
from align_tui.core.scenarios import Choice, Scenario
from align_tui.core.scoring import Score
from align_tui.store import history, queue, results, runs, search
from align_tui.store.columns import read_columns
from align_tui.store.database import Database, open_database

WORDS = (
    "patient", "bleeding", "rescuer", "protocol", "steady", "gamble", "promise", "stranger",
    "commander", "treated", "first", "because", "merit", "urgent", "serious", "critical",
    "minor", "high", "low", "fairness", "desert", "aversion", "care", "the", "of", "a",
)  # fmt: skip


def fill(db: Database, decisions: int, chance: random.Random) -> float:
    """Write that many decisions in runs of 2,000, through the queue; how many a second."""
    profiles = tuple(
        Profile.model_validate(
            {
                "name": f"p{i}",
                "adm": {"kind": "random"},
                "target": [{"attribute": "moral_desert", "value": float(i % 2)}],
            }
        )
        for i in range(4)
    )
    scenarios = tuple(
        Scenario(f"s{i}", f"text {i}", (Choice("A", {"moral_desert": 1.0}), Choice("B")))
        for i in range(500)
    )
    study = Study("bench", profiles, scenarios)
    began, written = time.perf_counter(), 0
    while written < decisions:
        runs.create_run(db, study, {})
        while claimed := queue.claim(db, "bench", 64):
            for each in claimed:
                text = " ".join(chance.choices(WORDS, k=40))
                scores = {f"moral_desert={float(each.profile % 2)}": Score(True, 0.0, True)}
                decision = Decision(0, text, (0.7, 0.3))
                queue.finish(db, "bench", each, decision, "A", scores, 0.1)
                written += 1
    return written / (time.perf_counter() - began)


def timed(work: Callable[[], object], rounds: int = 9) -> dict[str, float]:
    """Median and worst of several runs, in milliseconds."""
    spent = []
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        spent.append((time.perf_counter() - began) * 1000)
    return {"median": round(statistics.median(spent), 2), "worst": round(max(spent), 2)}


def compare_columns(db: Database, run: str) -> Comparison:
    """What the comparison screen waits for: columns read, paired and counted."""
    paired = pair_up(read_columns(db, run))
    return compare(paired, 0, 1, paired.columns[1].targets)


def main() -> None:
    """Measure and print."""
    decisions = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "runs.db"
        db = open_database(path)
        rate = fill(db, decisions, random.Random(1))
        newest = runs.list_runs(db, 1)[0].id
        result = {
            "decisions": decisions,
            "finished_per_s": round(rate),
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
