"""Prompt styles: the keys of replies, shuffled choices, blanks, frames, and what stays the same."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from align_tui.adms.ask import ask
from align_tui.adms.registry import make_adm
from align_tui.backbones.local.backbone import LocalBackbone
from align_tui.backbones.registry import open_backbone
from align_tui.config.adm_params import Reasoned
from align_tui.config.attributes import load_attributes
from align_tui.config.backbone_spec import BackboneSpec, DecodingSpec
from align_tui.config.library import load_profile
from align_tui.config.profile import Profile
from align_tui.config.prompts.attribution import entered
from align_tui.config.prompts.render import render_messages
from align_tui.config.prompts.styles import STYLES, StyleName
from align_tui.core.choice_order import shuffled_order
from align_tui.core.decisions import ChoiceProbabilities, Decision, Generation, Message, Sampling
from align_tui.core.errors import ReplyError
from align_tui.core.replies import (
    ALIGN,
    CHOICE_BEGINS,
    FORMS,
    LONGEST_MARK,
    NAACL,
    ReplyForm,
    choice_start,
    decision_schema,
    read_reply,
    reasoning_cap,
    reasoning_so_far,
)
from align_tui.core.scenarios import Choice, Scenario
from align_tui.core.types import JsonObject
from align_tui.engine.llm import SampleLlm
from align_tui.studies.edits import profile_toml
from tests.adms.test_adms import Script
from tests.conftest import HIGH
from tests.models import make_tiny_model

SCENARIO = Scenario("s", "Who is first?", tuple(Choice(text) for text in ("Ann", "Bo", "Cy")))


class Chooses(Script):
    """A model that always takes one choice, in the keys of the schema, and scores by its text."""

    def __init__(self, wanted: str, seed: int = 1) -> None:
        super().__init__(seed=seed)
        self.wanted = wanted
        self.schemas: list[JsonObject] = []

    async def generate(
        self,
        messages: Sequence[Message],
        schema: Any,
        sampling: Sampling,
        *,
        stream: int = 0,
        to_choice: bool = False,
    ) -> Generation:
        self.asked.append((messages, sampling))
        self.schemas.append(schema)
        parts = schema["properties"]
        reasoning, choice = sorted(parts, key=lambda name: "enum" in parts[name])
        value: object = self.wanted
        if parts[choice]["type"] == "integer":
            shown = [line for line in messages[-1].content.splitlines() if line.startswith("(")]
            value = next(i for i, line in enumerate(shown) if line.endswith(self.wanted))
        written = {reasoning: "Because.", choice: value}
        text = json.dumps({name: written[name] for name in parts})
        return Generation(text, "p", 1, 5, "stop", 0.1, 0.2)

    async def score(
        self, messages: Sequence[Message], replies: Sequence[str], sampling: Sampling
    ) -> ChoiceProbabilities:
        assert len(set(replies)) == len(replies)
        for one in replies:
            assert not any(other != one and other.startswith(one) for other in replies)
        values = [0.7 if '"Bo"' in reply else 0.15 for reply in replies]
        return ChoiceProbabilities(tuple(values))


def profile(kind: str, style: str | None, **params: object) -> Profile:
    prompt = {} if style is None else {"prompt_style": style}
    target = HIGH if kind == "prompt_aligned" else ()
    adm = {"kind": kind} | params
    return Profile.model_validate({"name": "p", "adm": adm, "target": target, "prompt": prompt})


def decide(model: Script, of: Profile, scenario: Scenario = SCENARIO) -> Decision:
    async def awaited() -> Decision:
        return await make_adm(of, load_attributes())(scenario, of.target, model)

    return asyncio.run(awaited())


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("order", ["before", "after", "none"])
def test_a_reply_of_each_form_is_read(form: ReplyForm, order: Any) -> None:
    choices = ('A "quoted"', "B", *(f"c{i}" for i in range(9)))
    schema: Any = decision_schema(choices, order, 77, form=form)
    assert list(schema["properties"]) == schema["required"]
    assert reasoning_cap(schema) == (0 if order == "none" else 77)
    reasoning = f'"{form.reasoning}": "It says \\"{form.choice}\\": \\"B\\"."'
    for index in (0, 1, 10):
        choice = f'"{form.choice}": {form.choice_json(index, choices)}'
        parts = {"before": [reasoning, choice], "after": [choice, reasoning], "none": [choice]}
        text = "{" + ", ".join(parts[order]) + "}"
        assert read_reply(text, choices, order, form)[0] == index
        start = choice_start(text, order, form)
        assert start is not None
        rest = form.choice_json(index, choices)
        assert text[start:].startswith(rest if form.by_index else rest[1:])
        if not form.by_index:
            mark = CHOICE_BEGINS.search(text)
            assert mark is not None and mark.end() == start and len(mark[0]) <= LONGEST_MARK
    if order != "none":
        assert reasoning_so_far("{" + reasoning) == f'It says "{form.choice}": "B".'


@pytest.mark.parametrize("value", ["-1", "3", "true", '"1"', "1.0", "null"])
def test_an_index_that_is_none_of_the_choices_is_refused(value: str) -> None:
    with pytest.raises(ReplyError, match="none of the choices"):
        read_reply(f'{{"Reasoning":"r","Answer":{value}}}', ("a", "b", "c"), "before", NAACL)


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("kind", ["baseline", "prompt_aligned"])
def test_choices_are_shuffled_for_each_sample_and_mapped_back(style: str, kind: str) -> None:
    many = {"samples": 8} if kind == "baseline" else {"n_positive": 6, "n_negative": 2}
    model = Chooses("Bo")
    decision = decide(model, profile(kind, style, **many))
    orders = [shuffled_order(1, 3, stream) for stream in range(8)]
    assert len(set(orders)) > 2 and orders != [shuffled_order(2, 3, i) for i in range(8)]
    assert [each.order for each in decision.responses] == orders
    for response, order, schema in zip(decision.responses, orders, model.schemas, strict=True):
        assert response.choice == 1
        shown = [SCENARIO.choice_texts[index] for index in order]
        text = response.messages[-1].content
        assert all(text.rfind(a) < text.rfind(b) for a, b in pairwise(shown))
        if style != "naacl2024":  # an index says nothing of the order; the prompt does
            assert schema["properties"]["action_choice"]["enum"] == shown  # type: ignore[index,call-overload]
        assert response.sampling.blanks
        if response.role == "positive" and style != "naacl2024":
            assert response.probabilities == (0.15, 0.7, 0.15)
    if kind == "baseline":
        assert decision.choice == 1


def test_the_keys_and_the_frames() -> None:
    attributes = load_attributes()
    south = [{"attribute": "CREGION_South", "value": 1.0}]
    survey = Profile.model_validate(
        {
            "name": "p",
            "adm": {"kind": "prompt_aligned"},
            "target": south,
            "prompt": {"prompt_style": "align_opinionqa"},
        }
    )
    system, user = render_messages(survey, SCENARIO, survey.target, attributes)
    assert attributes.known["CREGION_South"].high in system.content
    assert user.content == "Question: Who is first?\nOptions: A. Ann B. Bo C. Cy\nAnswer:"
    bare, _ = render_messages(survey, SCENARIO, (), attributes)
    assert "survey" in bare.content and "South" not in bare.content
    triage = profile("prompt_aligned", "align")
    system, user = render_messages(triage, SCENARIO, triage.target, attributes, order=(2, 0, 1))
    assert attributes.known["moral_desert"].high in system.content
    assert '"detailed_reasoning" and "action_choice"' in system.content
    assert user.content == "Situation:\nWho is first?\n\nChoices:\n- Cy\n- Ann\n- Bo"
    numbered = profile("baseline", "naacl2024")
    assert render_messages(numbered, SCENARIO, (), attributes)[-1].content.endswith(
        "Choices:\n(0) Ann\n(1) Bo\n(2) Cy"
    )


def test_a_template_of_the_user_replaces_that_of_the_style() -> None:
    prompt = {"prompt_style": "align", "system": "S", "user": "{{ options[2].letter }}"}
    of = Profile.model_validate({"name": "p", "adm": {"kind": "baseline"}, "prompt": prompt})
    assert [m.content for m in render_messages(of, SCENARIO, (), load_attributes())] == ["S", "C"]
    assert decide(Chooses("Cy"), of).choice == 2


def test_a_style_sets_defaults_that_the_profile_may_change() -> None:
    plain, styled = profile("prompt_aligned", None), profile("prompt_aligned", "align")
    assert (plain.adm.only_positive, styled.adm.only_positive) == (False, True)  # type: ignore[attr-defined]
    kept = profile("prompt_aligned", "align", only_positive=False, shuffle_choices=False)
    assert kept.order == kept.choice_order == "given" and styled.choice_order == "shuffled"
    assert kept.adm.only_positive is False  # type: ignore[attr-defined]
    for each in (plain, styled, kept):
        assert Profile.from_body(each.body()) == each
        assert Profile.from_body(each.body()).hash == each.hash
    assert 'prompt_style = "align"' in profile_toml(styled)
    model = Chooses("Bo")
    responses = decide(model, kept).responses
    assert responses[0].messages[-1].content.endswith("- Ann\n- Bo\n- Cy")
    assert len({plain.hash, styled.hash, kept.hash}) == 3


def test_a_profile_without_a_style_is_as_it_was() -> None:
    plain = profile("baseline", None)
    body = plain.body()
    assert "prompt_style" not in body["prompt"] and "order" not in body  # type: ignore[operator]
    model = Chooses("Bo")
    (response,) = decide(model, plain).responses
    assert list(response.schema["properties"]) == ["reasoning", "choice"]  # type: ignore[arg-type]
    assert not response.sampling.blanks
    assert response.messages[-1].content == "Who is first?\n\nChoices:\n- Ann\n- Bo\n- Cy"


def test_what_came_from_the_attribute_is_marked_in_shuffled_prompts_too() -> None:
    styled = profile("prompt_aligned", "align")
    for order in ((1, 2, 0), (0, 1, 2)):
        attributes = load_attributes()
        messages = render_messages(styled, SCENARIO, styled.target, attributes, order=order)
        parts = entered(styled, SCENARIO, messages, attributes)
        assert parts is not None and any(marked for _, marked in parts[0])


@pytest.mark.parametrize("name", ["paper-baseline", "paper-fairness-low", "paper-fairness-high"])
def test_the_profiles_of_the_paper_are_faithful(name: str) -> None:
    found = load_profile(name)
    assert found.prompt.prompt_style == "align" and found.decoding.temperature == 0.0
    assert bool(found.target) == (name != "paper-baseline")
    assert found.adm.kind in ("baseline", "prompt_aligned")


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalBackbone]:
    folder = make_tiny_model(tmp_path_factory.mktemp("styles") / "tiny")
    spec = BackboneSpec(kind="transformers", model=str(folder))
    backbone = open_backbone(spec, lambda what, share: None)
    assert isinstance(backbone, LocalBackbone)
    yield backbone
    backbone.close()


@pytest.mark.parametrize(
    ("engine", "form"), [*(("batched", form) for form in FORMS), ("generate", ALIGN)]
)
async def test_a_model_writes_each_form(local: LocalBackbone, engine: Any, form: ReplyForm) -> None:
    decoding = DecodingSpec(temperature=1.0, engine=engine, max_tokens=120)
    params = Reasoned(max_reasoning_chars=16)
    texts = []
    for seed in range(4 if engine == "batched" else 2):
        llm = SampleLlm(local, decoding, seed, lambda stream, text: None, 0.0)
        turns = (Message("user", "Who?"),)
        names = ("Ann", "Bo", "Cy")
        made = await ask(llm, turns, names, params=params, scored=True, form=form, order=(2, 0, 1))
        value = json.loads(made.generation.text)[form.choice]
        shown = ("Cy", "Ann", "Bo")
        assert made.choice == names.index(shown[value] if form.by_index else value)
        assert made.probabilities is not None and sum(made.probabilities) == pytest.approx(1.0)
        texts.append(made.generation.text)
    has_blank = any(f'"{form.choice}": ' in text or ', "' in text for text in texts)
    assert has_blank == form.blanks


def test_every_style_has_a_frame_for_each_order_of_reasoning() -> None:
    names: tuple[StyleName, ...] = ("align", "align_opinionqa", "naacl2024")
    assert set(STYLES) == set(names)
    for style in STYLES.values():
        assert set(style.instructions) == {"before", "after", "none"}
        for text in style.instructions.values():
            assert f'"{style.form.choice}"' in text
    assert replace(SCENARIO, key="t").seen_hash == SCENARIO.seen_hash
