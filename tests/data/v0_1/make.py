# mypy: ignore-errors
"""Make the run database and the exports beside this file, with the version that they are of.

It runs under version 0.1 alone, whose modules it imports. In a checkout of commit 4687e1b:

    PYTHONPATH=$PWD .venv/bin/python .../tests/data/v0_1/make.py .../tests/data/v0_1

`runs.db` holds five runs: `main` (every kind of profile on the demo model, a failure, annotations),
`child` (made from it by changing a scenario's text), `paused` (half of it pending), an imported run
and one in the trash. `exports/` has what that version exported of them, `resumed.jsonl` what it
wrote when a copy of the paused run went on.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

PLACE = Path("/tmp/align-tui-v0.1")  # stored with the custom profile and the imported run
for name in ("CONFIG", "DATA", "STATE", "CACHE"):
    os.environ[f"XDG_{name}_HOME"] = str(PLACE / name.lower())
os.environ |= {
    "ALIGN_TUI_DB": str(PLACE / "runs.db"),
    "ALIGN_TUI_TRUST": "1",
    "HF_HUB_OFFLINE": "1",
}

from align_tui.datasets.library import find_scenarios  # noqa: E402
from align_tui.variants import with_scenario  # noqa: E402

from align_tui.cli.option_values import versions  # noqa: E402
from align_tui.config.attributes import load_attributes  # noqa: E402
from align_tui.config.library import load_profile  # noqa: E402
from align_tui.config.study import Study  # noqa: E402
from align_tui.engine.worker import Settings, Worker  # noqa: E402
from align_tui.store import remarks, results, runs, trash  # noqa: E402
from align_tui.store.database import open_database  # noqa: E402

ODD = """
async def decide(scenario, targets, llm, parameters):
    if scenario.key == parameters["fails_on"]:
        raise ValueError("this scenario is refused")
    return llm.seed % len(scenario.choices)
"""
FORMATS = {"jsonl": "jsonl", "csv": "csv", "markdown": "md", "align-system": ""}


def decide_all(db, run):
    """Let a worker of this process decide what is pending."""

    async def work():
        worker = Worker(open_database(db.path), Settings(db.path))
        task = asyncio.create_task(worker.run())
        while runs.get_run(db, run).pending or runs.get_run(db, run).running:
            await asyncio.sleep(0.05)
        worker.stop()
        await task

    asyncio.run(work())


def command(*arguments):
    subprocess.run([sys.executable, "-m", "align_tui", *arguments], check=False)


def main(out: Path) -> None:
    shutil.rmtree(PLACE, ignore_errors=True)
    PLACE.mkdir()
    (PLACE / "odd.py").write_text(ODD)
    attributes = load_attributes()
    scenarios = find_scenarios("demo-triage", attributes).scenarios[:3]
    oracle = PLACE / "oracle.toml"
    oracle.write_text(
        '[adm]\nkind = "oracle"\n[[target]]\nattribute = "moral_desert"\nvalue = 1.0\n'
    )
    odd = PLACE / "odd.toml"
    odd.write_text(
        f'[adm]\nkind = "custom"\nfile = "odd.py"\nneeds_model = false\n'
        f'fails_on = "{scenarios[1].key}"\n'
    )
    voted = PLACE / "voted.toml"
    voted.write_text(
        'extends = "moral-desert-high"\n[adm]\nkind = "prompt_aligned"\nn_positive = 2\n'
        "n_negative = 1\n[decoding]\ntemperature = 0.9\nseed = 7\n"
    )
    names = ["baseline", "moral-desert-high", "moral-desert-low", "random", "fixed"]
    names += [str(oracle), str(voted), str(odd)]
    profiles = tuple(load_profile(name, attributes=attributes) for name in names)
    by_name = {profile.name: profile for profile in profiles}
    db = open_database(PLACE / "runs.db")
    made_by = versions()

    study = Study("main", profiles, scenarios, repeat=1)
    first = runs.create_run(db, study, made_by)
    decide_all(db, first)
    remarks.set_tags(db, first, ["kept", "v0.1"])
    remarks.set_note(db, first, "A run of version 0.1.")
    done = [state.id for state in results.states(db, first) if state.status == "done"]
    remarks.toggle_bookmark(db, done[0])
    remarks.set_verdict(db, done[1], "disagree")

    body = scenarios[0].text + " It rains."
    changed = with_scenario(study, 0, _with_text(scenarios[0], body), attributes)
    child = runs.create_run(db, changed.study, made_by, parent=first, enqueue=False)
    runs.enqueue(db, child, changed.study, list(changed.pairs)[:4])
    decide_all(db, child)

    some = tuple(by_name[name] for name in ("random", "oracle", "voted"))
    half = Study("paused", some, scenarios, repeat=2)
    pairs = list(half.pairs())
    paused = runs.create_run(db, half, made_by, enqueue=False)
    runs.enqueue(db, paused, half, pairs[:9])
    decide_all(db, paused)
    runs.enqueue(db, paused, half, pairs)
    runs.set_state(db, paused, "paused")

    thrown = runs.create_run(db, Study("thrown", (by_name["fixed"],), scenarios[:1]), made_by)
    decide_all(db, thrown)
    trash.throw_away(db, thrown)

    only = runs.create_run(
        db, Study("elsewhere", (by_name["moral-desert-high"],), scenarios), made_by
    )
    decide_all(db, only)
    command("export", only, "--format", "align-system", "-o", str(PLACE / "elsewhere"))
    runs.delete_run(db, only)
    command("import", str(PLACE / "elsewhere" / "moral-desert-high"))
    imported = db.one("SELECT run FROM run_tags WHERE tag='imported'")[0]
    db.checkpoint()
    db.close()

    names = {"main": first, "child": child, "imported": imported, "paused": paused}
    for left in ("runs.db", "resumed.jsonl", "runs.json"):
        (out / left).unlink(missing_ok=True)
    shutil.rmtree(out / "exports", ignore_errors=True)
    (out / "exports").mkdir(parents=True)
    with sqlite3.connect(PLACE / "runs.db") as connection:
        connection.execute("DELETE FROM workers")
        connection.commit()
        connection.execute("VACUUM INTO ?", (str(out / "runs.db"),))
    with sqlite3.connect(out / "runs.db") as connection:  # small pages: most tables have few rows
        connection.execute("PRAGMA page_size=1024")
        connection.execute("VACUUM")
    (out / "runs.json").write_text(json.dumps(names, indent=1) + "\n")
    for name in ("main", "child", "imported"):
        for kind, ending in FORMATS.items():
            target = out / "exports" / (f"{name}.{ending}" if ending else f"{name}-align-system")
            command("export", names[name], "--format", kind, "-o", str(target))
    command("run", "--resume", paused)
    command("export", paused, "-o", str(out / "resumed.jsonl"))


def _with_text(scenario, text):
    from dataclasses import replace

    from align_tui.variants import scenario_toml

    return scenario_toml(replace(scenario, text=text))


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
