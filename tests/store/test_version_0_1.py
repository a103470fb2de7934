"""A run database that version 0.1 wrote (tests/data/v0_1/make.py) opens, reads and goes on."""

from __future__ import annotations

import asyncio
import csv
import json
import re
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from align_tui.cli.runs import list_runs, show_run
from align_tui.config.attributes import load_attributes
from align_tui.core.targets import Target, target_id
from align_tui.engine.worker import Settings, Worker
from align_tui.monitor.feeds.timeline import read_recording
from align_tui.output.exporters.align_system import align_system
from align_tui.output.exporters.csv import csv_target_lines
from align_tui.output.exporters.jsonl import jsonl
from align_tui.output.exporters.markdown import markdown
from align_tui.store import (
    basis,
    history,
    inheritance,
    repair,
    results,
    run_annotations,
    run_inputs,
    run_models,
    run_sources,
    runs,
    trash,
)
from align_tui.store.database import Database, open_database
from align_tui.store.schema import LATEST
from align_tui.studies import edits

HERE = Path(__file__).parent.parent / "data" / "v0_1"
RUNS: dict[str, str] = json.loads((HERE / "runs.json").read_text())
HIGH = (Target("moral_desert", 1.0),)


@pytest.fixture
def old(tmp_path: Path) -> Iterator[Database]:
    """The old database, opened by this version in place of the user's own."""
    shutil.copy(HERE / "runs.db", tmp_path / "runs.db")
    db = open_database(tmp_path / "runs.db")
    yield db
    db.close()


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def has_all_of(new: Any, before: Any, where: str = "") -> None:
    """Assert that `new` contains all of `before`; objects may have more keys."""
    if isinstance(before, dict):
        for key, value in before.items():
            assert key in new, f"{where}: no {key}"
            has_all_of(new[key], value, f"{where}.{key}")
    elif isinstance(before, list):
        assert len(new) == len(before), where
        for number, (one, other) in enumerate(zip(new, before, strict=True)):
            has_all_of(one, other, f"{where}[{number}]")
    else:
        assert new == before, where


def as_browsers_need(file: str, body: Any) -> Any:
    """What version 0.1 exported, in the form that align-browser reads (docs/formats.md).

    Ids of targets have a hyphen, measures are objects with a value, and keys whose value was none
    are left out. The name of a method has its settings since then, so it is not compared.
    """
    if isinstance(body, list):
        return [as_browsers_need(file, each) for each in body]
    if isinstance(body, str):
        return re.sub(r"^(\w+)=([0-9.]+)$", r"\1-\2", body)
    if not isinstance(body, dict):
        return {"value": body} if file == "scores.json" else body
    found = {}
    for key, value in body.items():
        is_none = key == "predicted_probabilities" and not value
        is_none |= key == "alignment_target_id" and value is None
        is_none |= key == "alignment_target" and isinstance(value, dict) and value["id"] is None
        if is_none or (file == "config.yaml" and key in ("adm", "structured_inference_engine")):
            continue
        found[key] = as_browsers_need(file, value)
    return found


def test_it_is_of_the_version_before_and_is_brought_up_to_date(old: Database) -> None:
    connection = sqlite3.connect(HERE / "runs.db")
    [[before]] = connection.execute("PRAGMA user_version").fetchall()
    connection.close()
    assert before == 6 < LATEST
    assert old.read("PRAGMA user_version")[0][0] == LATEST
    assert old.read("PRAGMA foreign_key_check") == []
    assert repair.trouble(old) is None
    assert (HERE / "runs.db").stat().st_size < 200_000


