"""Decision-makers with a scripted model: their prompts, votes and failures."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from align_tui.adms.base import AdmKind
from align_tui.adms.no_model import NoModel
from align_tui.adms.registry import make_adm
from align_tui.config.adm_kinds import ADM_KINDS
from align_tui.config.attributes import load_attributes
from align_tui.config.profile import Profile
from align_tui.core.alignment.ranking import History
from align_tui.core.decisions import ChoiceProbabilities, Decision, Generation, Message, Sampling
from align_tui.core.errors import AdmError, AlignError, ReplyError, Truncated
from align_tui.core.replies import with_thinking
from align_tui.core.targets import RandomEffects, Target
from align_tui.core.types import JsonObject
from tests.conftest import HIGH, make_scenarios

SCENARIO = make_scenarios(1)[0]
A, B = SCENARIO.choice_texts


class Script(NoModel):
    """A model that gives scripted replies and records its requests."""

    def __init__(self, *replies: object, seed: int = 1, history: History | None = None) -> None:
        self.replies = list(replies)
        self.seed = seed
        self.history: History = history or {}
        self.asked: list[tuple[Sequence[Message], Sampling]] = []

    def sampling(self, stream: int = 0) -> Sampling:
        return Sampling(max_tokens=100, seed=stream)

    async def generate(
        self,
        messages: Sequence[Message],
        schema: JsonObject,
        sampling: Sampling,
        *,
        stream: int = 0,
        to_choice: bool = False,
    ) -> Generation:
        self.asked.append((messages, sampling))
        reply = self.replies.pop(0)
        text = reply if isinstance(reply, str) else json.dumps(reply, separators=(",", ":"))
        cut = text == "CUT"
        return Generation(text, "p", 1, 5, "length" if cut else "stop", 0.1, 0.2)

    async def score(
        self, messages: Sequence[Message], replies: Sequence[str], sampling: Sampling
    ) -> ChoiceProbabilities:
        assert all(reply.endswith('"') for reply in replies)
        return ChoiceProbabilities((0.9, 0.1))


def say(choice: str, why: str = "Since so it is.") -> dict[str, str]:
    return {"reasoning": why, "choice": choice}


def decide(
    script: Script, kind: str = "baseline", targets: object = (), **params: object
) -> Decision:
    table = {"name": "p", "adm": {"kind": kind} | params, "target": targets}
    profile = Profile.model_validate(table)
    adm = make_adm(profile, load_attributes())
    return asyncio.run(_await(adm(SCENARIO, profile.target, script)))


async def _await(thing: object) -> Decision:
    try:
        return await thing  # type: ignore[misc,no-any-return]  # an Adm's awaitable
    except BaseExceptionGroup as group:
        raise group.exceptions[0] from group


def test_every_kind_has_parameters_and_a_maker() -> None:
    kinds = [ADM_KINDS.get(name) for name in ADM_KINDS]
    assert len(kinds) > 6 and all(isinstance(kind, AdmKind) for kind in kinds)


def test_random_is_uniform_and_seeded() -> None:
    choices = [decide(Script(seed=s), "random").choice for s in range(200)]
    assert set(choices) == {0, 1} and 70 < choices.count(1) < 130
    assert decide(Script(seed=3), "random") == decide(Script(seed=3), "random")


def test_fixed_and_oracle() -> None:
    assert decide(Script(), "fixed", index=7).choice == 1
    assert decide(Script(), "oracle", HIGH).choice == 0
    assert decide(Script(), "oracle", HIGH, inverted=True).choice == 1
    unknown = decide(Script(), "oracle", [{"attribute": "merit", "value": 1.0}])
    assert unknown.choice == 0 and "No choice is labelled" in unknown.reasoning


@pytest.mark.parametrize("thinking", ["", "He bleeds."])
def test_choices_that_cannot_be_scored_behind_thinking_are_noted(thinking: str) -> None:
    class Untold(Script):
        async def score(self, *asked: object) -> ChoiceProbabilities | None:  # type: ignore[override]
            return None

    decision = decide(Untold(with_thinking(thinking, json.dumps(say(A)))))
    assert decision.choice == 0 and decision.probabilities is None
    assert any("after its thinking" in note for note in decision.notes) == bool(thinking)


def test_baseline_states_no_target_and_takes_the_majority() -> None:
    script = Script(say(B, "one"), say(A), say(B, "two"))
    decision = decide(script, samples=3)
    assert (decision.choice, decision.reasoning) == (1, "one")
    assert decision.votes is not None and decision.votes[1] > decision.votes[0]
    assert [sampling.seed for _, sampling in script.asked] == [0, 1, 2]
    assert "moral" not in script.asked[0][0][0].content.lower()
    assert SCENARIO.text in script.asked[0][0][1].content


def test_prompt_aligned_states_target_and_opposite() -> None:
    script = Script(say(A), say(B))
    decision = decide(script, "prompt_aligned", HIGH, n_negative=1)
    high, low = (messages[0].content for messages, _ in script.asked)
    assert "moral desert is high" in high and "moral desert is low" in low
    attribute = load_attributes().known["moral_desert"]
    assert attribute.high in high and attribute.low in low
    # A gets 1 from the positive; the negative for B takes 1/2 from B and gives 1/2 to A.
    assert decision.choice == 0
    assert decision.votes == pytest.approx((2.0 + 1e-6, 1e-6) / sum_of(2.0 + 2e-6))
    assert decision.probabilities == (0.9, 0.1)


class sum_of(float):
    """Divides a tuple."""

    def __rtruediv__(self, values: tuple[float, ...]) -> tuple[float, ...]:  # type: ignore[override]
        return tuple(value / float(self) for value in values)


def test_only_positive_choices_can_be_kept() -> None:
    script = Script(say(A), say(A), say(A), say(A))
    free = decide(script, "prompt_aligned", HIGH, n_positive=1, n_negative=3)
    assert free.choice == 1
    script = Script(say(A), say(A), say(A), say(A))
    kept = decide(script, "prompt_aligned", HIGH, n_negative=3, only_positive=True)
    assert kept.choice == 0


def test_a_cut_reply_is_asked_for_again_once() -> None:
    script = Script("CUT", say(A))
    decision = decide(script)
    assert [sampling.max_tokens for _, sampling in script.asked] == [100, 200]
    assert decision.responses[0].retried and "cut at max_tokens" in decision.notes[0]
    with pytest.raises(Truncated, match="100 tokens, nor at 200 tokens"):
        decide(Script("CUT", "CUT"))


@pytest.mark.parametrize(
    "reply",
    ["", "no json", "[1]", '{"choice":"Treat Patient C","reasoning":"x"}', '{"reasoning":"x"}',
     '{"reasoning":"","choice":"Treat Patient A"}', '{"reasoning":7,"choice":"Treat Patient A"}',
     '{"reasoning":"x","choice":["Treat Patient A"]}', "[" * 100_000],
)  # fmt: skip
def test_what_is_no_decision_is_a_reply_error(reply: str) -> None:
    with pytest.raises(ReplyError):
        decide(Script(reply))


def test_the_order_of_reasoning_is_asked_for() -> None:
    script = Script({"choice": A})
    assert decide(script, reasoning="none").reasoning == ""
    assert "reason" not in script.asked[0][0][0].content.split("JSON")[1]
    assert decide(Script({"choice": A, "reasoning": "w"}), reasoning="after").reasoning == "w"


CUSTOM = """
from align_tui.core.answers import ChoiceAnswer
from align_tui.core.decisions import Decision
async def decide(scenario, targets, llm, parameters):
    return Decision(ChoiceAnswer(parameters["pick"]), targets[0].attribute if targets else "none")
