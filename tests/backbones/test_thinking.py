"""Models that think before they reply: detected by their template, off, on, and capped."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from align_tui.backbones.base import ChoiceScoringRequest, Request
from align_tui.backbones.local.backbone import LocalBackbone
from align_tui.backbones.local.chat import ChatFormat
from align_tui.backbones.local.thinking_grammar import ThinkingPhase, thinking_tokens
from align_tui.backbones.registry import open_backbone
from align_tui.config.backbone_spec import BackboneSpec
from align_tui.core.decisions import Generation, Message, Rendering, Sampling, ThinkingMode
from align_tui.core.errors import BackboneError
from align_tui.core.replies import decision_schema, read_reply, split_thinking, with_thinking
from tests.backbones.tokenizers_of_families import make
from tests.models import make_tiny_model

TURNS = (Message("user", "Who?"),)
CHOICES = ("Treat Patient A", "Leave Patient B")
SCHEMA = decision_schema(CHOICES, "before", 40)
CHAT = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
ASK = "{% if add_generation_prompt %}<|im_start|>assistant\n"
QWEN3 = (
    CHAT + ASK + "{% if enable_thinking is defined and enable_thinking is false %}"
    "<think>\n\n</think>\n\n{% endif %}{% endif %}"
)
R1 = CHAT + ASK + "<think>\n{% endif %}"
SMOLLM3 = (
    "{% if enable_thinking is not defined %}{% set enable_thinking = true %}{% endif %}"
    + CHAT
    + ASK
    + "{% if not enable_thinking %}<think>\n\n</think>\n{% endif %}{% endif %}"
)
GRANITE = (
    "{% if thinking %}Think first, between <think> and </think>.\n{% endif %}"
    + CHAT
    + ASK
    + "{% endif %}"
)
MAGISTRAL = "Draft between [THINK] and [/THINK].\n" + CHAT + ASK + "{% endif %}"
HARMONY = (
    CHAT.replace("\n{{", "<|message|>{{")
    + "{# <|channel|>analysis #}{% if add_generation_prompt %}<|start|>assistant{% endif %}"
)
BLOCK, HARMONY_ON = "<think>\n", "<|channel|>analysis<|message|>"


def chat(template: str) -> ChatFormat:
    tokenizer = make("byte")
    tokenizer.chat_template = template
    return ChatFormat(tokenizer)


def ending(template: str, thinking: ThinkingMode, **values: Any) -> str:
    made = chat(template).render(TURNS, Rendering(values), thinking)
    return made.text[made.text.rindex("assistant") + len("assistant") :]


@pytest.mark.parametrize(
    ("template", "off", "on", "auto"),
    [
        (QWEN3, "\n<think>\n\n</think>\n\n", "\n<think>\n", "on"),
        (SMOLLM3, "\n<think>\n\n</think>\n", "\n<think>\n", "on"),
        (R1, "\n<think>\n\n</think>\n\n", "\n<think>\n", "on"),
        (GRANITE, "\n", "\n<think>\n", "off"),
        (MAGISTRAL, "\n", "\n[THINK]\n", "on"),
        (HARMONY, "<|channel|>final<|message|>", HARMONY_ON, "on"),
    ],
)
def test_thinking_is_switched_by_the_templates_own_means(
    template: str, off: str, on: str, auto: str
) -> None:
    on = on.removesuffix("\n") if "[THINK]" in on else on
    assert ending(template, "off") == off
    assert ending(template, "on") == on
    assert ending(template, "auto") == (on if auto == "on" else off)
    assert chat(template).render(TURNS, thinking="off").thinks is None
    assert chat(template).render(TURNS, thinking="on").thinks is not None


def test_what_a_profile_says_to_the_template_comes_first() -> None:
    assert ending(QWEN3, "off", enable_thinking=True) == "\n"


def test_a_model_that_cannot_think_is_not_asked_to() -> None:
    plain = CHAT + ASK + "{% endif %}"
    assert chat(plain).thinking is None
    assert ending(plain, "auto") == ending(plain, "off") == "\n"
    with pytest.raises(BackboneError, match="this model does not think"):
        ending(plain, "on")


def thought_of(
    text: str, cap: int = 100, template: str = QWEN3
) -> tuple[str, list[int], ThinkingPhase]:
    """(shown text, appended tokens, thought) when a model writes `text`."""
    format = chat(template)
    assert format.thinking is not None
    tokenizer = format.tokenizer
    tokens = thinking_tokens(
        format.encoder, format.thinking.marks, [tokenizer.eos_token_id], len(tokenizer)
    )
    thought = ThinkingPhase(tokens, cap, lambda ids: str(tokenizer.decode(ids)).encode())
    shown, joined = "", []
    for token in tokenizer(text, add_special_tokens=False)["input_ids"]:
        if not thought.is_over:
            piece, more = thought.take(token)
            shown += piece
            joined += more
    return shown, joined, thought


def test_thinking_ends_at_the_models_own_mark() -> None:
    shown, joined, thought = thought_of("He waits.</think>and more")
    tokenizer = make("byte")
    assert shown == "He waits." and thought.is_over and not thought.was_cut
    assert tokenizer.decode(joined) == "He waits.</think>\n\n"


def test_thinking_is_cut_at_its_cap_and_closed() -> None:
    shown, joined, thought = thought_of("the patient is treated who is first", cap=3)
    assert thought.was_cut and thought.count == 3 and shown
    assert make("byte").decode(joined) == shown + "</think>\n\n"


def test_thinking_that_ends_with_the_turn_is_closed() -> None:
    shown, joined, thought = thought_of("He waits.<|im_end|>")
    assert shown == "He waits." and not thought.was_cut
    assert make("byte").decode(joined) == "He waits.</think>\n\n"


def test_a_mark_of_several_tokens_is_seen_and_not_told() -> None:
    template = QWEN3.replace("think>", "thinking>")
    shown, joined, thought = thought_of("He </thin waits.</thinking> more", template=template)
    assert shown == "He </thin waits." and thought.is_over
    assert make("byte").decode(joined).endswith("</thinking>\n\n")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny model with a template that thinks unless it is switched off."""
    return make_tiny_model(
        tmp_path_factory.mktemp("thinks") / "tiny", template=R1.replace("<|im_", "<im_")
    )


