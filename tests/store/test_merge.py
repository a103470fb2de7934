"""Runs of another machine's database come into this one: whole, once, and without harm."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from align_tui.core.errors import StoreError
from align_tui.store import runs, search, trash, workers
from align_tui.store.database import Database, open_database
from align_tui.store.merge_plan import Planned, Sample, plan
from align_tui.store.merge_rules import OWN_COLUMNS, RULES, SAME_STUDY, OfResult, OfSample
from tests.output.test_events_schema import SCHEMA
from tests.store.merging import bring, change, content, copied
from tests.tui import fakes

OLD = Path(__file__).parent.parent / "data" / "v0_1"


def test_every_table_and_every_column_of_a_run_has_a_rule(database: Database) -> None:
    """A new table needs one line in store/merge_rules.py, and a new column of runs one word."""
    shadows = ("results_fts_", "sqlite_")
    tables = {
        name
        for (name,) in database.read("SELECT name FROM sqlite_master WHERE type='table'")
        if not name.startswith(shadows)
    }
    named = [rule.table for rule in RULES]
    assert set(named) == tables and len(named) == len(tables)
    columns = {row["name"] for row in database.read("PRAGMA table_info(runs)")}
    assert {*OWN_COLUMNS, *SAME_STUDY} == columns
    for rule in RULES:
        key = {OfSample: "sample", OfResult: "seq"}.get(type(rule))
        mine = {row["name"] for row in database.read(f"PRAGMA table_info({rule.table})")}
        assert key is None or key in mine


def test_all_of_it_comes_and_nothing_there_changes(database: Database, copy: Path) -> None:
    before = copy.read_bytes()
    found = bring(database, copy)
    assert [each.outcome for each in found] == ["added"] * 3
    assert copy.read_bytes() == before and list(copy.parent.iterdir()) == [copy]
    assert not list(database.path.parent.glob(".align-tui-merge-*"))
    with closing(open_database(copy, read_only=True)) as there:
        assert content(database) == content(there)
    assert database.read("PRAGMA foreign_key_check") == []
    assert workers.list_workers(database) == [] and database.read("SELECT * FROM live") == []
    run = found[0].run
    assert {hit.run for hit in search.search(database, "hands")} == {run}
    assert runs.get_run(database, run).state == "active"  # it is finished
    rows = {row.id: row for row in runs.list_runs(database)}
    assert rows[found[1].run].state == "stopped" and rows[found[1].run].parent == run
    assert trash.thrown(database) == [found[2].run]
    trash.bring_back(database, found[2].run)
    assert runs.get_run(database, found[2].run).state == "stopped"  # no worker begins with it


def undecide(path: Path, places: set[int]) -> None:
    """Take the results of some samples (by their number in the run) back."""
    tables = ["results", *(rule.table for rule in RULES if isinstance(rule, OfSample))]
    with closing(open_database(path)) as db, db.write() as connection:
        ids = [row[0] for row in connection.execute("SELECT id FROM samples ORDER BY id")]
        for number in places:
            for table in tables:
                connection.execute(f"DELETE FROM {table} WHERE sample=?", (ids[number],))
            connection.execute(
                "UPDATE samples SET status='pending', worker=NULL, started=NULL WHERE id=?",
                (ids[number],),
            )
        connection.execute("DELETE FROM sqlite_sequence")


@settings(max_examples=3, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lost=st.lists(st.sampled_from(["here", "there", "neither"]), min_size=8, max_size=8))
def test_two_parts_make_the_whole_in_either_order_and_again(
    other: Path, tmp_path: Path, lost: list[str]
) -> None:
    paths = {}
    for side in ("here", "there"):
        paths[side] = copied(other, tmp_path / f"{side}.db")
        undecide(paths[side], {number for number, at in enumerate(lost) if at == side})
    kept = copied(paths["here"], tmp_path / "kept.db")
    with closing(open_database(other, read_only=True)) as whole:
        wanted = content(whole)
    for mine, theirs in (("here", "there"), ("there", "here")):
        with closing(open_database(paths[mine])) as db:
            found = bring(db, kept if mine == "there" else paths[theirs])
            assert content(db) == wanted
            assert found[0].brought.decisions + found[0].brought.failures == lost.count(mine)
            assert {each.outcome for each in bring(db, paths[theirs])} == {"unchanged"}
            assert content(db) == wanted
    for each in tmp_path.glob("*.db*"):
        each.unlink()


def test_of_two_decisions_ours_stays_and_it_is_said(
    database: Database, copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from align_tui.cli.merge_command import merge_databases

    [run, *_] = [each.run for each in bring(database, copy)]
    change(
        copy,
        "UPDATE results SET choice=1-choice, choice_text='Other' WHERE seq=1",
        "UPDATE runs SET name='renamed', versions='{\"python\":\"4\"}' WHERE parent IS NULL",
        "UPDATE run_notes SET body='Another note.'",
        "INSERT INTO run_tags SELECT id, 'more' FROM runs WHERE parent IS NULL",
        "UPDATE run_profiles SET model='rev-b' WHERE idx=0",
    )
    before = database.read("SELECT choice FROM results WHERE seq=1")[0][0]
    with pytest.raises(StoreError, match="No database has the run pilot-none"):
        merge_databases([copy], database.path, ["pilot-none", run], as_json=True)
    out = capsys.readouterr()
    [line] = map(json.loads, out.out.splitlines())
    schema = {"$ref": "#/$defs/merged", "$defs": SCHEMA["$defs"]}
    jsonschema.Draft202012Validator(schema).validate(line)
    assert (line["outcome"], line["decisions"], line["differ"]) == ("extended", 0, 1)
    assert line["differing"][0]["theirs"] == "Other"
    assert "1 sample decided otherwise there" in out.err and "'renamed'" in out.err
    assert "both databases have its notes, and this one keeps its own" in line["notes"]
    assert database.read("SELECT choice FROM results WHERE seq=1")[0][0] == before
    versions = runs.run_versions(database, run)
    assert versions["python"] == "3 | 4"
    assert {row[0] for row in database.read("SELECT tag FROM run_tags")} == {"pilot", "more"}
    assert {each.outcome for each in bring(database, copy)} == {"extended", "unchanged"}


def test_a_run_brings_those_that_it_was_made_from(database: Database, copy: Path) -> None:
    with closing(open_database(copy, read_only=True)) as there:
        [child] = [row for row in runs.list_runs(there) if row.parent]
    found = bring(database, copy, child.id[-4:])
    assert [each.run for each in found] == [child.parent, child.id]
    assert runs.get_run(database, child.id).parent == child.parent


def test_a_database_in_use_is_read_as_it_is_now(database: Database, copy: Path) -> None:
    with closing(open_database(copy)) as there:
        study = fakes.study(2, 2)
        run = runs.create_run(there, study, {}, priority=5)
        worker = fakes.FakeWorker(there, study)
        [claimed] = worker.claim(1)
        worker.finish(claimed)
        with there.write() as connection:  # the worker is in the middle of writing
            connection.execute("UPDATE runs SET name='half'")
            bring(database, copy)
        row = runs.get_run(database, run)
        assert (row.name, row.done, row.pending, row.state) == ("demo", 1, 3, "stopped")
        worker.beat()
        for each in worker.claim(4):
            worker.finish(each)
        assert bring(database, copy, run)[0].brought.decisions == runs.get_run(there, run).done - 1


def test_a_database_of_version_0_1_is_brought_up_to_date_in_a_copy(
    database: Database, tmp_path: Path
) -> None:
    (tmp_path / "old").mkdir()
    old = copied(OLD / "runs.db", tmp_path / "old" / "runs.db")
    before = old.read_bytes()
    names = json.loads((OLD / "runs.json").read_text())
    assert {each.run for each in bring(database, old)} > set(names.values())
    assert old.read_bytes() == before and list(old.parent.iterdir()) == [old]
    open_database(old).close()
    with closing(open_database(old, read_only=True)) as there:
        assert content(database) == content(there)
    assert {each.outcome for each in bring(database, old)} == {"unchanged"}


def sample(status: str, choice: int | None = None, turn: int | None = None) -> Sample:
    took = (choice, str(choice)) if status == "done" else None
    return Sample(0, status, took, choice, None if turn is None else "c", turn)


def acts(ours: str, theirs: str) -> list[str]:
    """What becomes of samples in turn; a digit is a decision, f a failure, p is pending."""

    def side(text: str) -> dict[tuple[int, int, int], Sample]:
        known = {"f": "failed", "p": "pending"}
        return {
            (turn, 0, 0): sample(known.get(letter, "done"), *(
                (int(letter), turn) if letter.isdigit() else (None, turn)))
            for turn, letter in enumerate(text) if letter != "-"
        }  # fmt: skip

    return [each.act for each in plan(side(ours), side(theirs))]


@pytest.mark.parametrize(
    ("ours", "theirs", "wanted"),
    [
        ("01p", "011", ["ours", "ours", "theirs"]),
        ("01p", "00p", ["ours", "ours", "open"]),
        ("01p", "000", ["ours", "ours", "open"]),  # their third knows another second
        ("f11", "011", ["theirs", "theirs", "theirs"]),  # ours did not know the first
        ("f11", "0pp", ["theirs", "open", "open"]),
        ("f11", "0--", ["theirs", "open", "open"]),
        ("011", "f11", ["ours", "ours", "ours"]),
        ("0pp", "f11", ["ours", "open", "open"]),
        ("---", "01f", ["theirs", "theirs", "theirs"]),
    ],
)
def test_a_decision_in_turn_keeps_its_history(ours: str, theirs: str, wanted: list[str]) -> None:
    assert acts(ours, theirs) == wanted


def test_a_sample_takes_what_is_further_along() -> None:
    ranks = {"pending": 0, "running": 0, "failed": 1, "done": 2}
    for mine, mark in ranks.items():
        for other_one, rank in ranks.items():
            place = (0, 0, 0)
            [made] = plan({place: sample(mine, 0)}, {place: sample(other_one, 1)})
            assert isinstance(made, Planned)
            wanted = "open" if max(mark, rank) == 0 else "ours" if mark >= rank else "theirs"
            assert made.act == wanted
            assert made.differs == (mark == rank == 2)


@pytest.mark.slow
def test_a_merge_that_is_killed_leaves_whole_runs(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "many.db"
    with closing(open_database(path)) as there:
        study = fakes.study(4, 4)
        for _ in range(6):
            runs.create_run(there, study, {})
        worker = fakes.FakeWorker(there, study)
        while batch := worker.claim(64):
            for claimed in batch:
                worker.finish(claimed)
        wanted = {row.id: content(there, row.id) for row in runs.list_runs(there)}
    command = [sys.executable, "-m", "align_tui", "merge", str(path), "--db", str(database.path)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
    assert process.stderr is not None and b"run " in process.stderr.readline()
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert not list(tmp_path.glob(".align-tui-merge-*"))
    found = [row.id for row in runs.list_runs(database)]
    assert len(found) >= 1
    assert all(content(database, run) == wanted[run] for run in found)
    assert len(bring(database, path)) == 6
    assert all(content(database, run) == wanted[run] for run in wanted)
