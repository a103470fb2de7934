"""Inputs that a run stores so that it does not change: definitions, targets, seed rule."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from align_tui.config import paths
from align_tui.config.attributes import load_attributes
from align_tui.core.attributes import Attribute, Attributes
from align_tui.core.scenarios import Choice, Scenario
from align_tui.core.targets import (
    Distribution,
    Target,
    target_id,
    targets_from_json,
    targets_to_json,
)
from align_tui.core.types import Json, canonical, loads
from align_tui.store import history, run_inputs, runs
from align_tui.store.database import Database
from align_tui.store.domain_tables import keep_targets
from tests.conftest import HIGH, make_profile, make_study

PACK = """\
name = "mine"
[[attribute]]
id = "moral_desert"
name = "desert"
definition = "{definition}"
high = "h"
low = "l"
"""
units = st.floats(0.0, 1.0)
distributions = st.builds(
    Distribution,
    st.lists(units, min_size=1, max_size=5).map(tuple),
    st.floats(0.01, 1.0),
    st.text("abc", max_size=4),
)
targets = st.lists(
    st.builds(Target, st.text("abcé", min_size=1, max_size=5), units | distributions,
              st.floats(0.1, 9.0)),
    max_size=3,
).map(tuple)  # fmt: skip


def define(text: str) -> None:
    """Define moral desert in the user's own pack, which every process notices."""
    folder: Path = paths.user_attributes()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "mine.toml").write_text(PACK.format(definition=text))


@given(aims=targets)
def test_targets_are_read_back_equal(aims: tuple[Target, ...]) -> None:
    body: Json = loads(canonical(targets_to_json(aims)))
    assert targets_from_json(body) == aims


@pytest.mark.parametrize(
    "body", [{}, "moral_desert=1.0", [1], [{"attribute": "a"}], [{"attribute": "a", "value": "1"}],
             [{"attribute": "a", "samples": 0.5, "bandwidth": 0.1}]],
)  # fmt: skip
def test_what_is_no_target_is_refused(body: Json) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        targets_from_json(body)


def test_a_run_keeps_every_target_that_it_scores_by(database: Database) -> None:
    spread = (Target("fairness", Distribution((0.1, 0.6), 0.2, "P7"), 2.0),)
    study = make_study(1)
    run = runs.create_run(database, study, {})
    high = (Target("moral_desert", 1.0),)
    assert run_inputs.stored_targets(database, run) == {target_id(high): high}
    assert history.read_detail(database, run).targets == {target_id(high): high}
    with database.write() as connection:
        keep_targets(connection, run, [spread])
    assert run_inputs.stored_targets(database, run)[target_id(spread)] == spread
    runs.delete_run(database, run)
    assert database.read("SELECT * FROM run_targets") == []


def test_a_run_keeps_the_definitions_that_it_uses(database: Database) -> None:
    """Definitions of its targets and labels; a later edit of a pack does not change them."""
    define("as it was")
    run = runs.create_run(database, make_study(1), {})
    define("as it is now")
    kept = runs.load_study(database, run).attributes
    assert kept is not None and set(kept.known) == {"moral_desert"}
    assert kept.known["moral_desert"].definition == "as it was"
    assert load_attributes().known["moral_desert"].definition == "as it is now"
    now = run_inputs.read_inputs(database, runs.create_run(database, make_study(1), {}))
    before, aims = run_inputs.read_inputs(database, run), ("moral_desert",)
    assert before.definition_of(aims) != now.definition_of(aims)
    assert before.definition_of(()) == now.definition_of(())


def test_a_run_of_a_study_takes_its_definitions_before_the_packs(database: Database) -> None:
    own = Attribute("moral_desert", "own", "of the study", "h", "l", ("desert",))
    study = replace(make_study(1), attributes=Attributes({own.id: own}))
    loaded = runs.load_study(database, runs.create_run(database, study, {}))
    assert loaded.attributes == study.attributes
    profile = make_profile(
        "p", "prompt_aligned", target=[*HIGH, {"attribute": "fairness", "value": 1}]
    )
    wider = replace(loaded, profiles=(profile,))
    kept = runs.load_study(database, runs.create_run(database, wider, {})).attributes
    assert kept is not None and kept.known["moral_desert"] == own
    assert kept.known["fairness"] == load_attributes().known["fairness"]


def test_garbled_definitions_are_those_of_the_day(database: Database) -> None:
    run = runs.create_run(database, make_study(1), {})
    for body in ("{", "[1]", '[{"id": "x"}]', "7"):
        with database.write() as connection:
            connection.execute("UPDATE runs SET attributes=? WHERE id=?", (body, run))
        assert runs.load_study(database, run).attributes is None


def scenario(text: str = "t", *, label: float = 1.0, choice: str = "a") -> Scenario:
    return Scenario("k", text, (Choice(choice, {"x": label}), Choice("b", {"x": 0.0})))


def test_a_scenario_is_seen_and_scored_apart() -> None:
    one = scenario()
    relabelled, reworded = scenario(label=0.5), scenario("u")
    assert one.seen_hash == relabelled.seen_hash and one.scored_hash != relabelled.scored_hash
    assert one.seen_hash != reworded.seen_hash and one.scored_hash == reworded.scored_hash
    assert one.seen_hash != scenario(choice="c").seen_hash
    assert len({each.hash for each in (one, relabelled, reworded)}) == 3


def test_new_runs_seed_by_what_is_seen_and_children_as_their_parent(database: Database) -> None:
    run = runs.create_run(database, make_study(1), {})
    assert run_inputs.read_inputs(database, run).seed_rule == "seen"
    with database.write() as connection:
        connection.execute("UPDATE runs SET seed_rule='content' WHERE id=?", (run,))
    child = runs.create_run(database, make_study(1), {}, parent=run)
    assert run_inputs.read_inputs(database, child).seed_rule == "content"
