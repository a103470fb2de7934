"""Personas: which people are chosen, their interviews, the vote, and packs of a user's own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from statistics import NormalDist, fmean

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from align_tui.config.attributes import load_attributes
from align_tui.config.library import load_profile
from align_tui.config.personas import AsksPersonas, find_pack, read_personas
from align_tui.config.profile import Profile
from align_tui.core.decisions import Message
from align_tui.core.errors import ConfigError
from align_tui.core.personas import Persona, PersonaAnswer, choose, density
from align_tui.core.targets import Distribution, Target
from align_tui.core.types import JsonObject
from align_tui.studies.edits import profile_toml
from tests.adms.script import Answering, decided
from tests.conftest import HIGH, make_scenarios

SCENARIO = make_scenarios(1)[0]
A, B = SCENARIO.choice_texts
PACK = """
name = "two"
[questions.moral_desert]
text = "How much do blame and merit count?"
[[persona]]
name = "Ada"
backstory = "I am Ada."
answers.moral_desert = { value = 9, text = "Nine." }
[[persona]]
name = "Bo"
backstory = "I am Bo."
answers.moral_desert = { value = 2, text = "Two." }
[[persona]]
name = "Cy"
backstory = "I am Cy."
"""


def person(**values: float) -> Persona:
    return Persona("x", "I.", tuple(PersonaAnswer((n,), "?", "!", v) for n, v in values.items()))


def takes(choice: str) -> Answering:
    return Answering(lambda messages, schema: {"reasoning": "So.", "choice": choice})


def test_the_nearest_answer_and_no_missing_one_first() -> None:
    people = [person(a=2), person(), person(a=9, b=9), person(a=10)]
    chosen = choose(people, (Target("a", 1.0),), 3, 0)
    assert chosen.indices == (3, 2, 0) and not chosen.notes
    # A weight makes an attribute count more; one that nobody answers is left out, and said so.
    targets = (Target("a", 0.1), Target("b", 1.0, 3.0))
    both = choose([person(a=1, b=9), person(a=3, b=10)], targets, 1, 0)
    assert both.indices == (1,)
    unknown = choose(people, (Target("z", 1.0),), 2, 5)
    assert "about z" in unknown.notes[0]
    assert unknown.indices == choose(people, (), 2, 5).indices


def test_all_distributions_choose_by_likelihood_and_others_by_their_mean() -> None:
    wide = Distribution((0.2, 0.2, 0.9), 0.05)
    people = [person(a=4), person(a=2), person(a=9)]
    assert choose(people, (Target("a", wide),), 3, 0).indices == (1, 2, 0)
    mixed = (Target("a", wide), Target("b", 0.5))
    assert choose([person(a=4, b=5), person(a=2, b=5)], mixed, 1, 0).indices == (0,)


@settings(max_examples=30)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=6), st.floats(0.01, 1), st.floats(0, 1))
def test_the_density_is_that_of_a_gaussian_kernel(
    samples: list[float], bandwidth: float, at: float
) -> None:
    ours = density(Distribution(tuple(samples), bandwidth), at)
    assert ours == pytest.approx(fmean(NormalDist(s, bandwidth).pdf(at) for s in samples))


def test_each_person_is_interviewed_at_once_and_the_majority_decides() -> None:
    def answer(messages: Sequence[Message], schema: JsonObject) -> object:
        said = messages[1].content
        return {"reasoning": said, "choice": A if "Samuel" in said else B}

    llm = Answering(answer)
    decision = decided(llm, SCENARIO, HIGH, kind="persona", probabilities=False)
    roles = [response.role for response in decision.responses]
    # Moral desert 10, 9 and 7.
    assert roles == ["persona Samuel Grieve", "persona Tomasz Brandt", "persona Viktor Sandoval"]
    assert decision.choice == 1 and "Tomasz" in decision.reasoning
    assert decision.votes is not None and decision.votes[1] > decision.votes[0]
    assert llm.most_at_once == 3 and llm.streams == [0, 1, 2]
    turns = llm.asked[0]
    assert [turn.role for turn in turns] == ["user", "assistant", "user", "assistant", "user"]
    assert "Question 2." in turns[2].content and SCENARIO.text in turns[-1].content
    assert all(choice in turns[-1].content for choice in (A, B))


def test_without_a_target_the_seed_draws_the_same_people_for_every_scenario() -> None:
    names = set()
    for scenario in make_scenarios(3):
        choice = scenario.choice_texts[0]
        decision = decided(takes(choice), scenario, kind="persona", probabilities=False)
        names.add(tuple(response.role for response in decision.responses))
        questions = [t for t in decision.responses[0].messages if t.content.startswith("Question")]
        assert len(questions) == 9
    assert len(names) == 1


def test_a_pack_of_the_user_is_stored_with_the_profile(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(PACK)
    file = tmp_path / "mine.toml"
    file.write_text('[adm]\nkind = "persona"\npersonas = "./own.toml"\nn_personas = 2\n')
    profile = load_profile(str(file))
    assert isinstance(profile.adm, AsksPersonas) and profile.adm.pack is not None
    assert [each.name for each in profile.adm.pack.persona] == ["Ada", "Bo", "Cy"]
    stored = Profile.from_body(profile.body())
    assert stored == profile and stored.hash == profile.hash
    (tmp_path / "own.toml").write_text(PACK.replace("Nine.", "Ten!"))
    assert load_profile(str(file)).hash != profile.hash


def test_the_text_of_a_profile_leaves_out_a_pack_that_is_read_again() -> None:
    text = profile_toml(load_profile("persona"))
    assert "emergency-workers" in text and "backstory" not in text


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ('name = "two"', "personas"),
        ("value = 9", "value"),
        ('backstory = "I am Ada."', "backstory"),
    ],
)
def test_a_broken_pack_is_refused_by_name(tmp_path: Path, change: str, what: str) -> None:
    broken = PACK.replace(change, 'attribute = [{ id = "x" }]' if what == "personas" else "x = 1")
    (tmp_path / "own.toml").write_text(broken)
    with pytest.raises(ConfigError, match=r"own\.toml"):
        read_personas(tmp_path / "own.toml", load_attributes())


def test_unknown_packs_and_too_many_people_are_refused() -> None:
    with pytest.raises(ConfigError) as found:
        find_pack("emergency-worker")
    assert "emergency-workers" in found.value.hint
    with pytest.raises(ConfigError, match="has 12 personas"):
        load_profile("persona", overrides=["adm.n_personas=13"])
    with pytest.raises(ConfigError, match="a pack of personas"):
        load_profile(str(find_pack("emergency-workers")))


def test_the_shipped_people_answer_all_questions_over_the_whole_scale() -> None:
    people = read_personas(find_pack("emergency-workers"), load_attributes()).people()
    assert len(people) == 12
    for question in range(9):
        values = {person.answers[question].value for person in people}
        assert min(values) <= 3 and max(values) >= 9 and len(values) >= 5
