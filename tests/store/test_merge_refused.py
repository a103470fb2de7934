"""A file or a run that cannot be merged is refused in a sentence, and nothing changes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from align_tui.core.errors import StoreError
from align_tui.store import runs
from align_tui.store.database import Database
from align_tui.store.schema import LATEST
from tests.store.merging import bring, change, sql


def text(path: Path) -> None:
    path.write_text("not a database" * 100)


def truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def garbled(path: Path) -> None:
    body = bytearray(path.read_bytes())
    body[4096:20480] = b"\xa5" * 16384
    path.write_bytes(body)


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (text, "is not a run database"),
        (lambda path: path.write_bytes(b""), "is not a run database"),
        (truncated, "damaged"),
        (garbled, "damaged"),
        (lambda path: (path.unlink(), path.mkdir()), "is not a file"),
        (lambda path: path.unlink(), "There is no run database"),
        (sql(f"PRAGMA user_version={LATEST + 1}"), "A newer align-tui wrote"),
        (sql("PRAGMA application_id=7"), "is not a run database"),
        (sql("CREATE VIEW v AS SELECT 1"), "no version of align-tui makes"),
        (sql("CREATE TABLE more (x)"), "no version of align-tui makes"),
        (
            sql("CREATE TRIGGER results_in AFTER UPDATE ON runs BEGIN DELETE FROM runs; END"),
            "no version of align-tui makes",
        ),
        (
            sql("DROP TABLE run_tags", "CREATE VIEW run_tags AS SELECT 1 AS run, 2 AS tag"),
            "no version of align-tui makes",
        ),
        (
            sql("ALTER TABLE run_notes ADD COLUMN x AS (zeroblob(1000000000))"),
            "no version of align-tui makes",
        ),
        (sql("DROP TABLE runs"), "no such table"),
    ],
)
def test_a_file_that_is_no_database_of_ours_is_refused(
    database: Database, copy: Path, harm: Callable[[Path], None], said: str
) -> None:
    harm(copy)
    before = copy.read_bytes() if copy.is_file() else b""
    with pytest.raises(StoreError) as error:
        bring(database, copy)
    assert said in error.value.message and str(copy) in error.value.message
    assert runs.list_runs(database) == []
    assert before == (copy.read_bytes() if copy.is_file() else b"")
    assert not list(database.path.parent.glob(".align-tui-merge-*"))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE results SET reasoning=x'ff00' WHERE seq=1",
        "UPDATE results SET reasoning=CAST(x'ff00' AS TEXT) WHERE seq=1",
        "UPDATE results SET latency_s=9e999 WHERE seq=1",
        "UPDATE results SET latency_s='soon' WHERE seq=1",
        "UPDATE results SET choice=7 WHERE seq=1",
        "UPDATE results SET choice=-1 WHERE seq=1",
        "UPDATE results SET probabilities='[1,' WHERE seq=1",
        "UPDATE results SET notes='[1]' WHERE seq=1",
        "UPDATE results SET notes='" + "[" * 50_000 + "' WHERE seq=1",
        "UPDATE predictions SET choice=4000000000 WHERE choice=1 AND idx=0",
        "UPDATE rankings SET taken=9",
        "UPDATE samples SET scenario=99 WHERE id=1",
        "UPDATE samples SET status='done' WHERE status='failed'",
        "DELETE FROM run_scenarios WHERE idx=0",
        "UPDATE scenarios SET body=replace(body, 'Patient', 'Person')",
        "UPDATE texts SET body=body || ' '",
        "DELETE FROM texts",
        "UPDATE runs SET repeat=1000000000 WHERE parent IS NULL",
        "UPDATE runs SET versions='[]' WHERE parent IS NULL",
        "UPDATE runs SET name=x'00' WHERE parent IS NULL",
        "UPDATE run_profiles SET body='{}'",
        "UPDATE responses SET timeline='{\"a\": 1}'",
    ],
)
def test_a_run_that_cannot_be_read_is_left_out_alone(
    database: Database, copy: Path, statement: str
) -> None:
    change(copy, "PRAGMA foreign_keys=OFF", statement)
    found = bring(database, copy)
    assert found[0].outcome == "refused" and found[0].reason
    there = {each.run for each in found if each.outcome != "refused"}
    assert {row[0] for row in database.read("SELECT id FROM runs")} == there


def test_its_own_database_is_refused(database: Database) -> None:
    with pytest.raises(StoreError, match="that you merge into"):
        bring(database, database.path)


def test_another_run_of_the_same_id_is_refused(database: Database, copy: Path) -> None:
    bring(database, copy)
    change(copy, "UPDATE runs SET repeat=2 WHERE parent IS NULL")
    reasons = [each.reason for each in bring(database, copy)]
    assert reasons == ["another run here has this id: repeat differs", "", reasons[2]]
    change(
        copy,
        "UPDATE runs SET repeat=1 WHERE parent IS NULL",
        "UPDATE run_profiles SET hash='x' WHERE idx=1",
    )
    assert "its profiles differ" in bring(database, copy)[0].reason


def test_runs_that_descend_from_each_other_do_not_hang_it(database: Database, copy: Path) -> None:
    change(copy, "UPDATE runs SET parent=(SELECT id FROM runs WHERE parent IS NOT NULL)")
    assert len(bring(database, copy)) == 3
    bring(database, copy)
    parents = {row["id"]: row["parent"] for row in database.read("SELECT id, parent FROM runs")}
    for run in parents:
        line = [run]
        while (at := parents[line[-1]]) is not None:
            assert at not in line
            line.append(at)
