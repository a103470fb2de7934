"""A model states the percentage of a group that takes each option."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from align_tui.adms.registry import make_adm
from align_tui.adms.stated_distribution import StatedDistributionParams, largest, schema_of
from align_tui.backbones.registry import open_backbone
from align_tui.config.attributes import load_attributes
from align_tui.config.backbone_spec import BackboneSpec, DecodingSpec
from align_tui.config.profile import Profile
from align_tui.core.decisions import Decision
from align_tui.core.errors import ReplyError, Truncated
from align_tui.core.scenarios import Choice, Scenario
from align_tui.core.scorers.registry import SCORERS
from align_tui.engine.llm import SampleLlm
from tests.adms.test_adms import Script

SURVEY = Scenario(
    "q",
    "Is it good?",
    (Choice("Yes"), Choice("No"), Choice("Unsure")),
    shares={"Atlantis": (0.5, 0.3, 0.2)},
)
ATLANTIS = [{"attribute": "Atlantis", "value": 1.0}]


def say(*percentages: object, why: str = "So.") -> dict[str, object]:
    return {"reasoning": why, "percentages": dict(zip("ABC", percentages, strict=True))}


def decide(model: Script, target: object = (), **params: object) -> Decision:
    table = {"name": "p", "adm": {"kind": "stated_distribution"} | params, "target": target}
    profile = Profile.model_validate(table)

    async def awaited() -> Decision:
        try:
            return await make_adm(profile, load_attributes())(SURVEY, profile.target, model)
        except BaseExceptionGroup as group:
            raise group.exceptions[0] from group

    return asyncio.run(awaited())


def test_percentages_are_normalised_and_the_largest_is_the_answer() -> None:
    model = Script(say(10, 30, 10))
    decision = decide(model, ATLANTIS)
    assert decision.choice == 1 and decision.reasoning == "So." and not decision.notes
    assert decision.probabilities == pytest.approx((0.2, 0.6, 0.2))
    assert decision.responses[0].choice is None
    system, user = (message.content for message in model.asked[0][0])
    assert "The group: Atlantis." in system and '"percentages"' in system
    assert user == "Is it good?\n\nOptions:\nA. Yes\nB. No\nC. Unsure"


def test_a_defined_group_is_told_by_its_definition() -> None:
    model = Script(say(1, 0, 0))
    decide(model, [{"attribute": "CREGION_South", "value": 1.0}])
    attribute = load_attributes().known["CREGION_South"]
    assert attribute.high in model.asked[0][0][0].content
    model = Script(say(1, 0, 0))
    decide(model)
    assert "people in general" in model.asked[0][0][0].content


def test_several_samples_are_averaged_and_each_has_its_stream() -> None:
    model = Script(say(100, 0, 0), say(0, 50, 50))
    decision = decide(model, ATLANTIS, samples=2)
    assert decision.probabilities == pytest.approx((0.5, 0.25, 0.25))
    assert [sampling.seed for _, sampling in model.asked] == [0, 1]
    score = SCORERS.get("total_variation").score_made(
        decision,
        SURVEY,
        Profile.model_validate({"name": "p", "adm": {"kind": "random"}, "target": ATLANTIS}).target,
    )
    assert score.correct is True and score.distance == pytest.approx(0.05)


def test_a_tie_is_seeded_and_told() -> None:
    taken = {decide(Script(say(40, 40, 20), seed=seed), ATLANTIS).choice for seed in range(12)}
    assert taken == {0, 1}
    one, other = (decide(Script(say(40, 40, 20), seed=3), ATLANTIS) for _ in range(2))
    assert one.choice == other.choice and "A, B have the largest share" in one.notes[0]
    assert largest((0.5, 0.3, 0.2), 7) == (0, ())


@pytest.mark.parametrize(
    "reply",
    [
        say(-1, 2, 3),
        say(101, 0, 0),
        say("10", 0, 0),
        say(True, 0, 0),
        say(None, 0, 0),
        {"reasoning": "r", "percentages": {"A": 1, "B": 2}},
        {"reasoning": "r", "percentages": [1, 2, 3]},
        {"reasoning": "r"},
        "{",
    ],
)
def test_a_reply_that_states_none_is_refused(reply: object) -> None:
    with pytest.raises(ReplyError):
        decide(Script(reply), ATLANTIS)


def test_a_reply_of_zeros_is_asked_again_for_at_least_one_percent() -> None:
    model = Script(say(0, 0, 0, why="None."), say(1, 3, 1))
    decision = decide(model, ATLANTIS)
    assert decision.choice == 1 and decision.reasoning == "So."
    first, second = decision.responses
    for response, least in ((first, 0), (second, 1)):
        schema: Any = response.schema
        assert schema["properties"]["percentages"]["properties"]["A"]["minimum"] == least
    assert any("asked again" in note for note in decision.notes)
    assert [sampling.seed for _, sampling in model.asked] == [0, 1]


def test_a_cut_reply_is_asked_for_again() -> None:
    assert decide(Script("CUT", say(1, 2, 3)), ATLANTIS).choice == 2
    with pytest.raises(Truncated):
        decide(Script("CUT", "CUT"), ATLANTIS)


@pytest.mark.parametrize("reasoning", ["before", "none"])
def test_the_schema_takes_what_the_reader_reads(reasoning: Any) -> None:
    schema = schema_of(3, StatedDistributionParams(kind="x", reasoning=reasoning))
    body = say(1, 2, 3)
    if reasoning == "none":
        del body["reasoning"]
    jsonschema.validate(json.loads(json.dumps(body)), schema)
    assert decide(Script(body), ATLANTIS, reasoning=reasoning).choice == 2
    assert replace(SURVEY, key="r").groups == {"Atlantis"}


@pytest.mark.parametrize("samples", [1, 2])
async def test_a_model_states_one(tiny_model: Path, samples: int) -> None:
    spec = BackboneSpec(kind="transformers", model=str(tiny_model))
    backbone = open_backbone(spec, lambda what, share: None)
    try:
        decoding = DecodingSpec(temperature=1.0, max_tokens=200)
        llm = SampleLlm(backbone, decoding, 5, lambda stream, text: None, 0.0)
        adm = {"kind": "stated_distribution", "max_reasoning_chars": 16, "samples": samples}
        profile = Profile.model_validate({"name": "p", "adm": adm, "target": ATLANTIS})
        decision = await make_adm(profile, load_attributes())(SURVEY, profile.target, llm)
    finally:
        backbone.close()
    shares = decision.probabilities
    assert shares is not None and sum(shares) == pytest.approx(1.0)
    assert decision.choice is not None and shares[decision.choice] == max(shares)
    assert len(decision.responses) >= samples
