"""The order of the choices: what a decision-maker sees, and that its decision is mapped back."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from align_tui.adms.registry import make_adm
from align_tui.config.attributes import load_attributes
from align_tui.config.profile import Profile
from align_tui.core.alignment.ranking import Ranking
from align_tui.core.answers import ChoiceAnswer, TextAnswer
from align_tui.core.choice_order import mapped_back, permuted, relative_orders, shuffled_order
from align_tui.core.decision_checks import checked_decision
from align_tui.core.decisions import (
    ChoiceProbabilities,
    Decision,
    Message,
    Sampling,
    ShownChoices,
)
from align_tui.core.errors import AdmError
from align_tui.core.predictions import Prediction, Relevance
from align_tui.core.scenarios import Choice, Scenario
from align_tui.studies.edits import profile_toml
from tests.adms.script import Answering, decided
from tests.adms.scripted import Request, ScriptedLlm, decide

NAMES = ("Ann", "Bo", "Cy")
SCENARIO = Scenario(
    "s",
    "Who is first?",
    tuple(Choice(name, {"fairness": i / 2}) for i, name in enumerate(NAMES)),
    shares={"g": (0.2, 0.3, 0.5)},
)
PAIR = Scenario("p", "Who is first?", SCENARIO.choices[:2])


class ByContent(Answering):
    """Takes one choice by its text; probabilities go by text too."""

    def __init__(self, wanted: str, seed: int, chances: dict[str, float] | None = None) -> None:
        super().__init__(lambda messages, schema: {"reasoning": "So.", "choice": wanted}, seed)
        self.chances = chances or {"Ann": 0.2, "Bo": 0.7, "Cy": 0.1}

    async def score(
        self, messages: Sequence[Message], replies: Sequence[str], sampling: Sampling
    ) -> ChoiceProbabilities:
        by_text = [next(p for n, p in self.chances.items() if f'"{n}"' in r) for r in replies]
        return ChoiceProbabilities(tuple(by_text))


class First(Answering):
    """Always takes the choice that is shown first; it is .8 sure of it."""

    def __init__(self, seed: int = 1) -> None:
        super().__init__(self._first, seed)

    @staticmethod
    def _first(messages: Sequence[Message], schema: Any) -> dict[str, str]:
        return {"reasoning": "So.", "choice": schema["properties"]["choice"]["enum"][0]}

    async def score(
        self, messages: Sequence[Message], replies: Sequence[str], sampling: Sampling
    ) -> ChoiceProbabilities:
        rest = 0.2 / (len(replies) - 1)
        return ChoiceProbabilities((0.8, *(rest,) * (len(replies) - 1)))


def of(order: str | None, scenario: Scenario, llm: Any, **adm: Any) -> Decision:
    table: dict[str, Any] = {"name": "p", "adm": {"kind": "baseline", **adm}}
    if order is not None:
        table["order"] = order
    made = make_adm(Profile.model_validate(table), load_attributes())

    async def awaited() -> Decision:
        return await made(scenario, (), llm)

    return asyncio.run(awaited())


@settings(max_examples=20)
@given(st.integers(0, 10**9), st.sampled_from(NAMES), st.integers(1, 3))
def test_one_that_goes_by_content_decides_the_same_in_any_order(
    seed: int, wanted: str, samples: int
) -> None:
    plain = of(None, SCENARIO, ByContent(wanted, seed), samples=samples)
    for order in ("shuffled", "both"):
        made = of(order, SCENARIO, ByContent(wanted, seed), samples=samples)
        # With votes the votes decide; the averaged probabilities decide for one reply in both.
        expected = plain.choice if order == "shuffled" or samples > 1 else 1
        assert made.choice == expected
        assert made.probabilities == pytest.approx(plain.probabilities)
        assert {each.choice for each in made.responses} == {NAMES.index(wanted)}
        assert all(r.probabilities == pytest.approx((0.2, 0.7, 0.1)) for r in made.responses)
        assert (made.votes is None) == (samples == 1)
        assert checked_decision(made, 3) == made


@given(st.permutations(range(3)))
def test_everything_of_a_decision_is_mapped_back(order: list[int]) -> None:
    """A decision that is written for the permuted scenario is the one for the scenario itself."""
    values = (0.5, 0.25, 0.75)
    ranked = Ranking("f", "m", values, (0, 2), 2, "seed", details={"far": [1, 2, 3], "k": [1]})
    rated = tuple({"fairness": Prediction((v,))} for v in values)
    own = Decision(
        ChoiceAnswer(2), "So.", values, values, predictions=rated, ranking=ranked,
        relevance=Relevance(tuple({"fairness": v} for v in values), "r"),
    )  # fmt: skip

    def seen(part: Sequence[Any]) -> tuple[Any, ...]:
        return tuple(part[index] for index in order)

    place = order.index
    shown = Decision(
        ChoiceAnswer(place(2)), "So.", seen(values), seen(values), predictions=seen(rated),
        relevance=Relevance(seen(own.relevance.by_choice), "r"),  # type: ignore[union-attr]
        ranking=Ranking(
            "f", "m", seen(values), tuple(sorted((place(0), place(2)))), place(2), "seed",
            details={"far": list(seen((1, 2, 3))), "k": [1]},
        ),
    )  # fmt: skip
    back = mapped_back(shown, order)
    assert back.shown == (ShownChoices(tuple(order), 2),) and back.shown[0].place == place(2)
    assert (back.answer, back.probabilities, back.votes) == (own.answer, values, values)
    assert (back.predictions, back.relevance, back.ranking) == (rated, own.relevance, ranked)
    turned = permuted(SCENARIO, order)
    assert turned.choice_texts == seen(NAMES) and turned.shares["g"] == seen((0.2, 0.3, 0.5))
    assert permuted(turned, [order.index(i) for i in range(3)]) == SCENARIO


def test_the_first_shown_is_taken_whatever_its_index() -> None:
    choices = set()
    for seed in range(12):
        made = of("shuffled", SCENARIO, First(seed))
        assert made.shown[0].place == 0 and made.shown[0].order == shuffled_order(seed, 3)
        assert made.responses[0].order == made.shown[0].order
        assert made.probabilities is not None and made.choice is not None
        assert made.probabilities[made.choice] == 0.8
        choices.add(made.choice)
    assert choices == {0, 1, 2}
    assert of(None, SCENARIO, First()).shown == ()


def test_each_reply_of_a_vote_has_an_order_of_its_own() -> None:
    made = of("shuffled", SCENARIO, First(3), samples=8)
    orders = [shuffled_order(3, 3, stream) for stream in range(8)]
    assert [each.order for each in made.shown] == orders
    assert {each.place for each in made.shown} == {0}
    assert relative_orders(3, 3, 1) == [(0, 1, 2)]


def test_both_orders_are_asked_and_averaged() -> None:
    llm = First()
    made = of("both", PAIR, llm)
    assert made.probabilities == (0.5, 0.5)
    assert made.shown == (ShownChoices((0, 1), 0), ShownChoices((1, 0), 1))
    assert any("tie" in note for note in made.notes) and "gave A" in " ".join(made.notes)
    assert sorted(llm.streams) == [0, 1]
    given_half, turned = sorted(llm.samplings, key=lambda s: s.seed != 100)
    assert given_half.seed == 100 != turned.seed  # the given order is asked as it is alone
    # A likelier choice wins in both orders together.
    sure = of("both", PAIR, ByContent("Bo", 1, {"Ann": 0.4, "Bo": 0.6}))
    assert sure.choice == 1 and sure.probabilities == pytest.approx((0.4, 0.6))
    assert not any("tie" in note for note in sure.notes)


def test_without_probabilities_the_two_orders_vote() -> None:
    taken = {
        decided(First(seed), PAIR, kind="baseline", probabilities=False).choice for seed in (1, 2)
    }
    assert taken == {0}
    drawn = [of("both", PAIR, First(seed), probabilities=False) for seed in range(8)]
    assert {each.votes for each in drawn} == {(0.5, 0.5)}
    assert {each.choice for each in drawn} == {0, 1}
    again = [of("both", PAIR, First(seed), probabilities=False).choice for seed in range(8)]
    assert again == [each.choice for each in drawn]


def test_rankings_are_averaged() -> None:
    def rates(request: Request) -> object:
        """Ratings by text, and .2 more for what is listed first."""
        text = request.user
        listed = sorted((text.rfind(name), name) for name in ("Ann", "Bo"))
        base = {"Ann": 2, "Bo": 5}
        keys = list(request.schema["properties"])
        return {
            key: {"reasoning": "r", "score": base[name] + (2 if name == listed[0][1] else 0)}
            for key in keys
            for name in ("Ann", "Bo")
            if name in key
        }

    adm = {"kind": "comparative_regression"}
    made = decide(ScriptedLlm(rates), PAIR, adm, {"fairness": 1.0}, order="both")
    assert made.choice == 1 and made.ranking is not None and made.predictions is not None
    assert [len(row["fairness"].samples) for row in made.predictions] == [2, 2]
    assert set(made.ranking.details) == {"given order", "reversed order"}
    assert made.ranking.taken == 1 and len(made.shown) == 2
    assert checked_decision(made, 2) == made
    alone = decide(ScriptedLlm(rates), PAIR, adm, {"fairness": 1.0})
    assert alone.ranking is not None and made.ranking.scores != alone.ranking.scores


def test_the_setting_is_part_of_the_profile_where_it_matters() -> None:
    def profile(**more: Any) -> Profile:
        return Profile.model_validate({"name": "p", "adm": {"kind": "baseline"}, **more})

    plain, stated = profile(), profile(order="given")
    assert plain == stated and plain.hash == stated.hash and "order" not in plain.body()
    hashes = {plain.hash, profile(order="shuffled").hash, profile(order="both").hash}
    assert len(hashes) == 3
    styled = {"prompt": {"prompt_style": "align"}}
    assert profile(**styled).choice_order == "shuffled" and profile(**styled).order is None
    assert profile(**styled, order="shuffled") == profile(**styled)
    assert profile(**styled, order="given").choice_order == "given"
    old = Profile.model_validate(
        {"name": "p", "adm": {"kind": "baseline", "shuffle_choices": True}}
    )
    assert old == profile(order="shuffled")
    blind = Profile.model_validate({"name": "p", "adm": {"kind": "random"}, "order": "both"})
    assert blind.choice_order == "given" and blind.order is None
    both = profile(order="both")
    assert Profile.from_body(both.body()) == both and 'order = "both"' in profile_toml(both)


def test_a_text_answer_has_no_order_and_a_false_order_is_refused() -> None:
    answered = Decision(ChoiceAnswer(0), "So.", shown=(ShownChoices((0, 0), 0),))
    with pytest.raises(AdmError, match="each index once"):
        checked_decision(answered, 2)
    assert checked_decision(Decision(TextAnswer("a"), ""), 2, "text").shown == ()


def test_a_chooser_of_one_place_takes_what_is_shown_there() -> None:
    for seed in range(4):
        llm = ScriptedLlm(lambda request: {}, seed=seed)
        made = decide(llm, SCENARIO, {"kind": "fixed"}, {}, order="shuffled")
        assert made.shown[0].place == 0 and made.choice == shuffled_order(seed, 3)[0]
