"""What a child run inherits: decisions that still hold, by what they were made of."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from align_tui.config.attributes import load_attributes
from align_tui.config.study import Study
from align_tui.core.scorers.labels import score
from align_tui.core.targets import Target, target_id
from align_tui.store import inheritance, results, runs, trash
from align_tui.store.database import Database, open_database
from align_tui.studies import edits
from tests.tui import fakes

ATTRIBUTES = load_attributes()


def decide(db: Database, run: str, study: Study, *, but: tuple[int, int] | None = None) -> None:
    """Have all that is queued decided; one of it fails."""
    worker = fakes.FakeWorker(db, study)
    while batch := worker.claim(50):
        for claimed in batch:
            assert claimed.run == run
            if (claimed.scenario, claimed.profile) == but:
                worker.fail(claimed, "truncated", "cut")
            else:
                worker.finish(claimed)


def child_of(db: Database, parent: str, study: Study) -> str:
    return runs.create_run(db, study, {}, parent=parent, enqueue=False)


@pytest.fixture
def db(tmp_path: Path) -> Database:
    return open_database(tmp_path / "runs.db")


def test_unchanged_columns_are_inherited_and_failures_are_not(db: Database) -> None:
    study = fakes.study(3)
    parent = runs.create_run(db, study, {})
    decide(db, parent, study, but=(2, 3))
    changed = edits.with_targets(study, 1, (Target("fairness", 1.0),), ATTRIBUTES).study
    child = child_of(db, parent, changed)
    found = inheritance.inherited(db, child, changed)
    places = {(s, p, 0) for s in range(3) for p in (0, 2, 3)} - {(2, 3, 0)}
    assert set(found) == places
    assert {each.run for each in found.values()} == {parent}
    own = {(s.scenario, s.profile): s for s in results.states(db, parent)}
    for (scenario, profile, _), each in found.items():
        assert (each.sample, each.choice) == (
            own[scenario, profile].id,
            own[scenario, profile].choice,
        )
    asked = inheritance.unasked(db, child, changed, changed.pairs())
    assert sorted(asked) == [(0, 1, 0), (1, 1, 0), (2, 1, 0), (2, 3, 0)]
    assert set(inheritance.inherited(db, child, changed, 1)) == {p for p in places if p[0] == 1}


def test_they_are_scored_against_what_the_child_aims_at(db: Database) -> None:
    """A baseline is scored against the targets of the others, and those may be new."""
    study = fakes.study(3, profiles=2)
    parent = runs.create_run(db, study, {})
    decide(db, parent, study)
    targets = (Target("moral_desert", 0.2),)
    changed = edits.with_targets(study, 1, targets, ATTRIBUTES).study
    child = child_of(db, parent, changed)
    found = inheritance.inherited(db, child, changed)
    assert any(each.scores[0][1] is not None for each in found.values())
    for (scenario, profile, _), each in found.items():
        assert profile == 0 and each.choice is not None
        wanted = score(changed.scenarios[scenario], targets, each.choice, changed.rule)
        assert each.scores == ((target_id(targets), wanted.correct),)


def test_the_nearest_ancestor_is_taken_and_a_chain_is_followed(db: Database) -> None:
    study = fakes.study(2)
    first = runs.create_run(db, study, {})
    decide(db, first, study)
    second = child_of(db, first, study)
    runs.enqueue(db, second, study, [(0, 0, 0)])
    decide(db, second, study)
    third = child_of(db, second, study)
    found = inheritance.inherited(db, third, study)
    assert inheritance.ancestors(db, third) == (second, first)
    assert len(found) == 8 and found[0, 0, 0].run == second
    assert {each.run for place, each in found.items() if place != (0, 0, 0)} == {first}


def test_what_was_changed_back_is_found_by_what_it_is(db: Database) -> None:
    """Under another key or name: the content of a scenario and a profile's parts count."""
    study = fakes.study(2)
    first = runs.create_run(db, study, {})
    decide(db, first, study)
    text = edits.scenario_toml(study.scenarios[0])
    once = edits.with_scenario(study, 0, text.replace("Patient A", "Patient Q"), ATTRIBUTES)
    second = child_of(db, first, once.study)
    back = edits.with_scenario(once.study, 1, text, ATTRIBUTES).study
    renamed = back.profiles[0].model_copy(update={"name": "another"})
    back = replace(back, profiles=(*back.profiles, renamed))
    third = child_of(db, second, back)
    found = inheritance.inherited(db, third, back)
    assert {place[0] for place in found} == {0, 2, 3}  # the original, the same again, the other
    assert {place[1] for place in found} == {0, 1, 2, 3, 4}
    assert found[0, 0, 0].sample == found[2, 0, 0].sample == found[2, 4, 0].sample


def test_own_samples_are_asked_though_an_ancestor_has_them(db: Database) -> None:
    study = fakes.study(2)
    parent = runs.create_run(db, study, {})
    decide(db, parent, study)
    child = child_of(db, parent, study)
    runs.enqueue(db, child, study, [(1, 2, 0)])
    assert inheritance.unasked(db, child, study, study.pairs()) == [(1, 2, 0)]


def test_fewer_ancestors_are_less_to_inherit(db: Database) -> None:
    study = fakes.study(2)
    parent = runs.create_run(db, study, {})
    child = child_of(db, parent, study)
    before = inheritance.fingerprint(db, child)
    decide(db, parent, study)
    assert inheritance.fingerprint(db, child) != before
    trash.throw_away(db, parent)  # it can come back
    assert len(inheritance.inherited(db, child, study)) == 8
    runs.delete_run(db, parent)
    assert inheritance.inherited(db, child, study) == {} and inheritance.ancestors(db, child) == ()
    assert inheritance.unasked(db, child, study, study.pairs()) == list(study.pairs())


@pytest.fixture(scope="module")
def decided(tmp_path_factory: pytest.TempPathFactory) -> tuple[Database, str, Study]:
    """A run of five scenarios, four profiles and two repeats."""
    db = open_database(tmp_path_factory.mktemp("decided") / "runs.db")
    study = fakes.study(5, repeat=2)
    parent = runs.create_run(db, study, {})
    decide(db, parent, study)
    return db, parent, study


@settings(max_examples=25, deadline=None)
@given(
    profiles=st.lists(st.integers(0, 3), min_size=1, max_size=4, unique=True),
    scenarios=st.lists(st.integers(0, 4), min_size=1, max_size=5, unique=True),
    repeat=st.integers(1, 2),
    scored_only=st.booleans(),
)
def test_any_part_of_a_study_inherits_all_of_it(
    decided: tuple[Database, str, Study],
    profiles: list[int],
    scenarios: list[int],
    repeat: int,
    scored_only: bool,
) -> None:
    """In another order, with fewer columns and scenarios: each place has its pair's decision."""
    db, parent, study = decided
    part = replace(
        study,
        profiles=tuple(study.profiles[i] for i in profiles),
        scenarios=tuple(study.scenarios[i] for i in scenarios),
        repeat=repeat,
        scored_only=scored_only,
    )
    child = child_of(db, parent, part)
    own = {(s.scenario, s.profile, s.repeat): s.id for s in results.states(db, parent)}
    assert {
        place: each.sample for place, each in inheritance.inherited(db, child, part).items()
    } == {(s, p, r): own[scenarios[s], profiles[p], r] for s, p, r in part.pairs()}
    assert inheritance.unasked(db, child, part, part.pairs()) == []
