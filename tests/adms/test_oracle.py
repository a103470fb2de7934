"""The oracle: its predictions are the labels, and an alignment function ranks the choices."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from align_tui.adms.oracle import OracleParams
from align_tui.adms.ranking import LEFT_OUT
from align_tui.adms.registry import make_adm
from align_tui.config.attributes import load_attributes
from align_tui.config.profile import Profile
from align_tui.core.alignment.ranking import Ranking
from align_tui.core.decision_checks import sound
from align_tui.core.decisions import Decision
from align_tui.core.errors import ConfigError
from align_tui.core.predictions import Prediction, Relevance
from align_tui.core.scenarios import Choice, Scenario
from align_tui.core.scorers.distance import right_choices
from align_tui.formats.library import find_scenarios
from tests.adms.test_adms import Script
from tests.conftest import HIGH


def decide(scenario: Scenario, target: Any = HIGH, seed: int = 1, **tables: Any) -> Decision:
    body = {"name": "o", "adm": {"kind": "oracle", **tables.pop("adm", {})}, "target": target}
    profile = Profile.model_validate(body | tables)
    adm = make_adm(profile, load_attributes())

    async def once() -> Decision:
        return await adm(scenario, profile.target, Script(seed=seed))

    return sound(asyncio.run(once()), len(scenario.choices))


def scenario(*labels: dict[str, float]) -> Scenario:
    return Scenario("s", "Whom?", tuple(Choice(f"c{i}", each) for i, each in enumerate(labels)))


def ranked(decision: Decision) -> Ranking:
    assert decision.ranking is not None
    return decision.ranking


def test_labels_are_predictions_and_the_function_ranks_them() -> None:
    made = decide(scenario({"moral_desert": 0.25, "merit": 1.0}, {"moral_desert": 0.75}))
    assert made.predictions == (
        {
            "moral_desert": Prediction((0.25,), rater="labels"),
            "merit": Prediction((1.0,), rater="labels"),
        },
        {"moral_desert": Prediction((0.75,), rater="labels")},
    )
    ranking = ranked(made)
    assert made.choice == ranking.taken == 1 and ranking.best == (1,)
    assert ranking.function == "average_distance" and ranking.tie_break == "none"
    assert ranking.scores == pytest.approx((0.25, 0.75))
    assert "average_distance puts it first for moral_desert=1.0" in made.reasoning
    assert [step.name for step in made.steps] == ["rank"]


def test_inverted_is_the_functions_misaligned() -> None:
    labelled = scenario({"moral_desert": 0.25}, {"moral_desert": 0.75})
    by_function = {"function": "average_distance", "misaligned": True}
    for tables in ({"adm": {"inverted": True}}, {"alignment": by_function}):
        made = decide(labelled, **tables)
        assert made.choice == 0 and ranked(made).parameters["misaligned"] is True


def test_the_seed_decides_among_equals_and_says_so() -> None:
    tied = scenario({"moral_desert": 0.5}, {"moral_desert": 0.0}, {"moral_desert": 0.5})
    found = [decide(tied, seed=seed) for seed in range(40)]
    assert {each.choice for each in found} == {0, 2}
    assert all(ranked(each).best == (0, 2) and ranked(each).tie_break == "seed" for each in found)
    assert "another choice ties, and the seed drew it" in found[0].reasoning
    again = [ranked(decide(tied, seed=7)) for _ in range(3)]
    assert again[0] == again[1] == again[2]


def test_choices_without_the_label_are_left_out_with_a_note() -> None:
    made = decide(scenario({"merit": 1.0}, {"moral_desert": 0.1}, {}, {"moral_desert": 0.0}))
    ranking = ranked(made)
    assert made.choice == 1 and ranking.best == (1,)
    assert ranking.scores[0] == ranking.scores[2] == 0.0 and sum(ranking.scores) == pytest.approx(1)
    assert ranking.details["distances"] == [None, 0.9, None, 1.0]
    assert made.notes == (f"Choices 1, 3 are {LEFT_OUT}.",)


def test_where_nothing_is_labelled_the_first_is_taken() -> None:
    sets: list[list[dict[str, float]]] = [[{}, {}], [{"merit": 1.0}, {}]]
    for each in sets:
        made = decide(scenario(*each))
        assert made.choice == 0 and "No choice is labelled" in made.reasoning
        assert made.ranking is None and made.predictions is None


def test_another_function_ranks_by_what_it_needs() -> None:
    ill = scenario({"moral_desert": 1.0, "medical": 0.2}, {"moral_desert": 0.0, "medical": 0.9})
    made = decide(ill, alignment={"function": "medical_only"})
    assert made.choice == 1 and ranked(made).function == "medical_only"
    drawn = {
        decide(ill, seed=s, alignment={"function": "medical_only", "probabilistic": True}).choice
        for s in range(30)
    }
    assert drawn == {0, 1}


BOTH = [
    {"attribute": "moral_desert", "value": 1.0}, {"attribute": "merit", "value": 1.0}
]  # fmt: skip


def test_a_function_that_needs_relevance_gets_it_from_the_labels_of_each_choice() -> None:
    given_ = scenario({"moral_desert": 0.9}, {"merit": 0.5, "moral_desert": 0.5}, {})
    made = decide(given_, BOTH, alignment={"function": "relevance_average_distance"})
    assert made.relevance == Relevance(
        (
            {"moral_desert": 1.0, "merit": 0.0},
            {"moral_desert": 1.0, "merit": 1.0},
            {"moral_desert": 0.0, "merit": 0.0},
        ),
        "labels",
    )
    # The weights are 1 / .1, 1 / .5 + 1 / .5, and 0.
    assert ranked(made).scores == pytest.approx((10 / 14, 4 / 14, 0.0)) and made.notes == ()


def test_with_relevance_an_attribute_that_nothing_is_labelled_for_does_not_count() -> None:
    pair = scenario({"medical": 0.9, "merit": 0.2}, {"medical": 0.5, "merit": 0.8})
    tables: dict[str, Any] = {"alignment": {"function": "medical_urgency_midpoint"}}
    assert decide(pair, BOTH, **tables).ranking is None
    made = decide(pair, BOTH, adm={"relevance": True}, **tables)
    assert made.choice == 1 and made.relevance is not None
    assert made.relevance.by_choice[0] == {"moral_desert": 0.0, "merit": 1.0}
    assert "relevance" not in OracleParams(kind="oracle").model_dump()
    assert OracleParams(kind="oracle", relevance=True).model_dump()["relevance"] is True


def test_a_distribution_is_ranked_by_a_function_that_takes_it() -> None:
    target = [{"attribute": "merit", "samples": [0.8, 0.9], "bandwidth": 0.1}]
    made = decide(
        scenario({"merit": 0.1}, {"merit": 0.7}), target, alignment={"function": "kde_js"}
    )
    assert made.choice == 1 and "merit~#" in made.reasoning


def test_it_is_right_on_every_scenario_of_the_demo() -> None:
    scored = 0
    for each in find_scenarios("demo-triage", load_attributes()).scenarios:
        for attribute in sorted(each.labelled):
            for value in (0.3, 1.0):
                target = [{"attribute": attribute, "value": value}]
                scored += is_right(each, target)
    assert scored > 20


labels = st.dictionaries(
    st.sampled_from(["a", "b"]), st.sampled_from([0.0, 0.1, 0.3, 0.5, 0.7, 1.0]) | st.floats(0, 1)
)


@given(
    given_labels=st.lists(labels, min_size=2, max_size=5),
    values=st.lists(st.floats(0, 1), min_size=1, max_size=2),
    seed=st.integers(0, 2**62),
)
def test_it_is_right_wherever_there_is_a_right_choice(
    given_labels: list[dict[str, float]], values: list[float], seed: int
) -> None:
    target = [
        {"attribute": name, "value": value} for name, value in zip("ab", values, strict=False)
    ]
    is_right(scenario(*given_labels), target, seed)


def is_right(each: Scenario, target: list[dict[str, object]], seed: int = 1) -> bool:
    aims = Profile.model_validate({"name": "o", "adm": {"kind": "oracle"}, "target": target}).target
    right = right_choices(each, aims)
    made = decide(each, target, seed)
    assert right is None or made.choice in right
    assert right is None or set(ranked(made).best) == right
    return right is not None


def test_a_function_without_misaligned_cannot_be_inverted(monkeypatch: pytest.MonkeyPatch) -> None:
    from align_tui.config import alignment

    monkeypatch.setitem(alignment.OURS, "medical_only", alignment.AlignmentParams)
    with pytest.raises(ConfigError, match="'medical_only' has no parameter 'misaligned'"):
        decide(scenario({}, {}), adm={"inverted": True}, alignment={"function": "medical_only"})
