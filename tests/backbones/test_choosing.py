"""The choice from one scoring pass equals what decoding draws, in fewer steps."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Sequence

import pytest
import torch

from align_tui.adms.ask import ask
from align_tui.adms.registry import make_adm
from align_tui.backbones.base import Request
from align_tui.backbones.local.backbone import LocalBackbone
from align_tui.backbones.local.scoring import Scoring
from align_tui.backbones.registry import open_backbone
from align_tui.config.adm_params import Reasoned
from align_tui.config.attributes import load_attributes
from align_tui.config.backbone_spec import BackboneSpec, DecodingSpec
from align_tui.config.options import Options
from align_tui.config.profile import Profile
from align_tui.core.decisions import GREEDY, Decision, Message, ReasoningOrder, Sampling
from align_tui.core.replies import CHOICE_MARK, decision_schema
from align_tui.core.scenarios import Scenario
from align_tui.engine.llm import SampleLlm
from align_tui.studies.assemble import DEMO_PROFILES, load_study

CHOICES = ("Treat Patient A", "Treat Patient B", "Wait")
PROMPT = (Message("system", "You are a medic."), Message("user", "Whom do you treat first?"))


def scoring(sampling: Sampling) -> Scoring:
    """Three choices as tokens 1 1, 1 2 and 2: token 1 has .55, split equally after it."""
    found = Scoring([[0, 1, 1, 9], [0, 1, 2, 9], [0, 2, 9, 9]], lambda _: None, sampling)
    first = torch.tensor([0.0, 0.55, 0.45]).log()
    halves = torch.tensor([0.0, 0.5001, 0.4999]).log()
    for probe in found.probes:
        probe.logits.append(torch.stack([first, halves]))
    return found


def test_a_greedy_choice_is_the_one_that_decoding_walks_to() -> None:
    found = scoring(GREEDY).probabilities()
    assert found.probabilities == pytest.approx((0.275, 0.275, 0.45), abs=0.001)
    assert found.drawn == 0  # although the last choice is the likeliest


def test_drawn_choices_come_as_often_as_they_are_likely() -> None:
    drawn = [scoring(Sampling(1.0, seed=seed)).probabilities().drawn for seed in range(2000)]
    for choice, share in enumerate((0.275, 0.275, 0.45)):
        assert drawn.count(choice) / len(drawn) == pytest.approx(share, abs=0.04)
    again = [scoring(Sampling(1.0, seed=seed)).probabilities().drawn for seed in range(50)]
    assert again == drawn[:50]
    cold = {scoring(Sampling(0.01, seed=seed)).probabilities().drawn for seed in range(50)}
    assert 2 not in cold
    first = {scoring(Sampling(5.0, top_k=1, seed=seed)).probabilities().drawn for seed in range(50)}
    assert first == {0}


@pytest.fixture(scope="module")
def demo() -> Iterator[LocalBackbone]:
    backbone = open_backbone(BackboneSpec(dtype="float32"), lambda what, share: None)
    assert isinstance(backbone, LocalBackbone)
    yield backbone
    backbone.close()


@pytest.mark.parametrize(
    ("order", "begins"), [("before", '{"reasoning":"'), ("after", "{"), ("none", "{")]
)
async def test_a_reply_ends_where_its_choice_begins(
    demo: LocalBackbone, order: ReasoningOrder, begins: str
) -> None:
    pieces: list[str] = []
    schema = decision_schema(CHOICES, order, 200)
    wanted = Request(PROMPT, schema, GREEDY, to_choice=True)
    made = await demo.generate(wanted, lambda _, text: pieces.append(text))
    assert made.finish == "choice" and made.text == "".join(pieces)
    assert made.text.startswith(begins) and made.text.endswith(CHOICE_MARK)
    assert made.text.count(CHOICE_MARK) == 1
    whole = await demo.generate(Request(PROMPT, schema, GREEDY), lambda _, text: None)
    assert whole.text.startswith(made.text)


@pytest.mark.parametrize("order", ["before", "after", "none"])
@pytest.mark.parametrize("temperature", [0.0, 1.0])
async def test_a_scored_reply_is_whole_and_its_choice_has_its_probability(
    demo: LocalBackbone, order: ReasoningOrder, temperature: float
) -> None:
    decoding = DecodingSpec(temperature=temperature)
    params = Reasoned(reasoning=order, max_reasoning_chars=200)
    for seed in range(3):
        llm = SampleLlm(demo, decoding, seed, lambda stream, text: None, 0.0)
        made = await ask(llm, PROMPT, CHOICES, params=params, scored=True)
        body = json.loads(made.generation.text)
        assert made.choice is not None
        assert body["choice"] == CHOICES[made.choice] and made.generation.finish == "stop"
        assert body.get("reasoning", "") == made.reasoning
        assert made.probabilities is not None and sum(made.probabilities) == pytest.approx(1.0)
        assert made.schema == decision_schema(CHOICES, order, 200)
        times = [at for at, _ in made.generation.timeline]
        assert times == sorted(times)
        assert made.generation.timeline[-1][1] == len(made.generation.text)
        assert 0 < made.generation.first_token_s <= made.generation.total_s


async def decisions(
    backbone: LocalBackbone, profile: Profile, scenarios: Sequence[Scenario]
) -> list[Decision]:
    adm = make_adm(profile, load_attributes())

    async def decide(scenario: Scenario) -> Decision:
        llm = SampleLlm(backbone, profile.decoding, 7, lambda stream, text: None, 0.0)
        return await adm(scenario, profile.target, llm)

    return await asyncio.gather(*map(decide, scenarios))


@pytest.mark.slow
@pytest.mark.parametrize("order", ["before", "none"])
async def test_scored_and_decoded_choices_agree_under_greedy(
    demo: LocalBackbone, order: ReasoningOrder
) -> None:
    """Both ways decide the demo's studies: 160 decisions with the same choices and reasoning."""
    study = load_study(Options(profiles=DEMO_PROFILES, scenarios=("demo-triage",)))
    for profile in study.profiles:
        assert profile.decoding.temperature == 0
        ways = [
            await decisions(demo, _with(profile, order, scored), study.scenarios)
            for scored in (True, False)
        ]
        for one, other in zip(*ways, strict=True):
            assert (one.choice, one.reasoning) == (other.choice, other.reasoning)
            assert one.probabilities is not None and other.probabilities is None
            assert one.responses[0].generation.text == other.responses[0].generation.text


def _with(profile: Profile, order: ReasoningOrder, scored: bool) -> Profile:
    update = {"reasoning": order, "probabilities": scored}
    return profile.model_copy(update={"adm": profile.adm.model_copy(update=update)})
