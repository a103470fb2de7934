"""Annotations of runs and decisions are stored and counted, and change no result."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from align_tui.core.answers import ChoiceAnswer
from align_tui.core.decisions import Decision
from align_tui.core.errors import StoreError
from align_tui.core.scorers.base import Score
from align_tui.store import history, queue, results, run_annotations, runs, trash
from align_tui.store.database import Database, open_database
from align_tui.store.schema import _INITIAL, APPLICATION_ID, LATEST
from tests import ending
from tests.conftest import make_study


@pytest.fixture
def run(database: Database) -> str:
    """A run of two scenarios and two profiles: one failure, one pending, two decisions."""
    made = runs.create_run(database, make_study(2), {"torch": "2"})
    first, second, third = queue.claim(database, "w", 3)
    for claimed in (first, second):
        decision = Decision(ChoiceAnswer(0), "because")
        ending.finish(database, "w", claimed, decision, "A", {"t": Score(True, 0.0, True)}, 1.0)
    ending.fail(database, "w", third, "reply", "no decision", 1.0)
    return made


def dump(database: Database) -> list[tuple[object, ...]]:
    """All rows of results and scores."""
    return [
        tuple(row)
        for table in ("samples", "results", "scores", "responses", "runs", "scenarios")
        for row in database.read(f"SELECT * FROM {table}")
    ]


def test_nothing_that_is_said_changes_a_result(database: Database, run: str) -> None:
    before = dump(database)
    sample = results.states(database, run)[0].id
    assert run_annotations.set_tags(database, run, ["Paper", "to  do", "", "paper"]) == (
        "paper",
        "to-do",
    )
    run_annotations.set_note(database, run, " Look at the second. ")
    assert run_annotations.toggle_bookmark(database, sample) is True
    run_annotations.set_verdict(database, sample, "disagree")
    assert run_annotations.annotation_of(database, sample) == run_annotations.Annotation(
        True, "disagree"
    )
    assert run_annotations.annotations_in(database, run) == {
        sample: run_annotations.Annotation(True, "disagree")
    }
    assert run_annotations.annotations_in(database, "another run") == {}
    assert dump(database) == before

    [line] = history.list_history(database)
    assert (line.tags, line.note) == (("paper", "to-do"), "Look at the second.")
    assert (line.bookmarks, line.verdicts, line.profiles) == (1, 1, ("random", "oracle"))
    detail = history.read_detail(database, run)
    assert detail.verdicts == {"disagree": 1} and detail.versions == {"torch": "2"}
    assert [tally.profile for tally in detail.tallies] == [0, 1]


def test_everything_said_can_be_taken_back(database: Database, run: str) -> None:
    sample = results.states(database, run)[0].id
    turns = [run_annotations.next_verdict(database, sample) for _ in range(5)]
    assert turns == ["agree", "disagree", "unsure", None, "agree"]
    run_annotations.set_verdict(database, sample, None)
    run_annotations.toggle_bookmark(database, sample)
    assert run_annotations.toggle_bookmark(database, sample) is False
    assert run_annotations.annotation_of(database, sample) == run_annotations.NOTHING
    run_annotations.set_note(database, run, "x")
    run_annotations.set_note(database, run, "  ")
    run_annotations.set_tags(database, run, ["a"])
    run_annotations.set_tags(database, run, [])
    assert run_annotations.note_of(database, run) == ""
    assert history.list_history(database)[0].tags == ()


def test_only_a_decision_can_be_judged(database: Database, run: str) -> None:
    states = {state.status: state.id for state in results.states(database, run)}
    for status in ("failed", "pending"):
        with pytest.raises(StoreError, match="no decision"):
            run_annotations.set_verdict(database, states[status], "agree")
        with pytest.raises(StoreError, match="no decision"):
            run_annotations.toggle_bookmark(database, states[status])


def test_remarks_go_with_their_run_and_live_in_the_trash(database: Database, run: str) -> None:
    sample = results.states(database, run)[0].id
    run_annotations.toggle_bookmark(database, sample)
    run_annotations.set_tags(database, run, ["keep"])
    trash.throw_away(database, run)
    assert history.list_history(database) == []
    [line] = history.list_history(database, thrown=True)
    assert line.thrown and line.tags == ("keep",)
    trash.bring_back(database, run)
    assert history.list_history(database)[0].bookmarks == 1
    runs.delete_run(database, run)
    for table in ("bookmarks", "run_tags", "trash"):
        assert database.read(f"SELECT count(*) FROM {table}")[0][0] == 0


def test_a_database_of_the_first_version_is_brought_up_to_date(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    old = sqlite3.connect(path)
    old.executescript(_INITIAL)
    old.executescript(
        "CREATE TABLE _sqlite_migrations (id INTEGER PRIMARY KEY, migration_set TEXT, name TEXT,"
        " applied_at TEXT); INSERT INTO _sqlite_migrations VALUES"
        " (1, 'align_tui', 'm001_initial', '2026-01-01');"
        " INSERT INTO runs (id, name, created, rule, versions)"
        " VALUES ('r', 'n', 1, 'distance', '{}')"
    )
    old.execute(f"PRAGMA application_id={APPLICATION_ID}")
    old.execute("PRAGMA user_version=1")
    old.commit()
    old.close()
    db = open_database(path)
    assert db.read("PRAGMA user_version")[0][0] == LATEST
    run_annotations.set_tags(db, "r", ["old"])
    assert history.list_history(db)[0].tags == ("old",)
