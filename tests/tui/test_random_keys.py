"""Short storms on every screen; tools/storm.py has the full ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from align_tui.store import launch as store_launch
from align_tui.store.database import Database
from tests.tui.storms import DOORS, WORKED, Storm, decided_run, decisions, faults_of, hostile_study

KEYS = 25


@pytest.mark.parametrize("door", [door for door in DOORS if door not in WORKED])
async def test_keys_in_any_order(
    tmp_path: Path, path: Path, db: Database, monkeypatch: pytest.MonkeyPatch, door: str
) -> None:
    monkeypatch.setattr(store_launch, "ensure_worker", lambda db: None)
    monkeypatch.chdir(tmp_path)  # exports go to the working directory
    study = hostile_study()
    run = decided_run(db, study)
    before = decisions(db)
    blown = await Storm(door, path, study, run, "suite").blow(KEYS)
    assert blown.failures == []
    assert blown.keys >= KEYS
    assert faults_of(path, before) == []
