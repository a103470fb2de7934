"""Personas, tagging, flows, pipelines and paper profiles on a real small model: they decide."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from align_tui.adms.flow import kind, prompts
from align_tui.adms.registry import make_adm
from align_tui.backbones.base import Backbone
from align_tui.backbones.registry import open_backbone
from align_tui.config.attributes import load_attributes
from align_tui.config.backbone_spec import BackboneSpec, DecodingSpec
from align_tui.config.library import load_profile
from align_tui.core.decision_checks import checked_decision
from align_tui.core.decisions import Decision
from align_tui.engine.llm import SampleLlm
from tests.conftest import make_scenarios

SCENARIO = make_scenarios(1)[0]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def model(smollm2: Path) -> Iterator[Backbone]:
    spec = BackboneSpec(kind="transformers", model=str(smollm2))
    backbone = open_backbone(spec, lambda what, share: None)
    yield backbone
    backbone.close()


@pytest.fixture(autouse=True)
def short_replies(monkeypatch: pytest.MonkeyPatch) -> None:
    """The steps' lists and texts stay short, so that the test does."""
    tiny = prompts.Limits(
        variables=2, variable=24, facts=2, fact=24, attributes=1, attribute=24, values=1, value=24,
        explanation=24, part=24, entries=2, entry=24, reasoning=24, answer=24,
    )  # fmt: skip
    monkeypatch.setattr(kind, "FULL", tiny)


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("persona-moral-desert-high", ["adm.n_personas=2", "adm.max_reasoning_chars=24"]),
        ("tagging-start", ["adm.max_reasoning_chars=24"]),
        ("decision-flow-moral-desert-high", ["adm.attempts=9"]),
        ("decision-flow-fine-moral-desert-high", ["adm.attempts=9", "adm.express_attempts=2"]),
        ("pipeline-baseline", []),
        ("stated-distribution", []),
        ("paper-baseline", []),
        ("paper-moral-desert-high", []),
    ],
)
def test_it_decides(model: Backbone, name: str, changes: list[str]) -> None:
    profile = load_profile(name, backbone="mistral-7b", overrides=changes)
    adm = make_adm(profile, load_attributes())
    llm = SampleLlm(model, DecodingSpec(max_tokens=60), 1, lambda stream, piece: None, 0.0)

    async def decide() -> Decision:
        return await adm(SCENARIO, profile.target, llm)

    decision = checked_decision(asyncio.run(decide()), len(SCENARIO.choices))
    assert decision.choice in range(len(SCENARIO.choices)) and decision.responses
    if name.startswith("decision-flow"):
        assert [step.name for step in decision.steps][-2:] == ["express", "math_reason"]
