"""Runs on the command line: a child run and its parent, and the table of methods."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from align_tui.cli.method_table import print_table
from align_tui.cli.runs import show_run
from align_tui.core.errors import ConfigError
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


def test_the_table_of_a_run_in_every_format(
    tmp_path: Path, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    study = fakes.study(2)
    run = runs.create_run(database, study, {})
    path = tmp_path / "runs.db"
    with pytest.raises(ConfigError, match="No decision"):
        print_table([run], path, "text", None, discriminating=False)
    worker = fakes.FakeWorker(database, study)
    while batch := worker.claim(4):
        for claimed in batch:
            worker.finish(claimed)
    kinds = {profile.adm.kind for profile in study.profiles}
    for name in ("text", "markdown", "latex", "csv", "json"):
        print_table([run], path, name, None, discriminating=False)
        shown = capsys.readouterr().out.replace("\\_", "_")
        assert all(kind in shown for kind in kinds), name
        out = tmp_path / f"table.{name}"
        print_table([run], path, name, out, discriminating=True)
        assert all(kind in out.read_text().replace("\\_", "_") for kind in kinds), name
    with pytest.raises(ConfigError, match="xlsx"):
        print_table([run], path, "xlsx", None, discriminating=False)
