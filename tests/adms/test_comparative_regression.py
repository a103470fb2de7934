"""Comparative regression: what it asks, what it makes of the scores, and what it refuses."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import pytest

from align_tui.adms.base import Adm
from align_tui.adms.rating.comparative import ComparativeOptions, rate_together
from align_tui.adms.registry import make_adm
from align_tui.config.attributes import load_attributes
from align_tui.config.profile import Profile
from align_tui.config.prompts.rating import RatingPrompts
from align_tui.core.decisions import Decision, Message
from align_tui.core.errors import AdmError, ConfigError, ReplyError
from align_tui.core.scenarios import Character, Choice, Scenario
from align_tui.studies.examples import check_examples, with_examples
from tests.adms.scripted import Request, ScriptedLlm, decide

A, B = "Treat Ana", "Treat Bo"
SCENE = Scenario("s", "Ana bleeds. Bo set the fire.", (Choice(A), Choice(B)))
KIND = {"kind": "comparative_regression"}


def favours_ana(request: Request) -> object:
    """Ana 90 and Bo 20 in everything, in the form that the schema asks for."""
    properties = request.schema["properties"]
    assert isinstance(properties, dict)
    reply: dict[str, object] = {}
    for key, part in properties.items():
        if key == "reasoning":
            reply[key] = "Both weighed."
            continue
        fields = part["properties"]
        values = {
            "reasoning": f"of {key}",
            "predicted_outcome": f"{key} lives",
            "relevant": "yes" if key == A else "no",
            "score": 90 if key == A else 20,
        }
        reply[key] = {name: values[name] for name in fields}
    return reply


def test_one_call_for_each_attribute_scores_all_choices() -> None:
    llm = ScriptedLlm(favours_ana)
    table = {**KIND, "attributes": ["medical", "*"]}
    decision = decide(llm, SCENE, table, {"merit": 1.0})
    assert decision.choice == 0 and decision.predictions is not None
    assert [set(row) for row in decision.predictions] == [{"medical", "merit"}] * 2
    assert decision.predictions[1]["merit"].samples == (0.2,)
    assert [list(r.schema["properties"]) for r in llm.asked] == [["reasoning", A, B]] * 2
    assert "medical need" in llm.asked[0].system and "merit" in llm.asked[1].system
    assert "1.0" not in llm.asked[1].system + llm.asked[1].user  # the target is not told
    assert decision.ranking is not None and decision.ranking.function == "average_distance"
    assert "Both weighed." in decision.reasoning
    assert decision.responses[0].reasoning == f"Both weighed.\n{A}: [90]\n{B}: [20]"


def test_samples_of_both_orders_are_joined() -> None:
    llm = ScriptedLlm(favours_ana)
    decision = decide(llm, SCENE, {**KIND, "samples": 2, "swap_average": True}, {"merit": 0.0})
    assert decision.choice == 1 and decision.predictions is not None
    assert decision.predictions[0]["merit"].samples == (0.9,) * 4
    orders = [request.user.index(A) < request.user.index(B) for request in llm.asked]
    assert orders == [True, True, False, False]
    keys = [list(r.schema["properties"])[1:] for r in llm.asked]
    assert keys == [[A, B], [A, B], [B, A], [B, A]]
    assert sorted(request.stream for request in llm.asked) == [0, 1, 2, 3]


def test_outcomes_are_foreseen_for_each_sample_and_shown_to_its_scores() -> None:
    told = iter(("first", "second"))

    def reply(request: Request) -> object:
        if "predicted_outcome" in str(request.schema):
            outcome = next(told)
            return {A: {"predicted_outcome": outcome}, B: {"predicted_outcome": outcome}}
        return favours_ana(request)

    llm = ScriptedLlm(reply)
    table = {**KIND, "samples": 2, "predict_outcomes": True, "predict_relevance": True,
             "reasoning": "per_choice"}  # fmt: skip
    decision = decide(llm, SCENE, table, {"merit": 1.0}, alignment={"function": "average_distance"})
    scoring = [request.user for request in llm.asked if "'score'" in str(request.schema)]
    assert ["first" in user for user in scoring] == [True, False]
    assert ["second" in user for user in scoring] == [False, True]
    assert decision.relevance is not None
    assert [dict(row) for row in decision.relevance.by_choice] == [{"merit": 1.0}, {"merit": 0.0}]
    assert decision.predictions is not None
    assert decision.predictions[0]["merit"].reasons == (f"of {A}",) * 2


def test_each_attribute_has_its_own_bounds_and_valid_scores() -> None:
    """align-system takes the last attribute's bounds for all."""
    llm = ScriptedLlm(lambda request: {"reasoning": "r", A: {"score": 9}, B: {"score": 1}})
    target = {"QualityOfLife": 1.0, "Moral judgement": 0.0}
    decision = decide(llm, SCENE, {**KIND, "enum_scores": True}, target)
    scores = [r.schema["properties"][A]["properties"]["score"] for r in llm.asked]
    assert scores[0]["enum"] == [1, 3, 7, 9] and len(scores[1]["enum"]) == 101
    assert decision.predictions is not None
    assert decision.predictions[0]["QualityOfLife"].samples == (0.9,)
    assert decision.predictions[0]["Moral judgement"].samples == (0.09,)


