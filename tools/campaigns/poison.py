"""A trial with decision-makers whose code ends or blocks the worker, or returns bad values."""

from __future__ import annotations

import contextlib
import json
import shutil
import time
from pathlib import Path

from align_tui.store import results, runs
from align_tui.store.database import open_database
from campaigns.trial import Place, trust, wait_for
from tests.engine import poison as code

KINDS = (
    *("exit", "_exit", "thread", "abort", "kill", "terminate", "task", "crash", "_leave"),
    *("cancelled", "cancels", "interrupt", "generator", "rude", "list", "object", "huge"),
    "nan",
)
"""Kinds of code that must fail their own samples only."""
INNOCENT = 24
ATTEMPTS = 3


def poison(at: Place) -> None:
    """Run some samples that misbehave: these must fail, and all others must be decided."""
    bad = at.chance.sample(KINDS, at.chance.randint(1, 3))
    at.trial.decisions = INNOCENT
    command = at.start("run", *_sources(at, bad), "--json", *trust(), log="run.log")
    began = time.monotonic()
    status = wait_for(command)
    at.trial.check(status == 1, f"exit status {status} after {time.monotonic() - began:.0f} s")
    with contextlib.closing(open_database(at.path)) as db:
        [run] = [each.id for each in runs.list_runs(db)]
        decided = {each.scenario: each for each in results.all_results(db, run)}
        loaded = runs.load_study(db, run)
        for number, scenario in enumerate(loaded.scenarios):
            found, kind = decided.get(number), scenario.key.partition("-")[0]
            if kind in bad:
                at.trial.count(kind)
                failed = found is not None and found.answer is None
                at.trial.check(failed, f"{scenario.key} did not fail")
            else:
                right = found is not None and found.choice == 1
                at.trial.check(right, f"{scenario.key} was lost with {bad}")
        tried = db.read("SELECT attempt, scenario FROM samples WHERE run=?", (run,))
        most = max(
            row[0] for row in tried if loaded.scenarios[row[1]].key.partition("-")[0] != "kill"
        )
        at.trial.check(most <= 2 * ATTEMPTS, f"a sample was tried {most} times, with {bad}")


def _sources(at: Place, bad: list[str]) -> tuple[str, ...]:
    """Write a profile, and scenarios of which some misbehave as their names say."""
    shutil.copy(Path(str(code.__file__)), at.folder / "poison.py")
    keys = [f"fine-{number}" for number in range(INNOCENT)]
    for kind in bad:
        keys.insert(at.chance.randrange(len(keys)), f"{kind}-0")
    choices = [{"text": "Treat Patient A"}, {"text": "Treat Patient B"}]
    records = [
        {"id": key, "text": f"{key}: whom do you treat?", "choices": choices} for key in keys
    ]
    scenarios = at.folder / "set.jsonl"
    scenarios.write_text("".join(json.dumps(record) + "\n" for record in records))
    profile = at.folder / "poison.toml"
    profile.write_text('[adm]\nkind = "custom"\nfile = "poison.py"\nneeds_model = false\n')
    return ("-p", str(profile), "-s", str(scenarios))
