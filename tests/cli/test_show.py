"""A child run on the command line: its own samples, and the parent by name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from align_tui.cli.runs import show_run
from align_tui.store import runs
from align_tui.store.database import Database
from tests.tui import fakes


def test_a_child_run_names_its_parent(
    tmp_path: Path, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    study = fakes.study(1)
    parent = runs.create_run(database, study, {})
    worker = fakes.FakeWorker(database, study)
    for claimed in worker.claim(4):
        worker.finish(claimed)
    child = runs.create_run(database, study, {}, parent=parent, enqueue=False)
    show_run(child, tmp_path / "runs.db", as_json=True)
    said = json.loads(capsys.readouterr().out)
    assert said["parent"] == parent and said["run"] == child
    assert all(score["all"]["scored"] == 0 for p in said["profiles"] for score in p["scores"])
    show_run(child, tmp_path / "runs.db", as_json=False)
    text = " ".join(capsys.readouterr().out.split())
    assert f"made from run {parent}" in text and f"align-tui report {parent} {child}" in text
    show_run(parent, tmp_path / "runs.db", as_json=True)
    assert json.loads(capsys.readouterr().out)["parent"] is None