def test_anchors_and_the_facts_that_matter_are_told() -> None:
    people = (
        Character("p1", "Ana", "hurt badly", {"intent": "no intent", "rank": "captain"}),
        Character("p2", "Bo", "hurt badly", {"intent": "intend major harm"}),
    )
    scene = replace(SCENE, characters=people)
    llm = ScriptedLlm(favours_ana)
    decide(llm, scene, KIND, {"Moral judgement": 1.0, "Ingroup Bias": 0.0, "merit": 1.0})
    morals, groups, merit = llm.asked
    assert "intent: intend major harm" in morals.user and "captain" not in morals.user
    assert "rank: captain" in groups.user and "Ana: hurt badly" in groups.user
    assert "intent" not in merit.user
    anchor = load_attributes().known["merit"].anchors[0].text
    assert anchor in merit.system
    bare = ScriptedLlm(favours_ana)
    decide(bare, scene, {**KIND, "anchors": False}, {"merit": 1.0})
    assert anchor not in bare.asked[0].system


def test_a_choice_that_is_named_like_a_field_or_is_long_gets_a_number() -> None:
    for odd in ("reasoning", "Treat " + "x" * 400):
        scene = replace(SCENE, choices=(Choice(odd), Choice(B)))
        llm = ScriptedLlm(
            lambda request: {
                "reasoning": "r",
                "Choice 1": {"score": 80},
                "Choice 2": {"score": 10},
            }
        )
        decision = decide(llm, scene, KIND, {"merit": 1.0})
        assert decision.choice == 0
        assert f"Choice 1: {odd}" in llm.asked[0].user


@pytest.mark.parametrize(
    "reply",
    [
        {"reasoning": "r", A: {"score": 5}},
        {"reasoning": "r", A: {"score": 101}, B: {"score": 5}},
        {"reasoning": "r", A: {"score": -1}, B: {"score": 5}},
        {"reasoning": "r", A: {"score": True}, B: {"score": 5}},
        {"reasoning": "r", A: {"score": 1.5}, B: {"score": 5}},
        {"reasoning": "r", A: 7, B: {"score": 5}},
        {"reasoning": "r", A: {"score": "7"}, B: {"score": 5}},
        [1],
    ],
)
def test_a_reply_without_a_score_for_every_choice_is_an_error(reply: object) -> None:
    with pytest.raises(ReplyError):
        decide(ScriptedLlm(lambda request: reply), SCENE, KIND, {"merit": 1.0})


def test_own_templates_get_the_values_of_the_rating() -> None:
    llm = ScriptedLlm(favours_ana)
    own = {
        "system": "{{ attribute.id }} {{ attribute.maximum }} {{ anchors | length }}",
        "user": "{% for choice in choices %}<{{ choice.text }}>{% endfor %}",
    }
    decide(llm, SCENE, {**KIND, **own}, {"merit": 1.0})
    assert [turn.content for turn in llm.asked[0].messages] == ["merit 100 5", f"<{A}><{B}>"]
    with pytest.raises(ConfigError, match=r"adm\.user"):
        decide(llm, SCENE, {**KIND, "user": "{{ nothing }}"}, {"merit": 1.0})


def test_examples_stand_between_instruction_and_question() -> None:
    llm = ScriptedLlm(favours_ana)
    merit = load_attributes().known["merit"]
    medical = load_attributes().known["medical"]
    turns = (Message("user", "an example"), Message("assistant", "{}"))
    prompts = RatingPrompts("p")
    rate = rate_together(llm, SCENE, [merit], prompts, ComparativeOptions(), {"merit": turns})
    asyncio.run(rate)
    roles = [turn.role for turn in llm.asked[0].messages]
    assert roles == ["system", "user", "assistant", "user"]
    with pytest.raises(AdmError, match="medical need"):
        asyncio.run(
            rate_together(
                llm, SCENE, [merit, medical], prompts, ComparativeOptions(), {"merit": turns}
            )
        )


def test_an_attribute_that_no_pack_defines_is_refused_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match="merrit") as error:
        decide(ScriptedLlm(favours_ana), SCENE, {**KIND, "attributes": ["merrit"]}, {})
    assert "'merit'" in error.value.hint
    profile = Profile.model_validate({"name": "p", "adm": {**KIND, "attributes": ["medical"]}})
    assert not profile.adm.traits.needs_target and profile.attributes == ("medical",)
    assert Profile.model_validate({"name": "p", "adm": KIND}).adm.traits.needs_target


def test_few_shot_shows_each_attribute_its_own_examples() -> None:
    llm = ScriptedLlm(favours_ana)
    table = {
        "name": "p",
        "adm": {**KIND, "attributes": ["moral_desert", "fairness"]},
        "target": [{"attribute": "moral_desert", "value": 1.0}],
        "examples": {"scenarios": "demo-triage", "number": 2},
    }
    known = load_attributes()
    profile = with_examples(Profile.model_validate(table), known)
    check_examples(profile, known)
    decision = asyncio.run(_decide(make_adm(profile, known), SCENE, profile, llm))
    assert [len(request.messages) for request in llm.asked] == [6, 6]
    for request, name in zip(llm.asked, ("moral_desert", "fairness"), strict=True):
        used = [each for each in decision.examples if each.attribute == name]
        assert [turn.content for turn in request.messages[1:5:2]] == [each.prompt for each in used]
        reply = json.loads(used[0].response)
        scores = [part["score"] for key, part in reply.items() if key != "reasoning"]
        assert set(scores) == {0, 100} and reply["reasoning"]
        assert f"Score every response for {known.known[name].name}." in used[0].prompt
    lacking = profile.model_copy(
        update={"adm": profile.adm.model_copy(update={"attributes": ("medical",)})}
    )
    with pytest.raises(ConfigError, match="medical"):
        check_examples(lacking, known)


async def _decide(adm: Adm, scene: Scenario, profile: Profile, llm: ScriptedLlm) -> Decision:
    return await adm(scene, profile.target, llm)
