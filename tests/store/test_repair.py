"""A damaged run database is recognised, and its readable rows are saved."""

from __future__ import annotations

import os
import random
import sqlite3
from pathlib import Path

import pytest

from align_tui.cli.doctor import repair_database
from align_tui.core.answers import ChoiceAnswer
from align_tui.core.decisions import Decision
from align_tui.core.errors import Damaged, StoreError
from align_tui.store import queue, results, runs, workers
from align_tui.store.database import Database, open_database
from align_tui.store.placeholders import LOST
from align_tui.store.repair import check_whole, repair, trouble
from tests import ending
from tests.conftest import make_study

PAGE = 4096


@pytest.fixture
def decided(tmp_path: Path) -> Path:
    """A database with 200 decisions, so that its tables have several pages."""
    path = tmp_path / "decided.db"
    db = open_database(path)
    run = runs.create_run(db, make_study(100), {})
    for claimed in queue.claim(db, "w", 200):
        reasoning = f"Sample {claimed.id} says: " + "so it is. " * 40
        ending.finish(
            db, "w", claimed, Decision(ChoiceAnswer(claimed.id % 2), reasoning), "A", {}, 0.1
        )
    assert runs.get_run(db, run).done == 200
    assert db.checkpoint()
    db.close()
    return path


def pages(path: Path, table: str) -> list[int]:
    """The pages of a table; the first is its root."""
    db = sqlite3.connect(path)
    rows = db.execute("SELECT rootpage FROM sqlite_master WHERE name=?", (table,)).fetchall()
    try:
        more = db.execute("SELECT pageno FROM dbstat WHERE name=?", (table,)).fetchall()
    except sqlite3.OperationalError:  # not every SQLite has it
        more = []
    db.close()
    return [int(rows[0][0]), *(int(row[0]) for row in more if row[0] != rows[0][0])]


def overwrite(path: Path, number: int, seed: int = 0) -> None:
    with path.open("r+b") as file:
        file.seek((number - 1) * PAGE)
        file.write(random.Random(seed).randbytes(PAGE))


def decisions(path: Path) -> dict[int, tuple[int | None, str]]:
    db = open_database(path)
    [run] = runs.list_runs(db)
    study = runs.load_study(db, run.id)
    found = {}
    for result in results.all_results(db, run.id):
        assert study.scenarios[result.scenario] and study.profiles[result.profile]
        found[result.sample] = (result.choice, result.reasoning)
    db.close()
    return found


def test_a_whole_one_is_left_alone(decided: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = decided.read_bytes()
    assert repair_database(decided) == 0
    assert "is not damaged" in capsys.readouterr().out and decided.read_bytes() == before


def test_a_page_of_decisions_costs_those_on_it(
    decided: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = decisions(decided)
    overwrite(decided, pages(decided, "results")[-1])
    db = open_database(decided)
    assert trouble(db) is not None
    with pytest.raises(Damaged) as caught:
        check_whole(db)
    assert "doctor --repair" in caught.value.hint
    db.close()
    assert repair_database(decided) == 0
    said = capsys.readouterr().out
    after = decisions(decided)
    assert 150 < len(after) < 200 and after.items() <= before.items()
    assert f"{len(after)} decisions" in said and "only partly readable: results" in said
    db = open_database(decided)
    check_whole(db)
    [run] = runs.list_runs(db)
    # Samples that lost their decision are pending again; resuming the run decides them.
    assert (run.done, run.pending) == (len(after), 200 - len(after))
    db.close()
    [kept] = decided.parent.glob("decided.db.damaged-*[0-9]")
    assert kept.stat().st_size > 0


@pytest.mark.parametrize(
    "table",
    ["results", "samples", "run_scenarios", "run_profiles", "scenarios", "samples_queue",
     "results_fts_data", "workers", "live"],
)  # fmt: skip
def test_the_root_of_any_table_may_be_lost(decided: Path, table: str) -> None:
    before = decisions(decided)
    overwrite(decided, pages(decided, table)[0])
    saved = repair(decided)
    db = open_database(decided)
    check_whole(db)
    assert saved.runs == 1 and db.read("PRAGMA foreign_key_check") == []
    [run] = runs.list_runs(db)
    assert runs.load_study(db, run.id).profiles
    db.close()
    after = decisions(decided)
    assert after.items() <= before.items()
    if table not in ("results", "samples"):
        assert after == before
    if table in ("scenarios", "run_scenarios"):
        db = open_database(decided)
        study = runs.load_study(db, run.id)
        assert len(study.scenarios) == 100 and LOST in study.scenarios[0].text
        db.close()


def test_any_page_may_be_lost(decided: Path) -> None:
    whole, before = decided.read_bytes(), decisions(decided)
    chance = random.Random(3)
    for _ in range(12):
        for file in decided.parent.glob("decided.db*"):
            file.unlink()
        decided.write_bytes(whole)
        for number in chance.sample(range(2, len(whole) // PAGE + 1), 2):
            overwrite(decided, number, number)
        try:
            repair(decided)
        except StoreError:
            # No run could be read, and the file is unchanged.
            assert decided.exists()
            continue
        assert decisions(decided).items() <= before.items()


def test_what_is_no_database_any_more_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    path.write_bytes(os.urandom(5 * PAGE))
    before = path.read_bytes()
    with pytest.raises(StoreError):
        repair_database(path)
    assert path.read_bytes() == before and len(list(tmp_path.iterdir())) == 1
    with pytest.raises(StoreError, match="no run database"):
        repair_database(tmp_path / "none.db")


def test_workers_end_before_a_repair(database: Database) -> None:
    workers.register(database)
    with pytest.raises(StoreError, match="Workers use"):
        repair(database.path)
