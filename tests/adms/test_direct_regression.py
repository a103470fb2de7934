"""Direct regression: whom it asks about, what it shows, and anchors made from records."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from align_tui.adms.registry import make_adm
from align_tui.config.attributes import load_attributes
from align_tui.config.profile import Profile
from align_tui.core.errors import AdmError, ConfigError
from align_tui.core.scenarios import Character, Choice, Scenario
from align_tui.formats.sets import ScenarioSet
from align_tui.studies.records import with_records
from tests.adms.scripted import Request, ScriptedLlm, decide

ANA = Character("Patient A", "Patient A", "a cut on the arm")
BO = Character("Patient B", "Patient B", "no pulse (since dawn)*")
SCENE = Scenario(
    "s",
    "Shots fall. You hide behind a wall. a cut on the arm. no pulse (since dawn)*",
    (Choice("Treat A", character=ANA.id), Choice("Treat B", character=BO.id)),
    characters=(ANA, BO),
)
KIND = {"kind": "direct_regression"}


def score(request: Request) -> object:
    """70 for whoever has a cut, 30 for others."""
    return {"reasoning": "r", "score": 70 if "a cut" in request.user else 30}


def test_each_person_is_scored_without_the_other() -> None:
    llm = ScriptedLlm(score)
    decision = decide(llm, SCENE, {**KIND, "attributes": ["medical", "*"], "samples": 2},
                      {"merit": 1.0})  # fmt: skip
    assert decision.choice == 0 and decision.predictions is not None
    assert decision.predictions[1]["merit"].samples == (0.3, 0.3)
    assert len(llm.asked) == 8 and sorted(r.stream for r in llm.asked) == list(range(8))
    assert all(("cut" in r.user) != ("pulse" in r.user) for r in llm.asked)
    least = [r.schema["properties"]["score"]["minimum"] for r in llm.asked]
    assert least == [1] * 4 + [0] * 4  # medical need begins at 1
    finding = load_attributes().known["medical"].findings[0]
    assert f"- {finding.score}: {finding.text}" in llm.asked[0].system
    assert decision.responses[0].reasoning == "r [70]"


def test_a_choice_that_concerns_nobody_has_the_default() -> None:
    scene = replace(SCENE, choices=(SCENE.choices[0], Choice("Stay under cover")))
    llm = ScriptedLlm(score)
    table = {**KIND, "attributes": ["medical", "personal_safety", "merit"],
             "defaults": {"merit": 0.5}}  # fmt: skip
    decision = decide(llm, scene, table, {"merit": 1.0})
    assert decision.predictions is not None and len(llm.asked) == 3
    rated = {name: each.samples for name, each in decision.predictions[1].items()}
    assert rated == {"medical": (0.0,), "personal_safety": (1.0,), "merit": (0.5,)}
    assert decision.predictions[1]["merit"].reasons == ()


def test_leaving_is_scored_by_the_person_who_is_looked_for() -> None:
    scene = replace(SCENE, choices=(SCENE.choices[0], Choice("Go on")))
    llm = ScriptedLlm(score)
    decision = decide(llm, scene, KIND, {"search": 1.0})
    assert decision.predictions is not None and len(llm.asked) == 1
    assert decision.predictions[0]["search"].samples == (0.0,)
    assert decision.predictions[1]["search"].samples == (0.3,) and "pulse" in llm.asked[0].user
    with pytest.raises(AdmError, match="Patient C"):
        decide(llm, scene, {**KIND, "searched": {"search": "Patient C"}}, {"search": 1.0})


def test_personal_safety_also_shows_the_situation_but_not_the_others() -> None:
    """align-system takes the threat's text for a pattern, and fails at brackets in it."""
    llm = ScriptedLlm(score)
    decide(llm, SCENE, KIND, {"personal_safety": 1.0})
    assert "You hide behind a wall." in llm.asked[1].user and "cut" not in llm.asked[1].user
    state = {"input": {"full_state": {"threat_state": {"unstructured": "Shots [near] fall."}}}}
    odd = replace(
        SCENE,
        text="Shots [near] fall. A wall stands. a cut on the arm",
        source={"record": state},
    )
    llm = ScriptedLlm(score)
    decide(llm, odd, KIND, {"personal_safety": 1.0})
    assert llm.asked[0].user.startswith("Shots [near] fall. A wall stands.")
    assert llm.asked[0].user.endswith("- Patient A: a cut on the arm")