def index(scenario, targets, llm, parameters):
    return 1
def wrong(scenario, targets, llm, parameters):
    return "Treat Patient A"
async def bad(scenario, targets, llm, parameters):
    raise KeyError("oops")
"""


def test_a_custom_decision_maker(tmp_path: Path) -> None:
    path = tmp_path / "own.py"
    path.write_text(CUSTOM)
    decision = decide(Script(), "custom", HIGH, file=str(path), pick=1)
    assert (decision.choice, decision.reasoning) == (1, "moral_desert")
    assert decide(Script(), "custom", file=str(path), function="index").choice == 1
    for function, message in (("wrong", "returned a str"), ("bad", "line 11"), ("no", "no func")):
        with pytest.raises(AdmError, match=message):
            decide(Script(), "custom", file=str(path), function=function)
    path.write_text("def decide(:\n")
    with pytest.raises(AdmError, match="cannot be loaded"):
        decide(Script(), "custom", file=str(path))
    with pytest.raises(AdmError, match="cannot be read"):
        decide(Script(), "custom", file=str(tmp_path / "none.py"))


def test_a_scenario_is_never_a_template() -> None:
    from dataclasses import replace

    from align_tui.config.prompts.render import render_messages

    evil = replace(SCENARIO, text="{{ 7*7 }} {% for x in y %} {{ ''.__class__.__mro__ }}")
    profile = Profile.model_validate({"name": "p", "adm": {"kind": "baseline"}})
    user = render_messages(profile, evil, (), load_attributes())[1].content
    assert evil.text in user


@pytest.mark.parametrize(
    "template",
    ["{{ scenario.__class__.__mro__ }}", "{{ ''.__class__.__base__.__subclasses__() }}",
     "{{ nope }}", "{{ scenario.text.__init__.__globals__ }}", "{{ cycler.__init__ }}"],
)  # fmt: skip
def test_templates_live_in_a_sandbox(template: str) -> None:
    from align_tui.config.prompts.render import render_messages

    table = {"name": "p", "adm": {"kind": "baseline"}, "prompt": {"system": template}}
    with pytest.raises(AlignError):
        render_messages(Profile.model_validate(table), SCENARIO, (), load_attributes())


def test_a_target_without_a_number_is_not_stated() -> None:
    from align_tui.config.prompts.target_text import target_values

    with pytest.raises(AlignError, match="'fairness' has no number"):
        target_values((Target("fairness", RandomEffects(0, 1, 1)),), load_attributes())
