"""Predictions, relevance, rankings and steps: stored, read and deleted with their decision."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from align_tui.core.alignment.ranking import Ranking
from align_tui.core.answers import ChoiceAnswer, TextAnswer
from align_tui.core.decisions import Decision, Step
from align_tui.core.predictions import Prediction, Relevance
from align_tui.store import basis, outcomes, queue, repair, results, runs, trash, workers
from align_tui.store.basis import Basis, bases_at, bases_of, basis_of
from align_tui.store.database import Database, open_database
from align_tui.store.outcomes import Claimed, Decided
from tests.conftest import make_study

units = st.floats(0.0, 1.0)
texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
names = st.text("abcxyz_é ", min_size=1, max_size=8)
raters = st.sampled_from(["", "labels", "regression"])
samples = st.lists(units, min_size=1, max_size=4).map(tuple)
predictions = st.lists(
    st.dictionaries(
        names,
        st.builds(Prediction, samples, st.lists(texts, max_size=2).map(tuple), raters),
        max_size=3,
    ),
    min_size=2,
    max_size=4,
).map(tuple)
rankings = st.builds(
    Ranking,
    function=st.just("average_distance"),
    measure=st.sampled_from(["distance", "probability"]),
    scores=st.lists(st.floats(-9, 9), min_size=2, max_size=4).map(tuple),
    best=st.lists(st.integers(0, 3), min_size=1, max_size=4).map(tuple),
    taken=st.integers(0, 3),
    tie_break=st.sampled_from(["none", "seed", "drawn"]),
    parameters=st.dictionaries(names, st.one_of(st.booleans(), units, texts), max_size=2),
    notes=st.lists(texts, max_size=2).map(tuple),
    sample=st.none() | st.integers(0, 3),
    details=st.dictionaries(names, st.lists(units, max_size=2), max_size=2),
)
relevance = st.builds(
    Relevance,
    st.lists(st.dictionaries(names, units, max_size=3), min_size=2, max_size=4).map(tuple),
    raters,
)
bases = st.builds(
    Basis,
    predictions=st.none() | predictions,
    relevance=st.none() | relevance,
    ranking=st.none() | rankings,
    steps=st.lists(st.builds(Step, names, st.floats(0, 100)), max_size=3).map(tuple),
)
RATED = Basis(
    ({"b": Prediction((0.2, 0.4), ("why", "why not"), "regression")}, {}),
    Relevance(({"b": 0.5, "a": 1.0}, {}), "labels"),
    Ranking("average_distance", "distance", (1.0, 1.0), (0, 1), 1, "seed", {"p": 1}, ("tied",)),
    (Step("rate", 1.5), Step("rank", 0.001)),
)


def claimed(db: Database, n: int = 50) -> list[Claimed]:
    return queue.claim(db, workers.register(db), n)


def write(db: Database, at: Claimed, made_of: Basis) -> None:
    decision = Decision(
        ChoiceAnswer(0),
        "because",
        predictions=made_of.predictions,
        relevance=made_of.relevance,
        ranking=made_of.ranking,
        steps=made_of.steps,
    )
    [worker] = db.read("SELECT worker FROM samples WHERE id=?", (at.id,))[0]
    assert outcomes.end_all(db, worker, [Decided(at, decision, "Treat", {}, 0.1)]) == [True]


@pytest.fixture
def one(database: Database) -> Claimed:
    runs.create_run(database, make_study(1), {})
    return claimed(database)[0]


@settings(
    max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(made_of=bases)
def test_it_is_read_back_equal(database: Database, one: Claimed, made_of: Basis) -> None:
    """Includes the order of attributes, choices without any, and floats to the last bit."""
    decision = Decision(
        ChoiceAnswer(0), "", None, None, (), (), made_of.predictions, made_of.relevance,
        made_of.ranking, made_of.steps,
    )  # fmt: skip
    with database.write() as connection:
        for sql, values in basis.basis_rows(one.id, decision):
            connection.execute(sql, values)
    found = basis_of(database, one.id)
    with database.write() as connection:
        for table in basis.TABLES:
            connection.execute(f"DELETE FROM {table}")
    assert found == made_of
    for read, written in zip(found.predictions or (), made_of.predictions or (), strict=True):
        assert list(read) == list(written)


def test_a_direct_decision_writes_no_row_of_it() -> None:
    assert basis.basis_rows(1, Decision(ChoiceAnswer(0), "", votes=(0.5, 0.5))) == []


def test_many_are_read_at_once(database: Database) -> None:
    run = runs.create_run(database, make_study(3), {})
    found = claimed(database)
    for at in found[:4]:
        write(database, at, RATED)
    for at in found[4:]:
        write(database, at, Basis())
    wanted = {at.id: RATED if n < 4 else basis.NOTHING for n, at in enumerate(found)}
    assert bases_of(database, list(wanted)) == wanted
    at_first = {at.id: wanted[at.id] for at in found if at.scenario == 0}
    assert bases_at(database, run, 0) == {k: v for k, v in at_first.items() if v == RATED}
    assert basis.has_ratings(database, run)
    other = runs.create_run(database, make_study(1), {})
    assert not basis.has_ratings(database, other)


def test_it_goes_with_its_sample(database: Database, one: Claimed) -> None:
    write(database, one, RATED)
    trash.throw_away(database, one.run)
    assert basis_of(database, one.id) == RATED
    trash.empty(database)
    for table in basis.TABLES:
        assert database.read(f"SELECT count(*) FROM {table}")[0][0] == 0


def test_a_sample_that_is_asked_again_keeps_nothing_of_it(database: Database, one: Claimed) -> None:
    write(database, one, RATED)
    with database.write() as connection:  # a later version may fail after ratings were stored
        connection.execute("UPDATE samples SET status='failed' WHERE id=?", (one.id,))
    assert runs.retry(database, one.run) == 1
    assert basis_of(database, one.id) == basis.NOTHING


def test_a_repair_saves_it_with_its_decision_and_drops_what_lost_one(database: Database) -> None:
    runs.create_run(database, make_study(1), {})
    first, second = claimed(database)
    for at in (first, second):
        write(database, at, RATED)
    with database.write() as connection:  # as after damage to a page
        connection.execute("DELETE FROM results WHERE sample=?", (second.id,))
    workers.unregister(database, workers.list_workers(database)[0].id)
    database.close()
    assert repair.repair(database.path).reopened == 1
    db = open_database(database.path)
    assert bases_of(db, [first.id, second.id]) == {first.id: RATED, second.id: basis.NOTHING}
    db.close()


def test_a_lost_lease_writes_nothing_of_it(database: Database, one: Claimed) -> None:
    decision = Decision(ChoiceAnswer(0), "", ranking=RATED.ranking)
    assert outcomes.end_all(database, "another", [Decided(one, decision, "", {}, 0.1)]) == [False]
    assert basis_of(database, one.id) == basis.NOTHING


def test_an_open_answer_is_no_failure(database: Database) -> None:
    run = runs.create_run(database, make_study(1), {})
    first, second = claimed(database)
    [worker] = database.read("SELECT worker FROM samples WHERE id=?", (first.id,))[0]
    said = Decision(TextAnswer("I would ask them."), "because")
    failed = outcomes.Failed(second, "adm", "no", 0.1)
    outcomes.end_all(database, worker, [Decided(first, said, "I would ask them.", {}, 0.1), failed])
    answers = {result.sample: result.answer for result in results.all_results(database, run)}
    assert answers == {first.id: TextAnswer("I would ask them."), second.id: None}
    statuses = {state.id: state.status for state in results.states(database, run)}
    assert statuses == {first.id: "done", second.id: "failed"}
    from align_tui.store.columns import read_columns

    columns = read_columns(database, run)
    assert [column.outcomes[0, 0].failed for column in columns] == [False, True]


def test_rows_of_it_are_plain_json(database: Database, one: Claimed) -> None:
    write(database, one, RATED)
    [row] = database.read("SELECT * FROM predictions WHERE attribute='b'")
    assert json.loads(row["samples"]) == [0.2, 0.4]
    assert json.loads(row["reasons"]) == ["why", "why not"]