def test_without_people_each_choice_is_scored_by_itself() -> None:
    scene = Scenario("s", "Two bleed.", (Choice("Treat the first"), Choice("Treat the second")))
    llm = ScriptedLlm(lambda r: {"reasoning": "r", "score": 90 if "second" in r.user else 10})
    decision = decide(llm, scene, KIND, {"merit": 1.0})
    assert decision.choice == 1
    assert ["first" in r.user for r in llm.asked] == [True, False]


def test_a_person_who_is_not_there_is_an_error() -> None:
    scene = replace(SCENE, choices=(Choice("Treat Z", character="Patient Z"), *SCENE.choices))
    with pytest.raises(AdmError, match="Patient Z"):
        decide(ScriptedLlm(score), scene, KIND, {"merit": 1.0})


def records(monkeypatch: pytest.MonkeyPatch) -> None:
    """A set named `records`: forty people who were hit, and forty who caused it."""
    scenarios = tuple(
        Scenario(
            f"r{number}",
            f"Record {number}.",
            (
                Choice("A", {"merit": 0.0}, character="a"),
                Choice("B", {"merit": 0.9}, character="b"),
            ),
            characters=(
                Character("a", text=f"caused it {number}"),
                Character("b", text=f"was hit {number}"),
            ),
        )
        for number in range(40)
    )
    found = ScenarioSet("records", "", "native", scenarios)
    monkeypatch.setattr("align_tui.studies.records.find_scenarios", lambda *_: found)


def test_anchors_are_made_once_from_records_and_the_same_for_every_sample(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    records(monkeypatch)
    table: dict[str, Any] = {**KIND, "anchors": "generated", "records": "records"}
    bare = Profile.model_validate(
        {"name": "p", "adm": table, "target": [{"attribute": "merit", "value": 1.0}]}
    )
    profile = with_records(bare, load_attributes())
    assert profile.hash != bare.hash  # what the records hold is part of it

    def reply(request: Request) -> object:
        if "findings" in str(request.schema):
            return {"findings": [{"finding": "was hit", "score": 90}]}
        return score(request)

    llm = ScriptedLlm(reply)
    adm = make_adm(profile, load_attributes())

    async def both() -> list[Any]:
        return list(await asyncio.gather(*(adm(SCENE, profile.target, llm) for _ in range(2))))

    first, second = asyncio.run(both())
    made = [r for r in llm.asked if "findings" in str(r.schema)]
    assert len(made) == 3  # 40 descriptions in chunks of 32, then the condensed list
    assert made[0].user.count("\n") == 31 and "caused it" not in made[0].user  # 0 says nothing
    assert len({request.sampling.seed for request in made}) == 3
    rating = [r for r in llm.asked if "findings" not in str(r.schema)]
    assert len(rating) == 4 and all("- 90: was hit" in r.system for r in rating)
    assert first.predictions == second.predictions
    assert sorted(len(each.responses) for each in (first, second)) == [2, 5]
    assert {response.role for response in first.responses} >= {"anchors of merit"}


def test_records_that_changed_since_the_run_began_are_refused() -> None:
    table = {**KIND, "anchors": "generated", "records": "demo-triage"}
    pinned = Profile.model_validate({"name": "p", "adm": {**table, "records_sha256": "0" * 64}})
    with pytest.raises(ConfigError, match="have changed"):
        make_adm(pinned, load_attributes())
    gone = Profile.model_validate({"name": "p", "adm": {**table, "records": "no-such"}})
    with pytest.raises(ConfigError, match="no-such"):
        with_records(gone, load_attributes())
    with pytest.raises(ValueError, match="needs records"):
        Profile.model_validate({"name": "p", "adm": {**KIND, "anchors": "generated"}})
