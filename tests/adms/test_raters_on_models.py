"""The shipped profiles of raters decide through real models: something, not well."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping

import pytest

from align_tui.adms.registry import make_adm
from align_tui.backbones.base import Backbone
from align_tui.backbones.registry import open_backbone
from align_tui.config.attributes import load_attributes
from align_tui.config.backbone_spec import BackboneSpec
from align_tui.config.options import Options
from align_tui.core.decision_checks import checked_decision
from align_tui.core.decisions import Decision
from align_tui.engine.llm import OpenModel, SampleLlm
from align_tui.studies.assemble import load_study


@pytest.fixture
async def models() -> AsyncIterator[dict[str, Backbone]]:
    opened = {
        role: open_backbone(BackboneSpec(kind=kind), lambda what, share: None)
        for role, kind in (("", "demo"), ("embedding", "demo-embedding"))
    }
    yield opened
    for each in opened.values():
        each.close()


SHORT = ("adm.max_reasoning_chars=40",)
REPLIES: Mapping[str, int] = {
    "comparative-regression-moral-desert-high": 1,
    "comparative-regression-swapped": 2,
    "comparative-regression-few-shot": 1,
    "direct-regression-moral-desert-high": 2,
    "hybrid-regression-moral-desert-high": 0,
}
"""How many replies each profile asks for in a scenario with two choices."""


async def decided(name: str, models: Mapping[str, Backbone]) -> Decision:
    study = load_study(
        Options(
            profiles=(name,),
            scenarios=("demo-triage",),
            limit=1,
            overrides=SHORT if REPLIES[name] else (),
        )
    )
    [profile], [scenario] = study.profiles, study.scenarios
    roles = {"embedding": OpenModel(models["embedding"], profile.decoding)}
    llm = SampleLlm(models[""], profile.decoding, 7, lambda s, t: None, 0.0, models=roles)
    made = await make_adm(profile, load_attributes())(scenario, profile.target, llm)
    return checked_decision(made, len(scenario.choices))


async def test_every_shipped_profile_decides_on_the_demo_model(
    models: Mapping[str, Backbone],
) -> None:
    found = await asyncio.gather(*(decided(name, models) for name in REPLIES))
    for (name, replies), decision in zip(REPLIES.items(), found, strict=True):
        assert decision.predictions is not None and decision.ranking is not None, name
        assert all("moral_desert" in row for row in decision.predictions), name
        assert decision.reasoning and len(decision.responses) == replies, name
        assert len(decision.examples) == (1 if "few-shot" in name else 0), name
