"""A study is refused before it runs if a prompt does not change with its target."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from align_tui.config.adm_kinds import ADM_KINDS
from align_tui.config.attributes import load_attributes
from align_tui.config.profile import Profile
from align_tui.config.prompts.styles import STYLES
from align_tui.config.study import Study
from align_tui.core.attributes import Attributes
from align_tui.core.errors import ConfigError
from align_tui.core.targets import Target
from align_tui.studies import prompt_arrival
from align_tui.studies.assemble import check
from align_tui.studies.edits import with_profile
from align_tui.studies.prompt_arrival import check_arrival
from tests.conftest import make_scenarios

STATES = "{% for t in targets %}{{ t.name }}: {{ t.stance }}{% endfor %} {{ instruction }}"
NAMES = "{% for t in targets %}{{ t.name }}{% endfor %} {{ instruction }}"
MORAL = {"attribute": "moral_desert", "value": 1.0}


def profile(kind: str = "prompt_aligned", *targets: Mapping[str, Any], **more: Any) -> Profile:
    adm = more.pop("adm", {})
    body = {"name": "mine", "adm": {"kind": kind, **adm}, "target": list(targets or [MORAL])}
    return Profile.model_validate(body | more)


def checked(of: Profile, attributes: Attributes | None = None) -> None:
    check_arrival(of, make_scenarios(), attributes or load_attributes())


def test_a_template_that_forgets_the_target_is_named() -> None:
    forgets = profile(prompt={"system": "You decide. {{ instruction }}"})
    with pytest.raises(ConfigError, match=r"prompt\.system is the same with the target") as error:
        checked(forgets)
    assert "moral_desert = 1 as without it" in error.value.message
    assert "target.stance" in error.value.hint
    checked(profile(prompt={"system": STATES}))
    checked(profile(prompt={"user": "{{ scenario.text }}"}))  # our system text states it
    with pytest.raises(ConfigError, match=r"prompt\.system and prompt\.user"):
        checked(profile(prompt={"system": "Decide.", "user": "{{ scenario.text }}"}))


def test_a_template_that_names_an_attribute_without_its_direction() -> None:
    with pytest.raises(ConfigError, match="the same for moral_desert = 1 as for moral_desert = 0"):
        checked(profile(prompt={"system": NAMES}))


@pytest.mark.parametrize("value", [0.5, 0.4, 0.6])
def test_a_value_that_is_stated_like_its_opposite_is_no_error(value: float) -> None:
    target = {**MORAL, "value": value}
    checked(profile("prompt_aligned", target, prompt={"system": STATES}))
    if value == 0.5:
        checked(profile("prompt_aligned", target, prompt={"system": NAMES}))
    else:
        with pytest.raises(ConfigError, match="moral_desert = 1 as for moral_desert = 0"):
            checked(profile("prompt_aligned", target, prompt={"system": NAMES}))


def test_each_of_several_targets_must_arrive() -> None:
    one = "{% for t in targets if t.id == 'moral_desert' %}{{ t.stance }}{% endfor %}"
    both = ({"attribute": "fairness", "value": 0.0}, MORAL)
    with pytest.raises(ConfigError, match="with the target fairness = 0 as without it"):
        checked(profile("prompt_aligned", *both, prompt={"system": one}))
    checked(profile("prompt_aligned", *both, prompt={"system": STATES}))


def test_a_pack_that_says_the_same_for_high_and_low() -> None:
    known = load_attributes()
    found = known.get("moral_desert")
    assert found is not None
    alike = replace(found, low=f" {found.high.upper()} ")
    broken = Attributes({**known.known, "moral_desert": alike})
    with pytest.raises(ConfigError, match="has the same text for high and for low 'moral_desert'"):
        checked(profile(), broken)
    checked(profile("baseline"), broken)
    checked(profile("comparative_regression"), broken)  # it quotes neither of the two


def test_examples_do_not_hide_a_template_without_the_target() -> None:
    shown = {"scenarios": ["demo-triage"], "number": 1}
    of = profile(prompt={"system": "Decide."}, examples=shown)
    with pytest.raises(ConfigError, match="does not reach the model"):
        checked(of)


@pytest.mark.parametrize("kind", ["baseline", "oracle", "kaleido", "comparative_regression"])
def test_who_states_no_target_is_not_checked(kind: str) -> None:
    checked(profile(kind, prompt={"system": "Decide."}))


def test_a_pipeline_is_checked_if_its_first_question_states_the_target() -> None:
    def of(*steps: str) -> Profile:
        tables = [{"step": step} for step in steps]
        return profile("pipeline", adm={"steps": tables}, prompt={"system": "Decide."})

    with pytest.raises(ConfigError, match="does not reach the model"):
        checked(of("prompt_aligned"))
    checked(of("baseline"))


def test_a_protocol_is_compared_with_none_and_a_group_by_its_name() -> None:
    start = next(each.id for each in load_attributes() if each.steps)
    checked(profile("tagging", {"attribute": start, "value": 1.0}, prompt={"system": "Be brief."}))
    group = {"attribute": "People of the coast", "value": 1.0}
    checked(profile("stated_distribution", group, prompt={"system": "{{ groups }}"}))
    with pytest.raises(ConfigError, match="People of the coast = 1 as without it"):
        checked(profile("stated_distribution", group, prompt={"system": "Estimate."}))


@pytest.mark.parametrize("style", [None, *STYLES])
def test_our_own_templates_state_every_target(
    style: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prompt_arrival, "_may_forget", lambda _: True)
    prompt = {"prompt": {"prompt_style": style}} if style else {}
    for value in (0.0, 0.25, 0.4, 0.75, 1.0):
        checked(profile("prompt_aligned", {**MORAL, "value": value}, **prompt))
    checked(profile("stated_distribution"))


def test_a_prompt_that_cannot_be_rendered_is_left_to_the_run() -> None:
    checked(profile(prompt={"system": "{{ nobody }}"}))
    first = ADM_KINDS.get("prompt_aligned")
    assert isinstance(first, prompt_arrival.AsksFirst)
    targets = (Target("moral_desert", 1.0),)
    asks_nothing = ADM_KINDS.get("random")
    assert isinstance(asks_nothing, prompt_arrival.AsksFirst)
    scenario = make_scenarios(1)[0]
    of = Profile.model_validate({"name": "r", "adm": {"kind": "random"}})
    assert asks_nothing.first_prompt(of, scenario, targets, load_attributes()) == ()


def test_a_study_is_checked_and_so_is_an_edit_inside_an_event_loop() -> None:
    forgets = profile(prompt={"system": "You decide."})
    attributes = load_attributes()
    study = Study("s", (forgets,), make_scenarios())
    with pytest.raises(ConfigError, match="does not reach the model"):
        check(study, attributes)
    good = Study("s", (profile(),), make_scenarios())
    check(good, attributes)
    text = (
        'name = "mine"\nadm.kind = "prompt_aligned"\nprompt.system = "You decide."\n'
        '[[target]]\nattribute = "moral_desert"\nvalue = 1.0\n'
    )

    async def edit() -> None:
        with_profile(good, 0, text, attributes)

    with pytest.raises(ConfigError, match="does not reach the model"):
        asyncio.run(edit())