def test_its_runs_are_listed_with_all_that_was_said_of_them(
    old: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = {row.id: row for row in runs.list_runs(old)}
    assert rows.keys() == set(RUNS.values())
    main, paused = rows[RUNS["main"]], rows[RUNS["paused"]]
    assert (main.samples, main.done, main.failed) == (24, 23, 1)
    assert (paused.state, paused.done, paused.pending) == ("paused", 9, 9)
    assert rows[RUNS["child"]].parent == RUNS["main"]
    assert len(trash.thrown(old)) == 1
    line = next(line for line in history.list_history(old) if line.row.id == RUNS["main"])
    assert (line.tags, line.bookmarks, line.verdicts) == (("kept", "v0.1"), 1, 1)
    assert line.note == "A run of version 0.1."
    said = run_annotations.annotations_in(old, RUNS["main"])
    assert sorted((each.bookmarked, each.verdict) for each in said.values()) == [
        (False, "disagree"),
        (True, None),
    ]
    list_runs(old.path, limit=None, as_json=False)
    listed = capsys.readouterr().out
    assert all(run in listed for run in RUNS.values())
    for run in RUNS.values():
        show_run(run, old.path, as_json=False)
        text = " ".join(capsys.readouterr().out.split())
        assert run in text and "text, choices and labels (the rule of version 0.1)" in text


def test_its_targets_are_values_and_it_keeps_its_rule_of_seeds(old: Database) -> None:
    known = run_inputs.stored_targets(old, RUNS["main"])
    low = (Target("moral_desert", 0.0),)
    assert known == {target_id(HIGH): HIGH, target_id(low): low}
    for run in RUNS.values():
        inputs = run_inputs.read_inputs(old, run)
        assert (inputs.seed_rule, inputs.attributes) == ("content", None)
        assert runs.load_study(old, run).attributes is None
        assert run_sources.sources_of(old, run) == () == run_models.models_of(old, run)
        assert set(run_sources.identities(old, run)) == {None}
        scored = {row[0] for row in old.read("SELECT target FROM scores WHERE run=?", (run,))}
        assert scored <= set(run_inputs.stored_targets(old, run))
        samples = [state.id for state in results.states(old, run)]
        assert set(basis.bases_of(old, samples).values()) == {basis.NOTHING}
        assert not basis.has_ratings(old, run)


def test_it_is_read_where_it_cannot_be_written(tmp_path: Path) -> None:
    shutil.copy(HERE / "runs.db", tmp_path / "runs.db")
    before = (tmp_path / "runs.db").read_bytes()
    db = open_database(tmp_path / "runs.db", read_only=True)
    assert run_inputs.stored_targets(db, RUNS["paused"]) == {target_id(HIGH): HIGH}
    assert len(results.states(db, RUNS["main"])) == 24
    db.close()
    assert (tmp_path / "runs.db").read_bytes() == before


@pytest.mark.parametrize("name", ["main", "child", "imported"])
def test_its_exports_are_what_they_were(old: Database, tmp_path: Path, name: str) -> None:
    run, kept = RUNS[name], HERE / "exports"
    new = lines("".join(jsonl(old, run)))
    has_all_of(new, lines((kept / f"{name}.jsonl").read_text()))

    def table(text: str) -> list[dict[str, Any]]:
        return list(csv.DictReader(text.splitlines()))

    made = "".join(csv_target_lines(old, run))
    has_all_of(table(made), table((kept / f"{name}.csv").read_text()))

    def prose(text: str) -> list[str]:
        # The header of the decisions' table may have more columns, and the caption other words.
        new = ("| scenario |", "Run `")
        return [line for line in text.splitlines() if not line.startswith(new)]

    assert prose("".join(markdown(old, run))) == prose((kept / f"{name}.md").read_text())
    align_system(old, run, tmp_path / "out")
    before = kept / f"{name}-align-system"
    files = {path.relative_to(before) for path in before.rglob("*") if path.is_file()}
    written = {path.relative_to(tmp_path / "out") for path in (tmp_path / "out").rglob("*")}
    assert files and files <= written
    for path in files:
        read = yaml.safe_load if path.suffix == ".yaml" else json.loads
        has_all_of(
            read((tmp_path / "out" / path).read_text()),
            as_browsers_need(path.name, read((before / path).read_text())),
            str(path),
        )


def test_it_is_played_as_it_was(old: Database) -> None:
    recording = read_recording(old, RUNS["main"])
    shown = {event.cell.sample: event.cell.status for event in recording.by_end}
    stored = {state.id: state.status for state in results.states(old, RUNS["main"])}
    assert len(shown) == 24 and shown == stored
    assert all(event.started <= event.ended for event in recording.by_start)


def test_what_is_pending_is_decided_as_the_version_before_would(old: Database) -> None:
    """Seeds, prompts and votes equal those of version 0.1, which resumed a copy."""
    paused = RUNS["paused"]

    async def go_on() -> None:
        runs.set_state(old, paused, "active")
        worker = Worker(open_database(old.path), Settings(old.path))
        task = asyncio.create_task(worker.run())
        async with asyncio.timeout(120):
            while not runs.get_run(old, paused).finished:
                await asyncio.sleep(0.05)
        worker.stop()
        await task

    asyncio.run(go_on())
    found = decisions("".join(jsonl(old, paused)))
    wanted = decisions((HERE / "resumed.jsonl").read_text())
    assert len(wanted) == 18 and found.keys() == wanted.keys()
    for place, before in wanted.items():
        now = found[place]
        assert (now["choice"], now["choice_text"]) == (before["choice"], before["choice_text"])
        assert now["scores"] == before["scores"]
        if place[0] != "oracle":  # its reasoning has other words now
            assert (now["reasoning"], now["tokens"]) == (before["reasoning"], before["tokens"])
            assert now["probabilities"] == pytest.approx(before["probabilities"], abs=1e-4)
    assert len({before["reasoning"] for place, before in wanted.items() if place[0] == "voted"}) > 2


def decisions(text: str) -> dict[tuple[str, str, int], dict[str, Any]]:
    return {
        (event["profile"], event["scenario"], event["repeat"]): event
        for event in lines(text)
        if event["event"] == "decision"
    }


def test_its_child_inherits_and_so_does_one_that_is_made_now(old: Database) -> None:
    main, child = RUNS["main"], RUNS["child"]
    study = runs.load_study(old, child)
    # Three scenarios of the parent by eight profiles, except for the one that failed.
    assert len(inheritance.inherited(old, child, study)) == 23
    of_main = runs.load_study(old, main)
    index = next(i for i, p in enumerate(of_main.profiles) if p.name == "moral-desert-low")
    other = (Target("moral_desert", 0.2),)
    changed = edits.with_targets(of_main, index, other, load_attributes()).study
    made = runs.create_run(old, changed, {}, parent=main, enqueue=False)
    assert run_inputs.read_inputs(old, made).seed_rule == "content"
    assert run_inputs.read_inputs(old, made).attributes is not None
    found = inheritance.inherited(old, made, changed)
    assert {place[1] for place in found} == set(range(8)) - {index}
    assert len(found) == 20
    asked = inheritance.unasked(old, made, changed, changed.pairs())
    assert len(asked) == 4  # the changed profile, and what failed


def test_a_repair_gives_it_all_back(old: Database) -> None:
    old.close()
    saved = repair.repair(old.path)
    assert (saved.runs, saved.lost, saved.reopened) == (5, (), 0)
    db = open_database(old.path)
    assert run_inputs.stored_targets(db, RUNS["paused"]) == {target_id(HIGH): HIGH}
    assert run_inputs.read_inputs(db, RUNS["main"]).seed_rule == "content"
    db.close()