def load(folder: Path) -> LocalBackbone:
    backbone = open_backbone(
        BackboneSpec(kind="transformers", model=str(folder)), lambda what, share: None
    )
    assert isinstance(backbone, LocalBackbone)
    return backbone


async def write(
    backbone: LocalBackbone, thinking: ThinkingMode, engine: Any = "batched", **more: Any
) -> tuple[Generation, list[str]]:
    pieces: list[str] = []
    sampling = Sampling(thinking=thinking, max_thinking_tokens=12, **more)
    request = Request(TURNS, SCHEMA, sampling, engine=engine)
    made = await backbone.generate(request, lambda _, piece: pieces.append(piece))
    return made, pieces


@pytest.mark.parametrize("engine", ["batched", "generate"])
async def test_a_model_thinks_up_to_its_cap_and_then_replies(folder: Path, engine: str) -> None:
    backbone = load(folder)
    made, pieces = await write(backbone, "auto", engine)
    thinking, reply = split_thinking(made.text)
    assert thinking and reply.startswith('{"reasoning":"')
    assert "".join(pieces) == made.text == with_thinking(thinking, reply)
    read_reply(made.text, CHOICES, "before")
    assert made.thinking_tokens == 12 < made.tokens
    assert made.notes == ("The thinking was cut at 12 tokens.",)
    assert made.timeline[-1][1] == len(made.text)
    off, _ = await write(backbone, "off", engine)
    assert off.thinking_tokens == 0 and split_thinking(off.text)[0] == ""
    assert off.prompt.endswith("<think>\n\n</think>\n\n") and off.notes == ()
    backbone.close()


async def test_both_engines_think_the_same(folder: Path) -> None:
    backbone = load(folder)
    batched, _ = await write(backbone, "on")
    alone, _ = await write(backbone, "on", "generate")
    assert batched.text == alone.text
    backbone.close()


async def test_the_cap_of_a_reply_is_not_spent_on_thinking(folder: Path) -> None:
    backbone = load(folder)
    made, _ = await write(backbone, "on", max_tokens=2)
    assert made.finish == "length" and made.thinking_tokens == 12
    backbone.close()


async def test_choices_are_scored_behind_what_was_thought(folder: Path) -> None:
    """The probabilities are those after this thinking, equal to single passes of the model."""
    import torch

    backbone = load(folder)
    made, _ = await write(backbone, "on")
    thinking, reply = split_thinking(made.text)
    begun = reply[: reply.index('"choice":"') + len('"choice":"')]
    sampling = Sampling(thinking="on", max_thinking_tokens=12)

    async def score(thought: str) -> tuple[float, ...]:
        replies = tuple(with_thinking(thought, f'{begun}{choice}"') for choice in CHOICES)
        return (await backbone.score(ChoiceScoringRequest(TURNS, replies, sampling))).probabilities

    found = await score(thinking)
    assert found != await score("Something else entirely, and for longer.")
    model: Any = backbone._loaded.model
    tokenizer = backbone._tokenizer
    prompt = tokenizer.chat.render(TURNS, thinking="on")
    ids = [*prompt.ids, *tokenizer._thought_ids(prompt, thinking)]
    tails = [tokenizer.chat.encoder.encode_literal(f'{begun}{choice}"') for choice in CHOICES]
    split = next(j for j, pair in enumerate(zip(*tails, strict=False)) if len(set(pair)) > 1)
    with torch.inference_mode():
        logits = model(torch.tensor([[*ids, *tails[0][:split]]])).logits[0, -1]
    wanted = logits[[tail[split] for tail in tails]].softmax(0).tolist()
    assert found == pytest.approx(wanted, abs=1e-4)
    backbone.close()


async def test_those_that_think_and_those_that_do_not_decode_together(folder: Path) -> None:
    backbone = load(folder)
    alone = [(await write(backbone, mode))[0].text for mode in ("on", "off")]
    backbone._thread.batch.prefix_cache.clear()
    together = await asyncio.gather(*(write(backbone, mode) for mode in ("on", "off")))
    assert [made.text for made, _ in together] == alone
    backbone.close()
