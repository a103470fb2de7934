"""Inheritance: the parent's decisions that still hold in a child run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from align_tui.config.attributes import load_attributes
from align_tui.config.profile import Profile
from align_tui.config.study import Study
from align_tui.core.attributes import Attributes, merge
from align_tui.core.targets import Target, target_id
from align_tui.store import inheritance, results, runs, trash
from align_tui.store.columns import read_columns
from align_tui.store.database import Database, open_database
from align_tui.studies import edits
from tests.tui import fakes

ATTRIBUTES = load_attributes()


def decide(db: Database, run: str, study: Study, *, but: tuple[int, int] | None = None) -> None:
    """Decide all queued samples; the one at `but` fails."""
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
    """A baseline is scored against the other profiles' targets, which may be new."""
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
        wanted = changed.scorer.is_correct(each.choice, changed.scenarios[scenario], targets)
        assert each.scores == ((target_id(targets), wanted),)


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
    """Also under another key or name: the content of scenario and profile counts."""
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
    trash.throw_away(db, parent)  # it can be restored
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
    """Also in another order, with fewer columns and scenarios: each pair keeps its decision."""
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


def relabelled(study: Study, number: int) -> Study:
    """The study with the labels of one scenario inverted."""
    old = study.scenarios[number]
    choices = tuple(
        replace(choice, labels={name: 1.0 - value for name, value in choice.labels.items()})
        for choice in old.choices
    )
    scenarios = list(study.scenarios)
    scenarios[number] = replace(old, choices=choices)
    return replace(study, scenarios=tuple(scenarios))


def with_oracle(study: Study) -> Study:
    oracle = Profile.model_validate(
        {"name": "oracle", "adm": {"kind": "oracle"}, "target": [HIGH_DESERT]}
    )
    return replace(study, profiles=(*study.profiles, oracle))


HIGH_DESERT = {"attribute": "moral_desert", "value": 1.0}


def test_other_labels_are_scored_anew_and_only_who_reads_them_is_asked(db: Database) -> None:
    study = with_oracle(fakes.study(3, profiles=3))
    parent = runs.create_run(db, study, {})
    decide(db, parent, study)
    changed = relabelled(study, 2)
    child = child_of(db, parent, changed)
    found = inheritance.inherited(db, child, changed)
    everywhere = {(s, p, 0) for s in range(3) for p in range(4)}
    assert set(found) == everywhere - {(2, 3, 0)}
    assert set(inheritance.inherited(db, child, changed, 2)) == {(2, p, 0) for p in range(3)}
    turned = 0
    for (s, *_), each in found.items():
        assert each.choice is not None
        for name, correct in each.scores:
            aims = changed.targets_by_id()[name]
            right = changed.scorer.is_correct
            assert correct == right(each.choice, changed.scenarios[s], aims)
            before = right(each.choice, study.scenarios[s], aims)
            turned += correct != before
    assert turned > 0


def test_other_labels_are_another_scenario_where_seeds_come_from_them(db: Database) -> None:
    """This holds for runs of version 0.1, and for child runs of those."""
    study = fakes.study(3, profiles=2)
    parent = runs.create_run(db, study, {})
    with db.write() as connection:
        connection.execute("UPDATE runs SET seed_rule='content'")
    decide(db, parent, study)
    changed = relabelled(study, 1)
    found = inheritance.inherited(db, child_of(db, parent, changed), changed)
    assert {place[0] for place in found} == {0, 2}


def test_another_definition_makes_another_decision(db: Database) -> None:
    study = replace(fakes.study(2, profiles=3), attributes=ATTRIBUTES)
    parent = runs.create_run(db, study, {})
    decide(db, parent, study)
    [name] = {target.attribute for target in study.profiles[1].target}
    edited = replace(ATTRIBUTES.known[name], definition="Something else.")
    packs = merge(ATTRIBUTES, Attributes({name: edited}))
    changed = replace(study, attributes=packs)
    found = inheritance.inherited(db, child_of(db, parent, changed), changed)
    untouched = {p for p, each in enumerate(study.profiles)
                 if name not in {target.attribute for target in each.target}}  # fmt: skip
    assert {place[1] for place in found} == untouched and 1 not in untouched
    with db.write() as connection:  # a parent of version 0.1 stored none
        connection.execute("UPDATE runs SET attributes=NULL WHERE id=?", (parent,))
    found = inheritance.inherited(db, child_of(db, parent, changed), changed)
    assert {place[1] for place in found} == set(range(3))


def test_a_profile_is_the_same_whatever_a_version_before_hashed(db: Database) -> None:
    study = fakes.study(2)
    parent = runs.create_run(db, study, {})
    decide(db, parent, study)
    with db.write() as connection:
        connection.execute("UPDATE run_profiles SET hash='of another version' WHERE idx=1")
    found = inheritance.inherited(db, child_of(db, parent, study), study)
    assert {place[1] for place in found} == set(range(len(study.profiles)))


def test_an_open_answer_is_inherited(db: Database) -> None:
    study = fakes.study(1, profiles=1)
    parent = runs.create_run(db, study, {})
    decide(db, parent, study)
    with db.write() as connection:
        connection.execute("UPDATE results SET choice=NULL, choice_text='Ask them.'")
        connection.execute("DELETE FROM scores")
    found = inheritance.inherited(db, child_of(db, parent, study), study)
    assert [(each.choice, each.scores) for each in found.values()] == [(None, ())]
    [column] = read_columns(db, child_of(db, parent, study), inherited=True)
    assert column.outcomes[0, 0].text == "Ask them."
