"""Examples in the database: the sets of a run, and what each decision's prompt showed."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from align_tui.config.profile import Profile
from align_tui.config.study import Study
from align_tui.core.answers import ChoiceAnswer
from align_tui.core.attributes import Attributes
from align_tui.core.decision_checks import sound
from align_tui.core.decisions import Decision, UsedExample
from align_tui.core.errors import AdmError, ExampleError
from align_tui.core.examples.example_set import example_set
from align_tui.store import basis, inheritance, outcomes, queue, repair, runs, workers
from align_tui.store.database import Database, open_database
from align_tui.store.outcomes import Decided
from tests.conftest import HIGH, make_scenarios, make_study

USED = (
    UsedExample("s1", 0.5, "moral_desert", "What? \x01ü", '{"choice":"A"}'),
    UsedExample("s2", None, "moral_desert", "What else?", '{"choice":"B"}'),
)
texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
used = st.lists(
    st.builds(UsedExample, texts, st.none() | st.floats(-9, 99), texts, texts, texts), max_size=4
).map(tuple)


def few_shot(name: str = "few", number: int = 2, labels_from: int = 3) -> Profile:
    table = {
        "name": name,
        "adm": {"kind": "baseline"},
        "target": HIGH,
        "examples": {"scenarios": "gone.jsonl", "number": number},
    }
    profile = Profile.model_validate(table)
    assert profile.examples is not None
    found = example_set(make_scenarios(labels_from), Attributes())
    return profile.model_copy(update={"examples": profile.examples.with_set(found)})


def study() -> Study:
    return Study("few", (few_shot(), few_shot("other", 1)), make_scenarios(2))


def decide(db: Database, made: Decision, n: int = 1) -> list[int]:
    worker = workers.register(db)
    claimed = queue.claim(db, worker, n)
    done = [Decided(each, made, "A", {}, 0.1) for each in claimed]
    assert all(outcomes.end_all(db, worker, done))
    return [each.id for each in claimed]


SHOWN = Decision(ChoiceAnswer(0), "", examples=USED)


def test_a_run_keeps_its_examples_though_their_file_is_gone(database: Database) -> None:
    made = study()
    run = runs.create_run(database, made, {})
    found = runs.load_study(database, run)
    assert found.profiles == made.profiles
    for before, after in zip(made.profiles, found.profiles, strict=True):
        assert before.examples is not None and after.examples is not None
        assert after.hash == before.hash
        assert after.examples.loaded == before.examples.loaded
    assert len(database.read("SELECT * FROM example_sets")) == 1  # both profiles share it


@settings(
    max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(shown=used)
def test_examples_of_a_decision_are_read_back_equal(
    database: Database, shown: tuple[UsedExample, ...]
) -> None:
    if not database.read("SELECT 1 FROM runs"):
        runs.create_run(database, study(), {})
    [sample] = database.read("SELECT id FROM samples LIMIT 1")[0]
    with database.write() as connection:
        connection.execute("DELETE FROM examples")
        for sql, values in basis.basis_rows(sample, Decision(ChoiceAnswer(0), "", examples=shown)):
            connection.execute(sql, values)
    assert basis.basis_of(database, sample).examples == shown


def test_deleting_a_run_deletes_its_sets_and_texts_and_no_others(database: Database) -> None:
    first = runs.create_run(database, study(), {})
    [sample] = decide(database, SHOWN)
    second = runs.create_run(database, study(), {})
    runs.delete_run(database, second)
    assert len(database.read("SELECT * FROM example_sets")) == 1
    assert basis.basis_of(database, sample).examples == USED
    runs.delete_run(database, first)
    for table in ("example_sets", "run_example_sets", "examples", "texts"):
        assert database.read(f"SELECT * FROM {table}") == []


def test_another_set_is_another_profile_and_nothing_is_inherited(database: Database) -> None:
    parent = runs.create_run(database, study(), {})
    decide(database, SHOWN, 4)
    same = runs.create_run(database, study(), {}, parent=parent, enqueue=False)
    assert len(inheritance.inherited(database, same, runs.load_study(database, same))) == 4
    other = Study("few", (few_shot(labels_from=4),), make_scenarios(2))
    child = runs.create_run(database, other, {}, parent=parent, enqueue=False)
    assert inheritance.inherited(database, child, other) == {}


def test_a_repaired_database_has_them_and_a_garbled_set_can_be_shown(tmp_path: Path) -> None:
    path = tmp_path / "damaged.db"
    db = open_database(path)
    run = runs.create_run(db, study(), {})
    [sample] = decide(db, SHOWN)
    with db.write() as connection:
        connection.execute("DELETE FROM workers")
    db.close()
    repair.repair(path)
    db = open_database(path)
    assert basis.basis_of(db, sample).examples == USED
    [profile, _] = runs.load_study(db, run).profiles
    assert profile.examples is not None and profile.examples.is_loaded
    with db.write() as connection:
        connection.execute("UPDATE example_sets SET body='[]'")
    [profile, _] = runs.load_study(db, run).profiles
    assert profile.examples is not None
    with pytest.raises(ExampleError, match="are not here"):
        _ = profile.examples.loaded
    db.close()


def test_a_database_of_version_8_gets_the_tables(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    db = open_database(path)
    run = runs.create_run(db, make_study(1), {})
    db.connection.executescript(
        "DROP TABLE examples; DROP TABLE run_example_sets; DROP TABLE example_sets;"
        "DELETE FROM _sqlite_migrations WHERE name='m009_examples'; PRAGMA user_version=8"
    )
    db.close()
    again = open_database(path)
    assert runs.load_study(again, run).profiles == make_study(1).profiles
    [sample] = decide(again, SHOWN)
    assert basis.basis_of(again, sample).examples == USED
    again.close()


def test_examples_of_a_users_own_code_are_checked() -> None:
    assert sound(SHOWN, 2).examples == USED
    near = UsedExample("s", "near", "a", "p", "r")  # type: ignore[arg-type]
    for wrong in ("s1", [1], [near], (USED[0],) * 1_001):
        with pytest.raises(AdmError):
            sound(Decision(ChoiceAnswer(0), "", examples=wrong), 2)  # type: ignore[arg-type]
