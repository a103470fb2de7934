"""A model's chat template: the same result as in transformers, at a bounded cost."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from align_tui.backbones.local.chat import ChatFormat, pinned
from align_tui.backbones.local.chat_template import render_chat
from align_tui.config import paths
from align_tui.config.prompts.sandbox import TemplateTrouble
from align_tui.core.decisions import Message
from align_tui.core.errors import BackboneError
from tests.backbones.tokenizers_of_families import CHATML, GEMMA, make
from tests.fuzzing.nasty import FILES
from tests.models import DROPS_SYSTEM, TEMPLATE

TURNS = [
    {"role": "system", "content": "Be brief: {{ 1 }} <b>"},
    {"role": "user", "content": "Who?\n  Ünï 😀"},
]
FEATURES = (
    "{%- set ns = namespace(n=0, last='') -%}{%- for m in messages -%}{%- set ns.n = ns.n + 1 -%}"
    "{%- if loop.first and m.role == 'system' -%}{{ bos_token }}{{ m['content'] | trim }}"
    "{%- continue -%}{%- endif -%}{% generation %}[{{ m.role|upper }}]{{ m | tojson(indent=1) }}"
    "{% endgeneration %}{%- endfor -%}{{ dict(a=1, b=[1, 2]) | tojson }}{{ ns.n }}"
    "{{ (messages[-1].content.split('\n') | last).strip() }}{{ tools is none }}"
    "{{ strftime_now('%Y') | length }}{{ 'x' if add_generation_prompt else 'y' }}"
    "{{ messages[::-1][0].role }}{{ '%s' % ns.n }}{{ dict.fromkeys([1]) }}{{ undefined_thing }}"
)


def shipped() -> list[str]:
    config = json.loads((paths.demo_model() / "tokenizer_config.json").read_text("utf-8"))
    return [str(config["chat_template"])]


@pytest.mark.parametrize(
    "template", [CHATML, GEMMA, TEMPLATE, DROPS_SYSTEM.replace("{% continue %}", ""), FEATURES,
                 *shipped()]
)  # fmt: skip
def test_it_is_rendered_as_transformers_renders_it(template: str) -> None:
    tokenizer = make("byte")
    turns = TURNS if "raise_exception" not in template else TURNS[1:]
    wanted: Any = tokenizer.apply_chat_template(
        turns, chat_template=template, tokenize=False, add_generation_prompt=True, extra=["a"]
    )
    assert render_chat(tokenizer, template, turns, {"extra": ["a"]}) == wanted


def test_a_real_models_template_is_rendered_as_transformers_renders_it(smollm2: Path) -> None:
    from transformers import AutoTokenizer

    tokenizer: Any = AutoTokenizer.from_pretrained(smollm2)
    for turns in (TURNS, TURNS[1:]):
        wanted = tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
        assert render_chat(tokenizer, tokenizer.chat_template, turns, {}) == wanted


@pytest.mark.parametrize(
    "text",
    ["{{ 'a' * 10**9 }}", "{{ 'a'|center(10**9) }}", "{{ 1/0 }}", "{{ " + "(" * 5000,
     "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
     "{% generation %}{{ 'a' * 10**9 }}{% endgeneration %}", "{{ strftime_now('%Y' * 10000) }}",
     "{{ messages|tojson(indent=10**9) }}", "{% set n = namespace(_x=1) %}", "x" * 300_000]
)  # fmt: skip
def test_a_template_without_a_price_is_told(text: str) -> None:
    tokenizer = make("byte")
    tokenizer.chat_template = text
    began = time.thread_time()
    with pytest.raises(BackboneError, match="chat template failed"):
        ChatFormat(tokenizer).render((Message("user", "Hi"),))
    assert time.thread_time() - began < 8


def test_the_nasty_templates_of_profiles_are_refused_here_too() -> None:
    import tomllib

    tokenizer = make("byte")
    fine = {"undefined", "ifs"}  # an undefined name renders as nothing, as in transformers
    for name in sorted(set(FILES["template"]) - fine):
        text = tomllib.loads(FILES["template"][name](0).decode())["prompt"]["user"]
        with pytest.raises(TemplateTrouble):
            render_chat(tokenizer, text, TURNS, {})


def test_pinning_the_day_takes_time_that_grows_with_the_template() -> None:
    began = time.thread_time()
    pinned("strftime_now('" * 14_000, "2025-03-04")
    assert time.thread_time() - began < 3
