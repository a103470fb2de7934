"""A bad sample fails alone: too long, NaN, or an error in the middle of a step."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from align_tui.backbones.base import ChoiceScoringRequest, Request
from align_tui.backbones.local.backbone import LocalBackbone
from align_tui.backbones.local.bounds import positions_of
from align_tui.backbones.local.scoring import Scoring
from align_tui.backbones.registry import open_backbone
from align_tui.config.backbone_spec import BackboneSpec
from align_tui.core.decisions import ChoiceProbabilities, Generation, Message, Sampling
from align_tui.core.errors import (
    BackboneError,
    DeviceLost,
    NotFinite,
    OutOfMemory,
    PromptTooLong,
)
from align_tui.core.replies import decision_schema, read_reply
from tests.models import make_tiny_model

CHOICES = ("Treat Patient A", "Leave Patient B")
SCHEMA = decision_schema(CHOICES, "before", 60)
ENGINES = ["batched", "generate"]


def load(folder: Path, **more: object) -> LocalBackbone:
    values = {"kind": "transformers", "model": str(folder)} | more
    backbone = open_backbone(BackboneSpec.model_validate(values), lambda what, share: None)
    assert isinstance(backbone, LocalBackbone)
    return backbone


async def ask(backbone: LocalBackbone, text: str, engine: Any = "batched") -> Generation:
    request = Request((Message("user", text),), SCHEMA, Sampling(), engine=engine)
    made = await backbone.generate(request, lambda _, piece: None)
    read_reply(made.text, CHOICES, "before")
    return made


async def ask_all(
    backbone: LocalBackbone, texts: list[str], engine: Any = "batched"
) -> list[Generation | BaseException]:
    return await asyncio.gather(
        *(ask(backbone, text, engine) for text in texts), return_exceptions=True
    )


@pytest.fixture
async def learned(tmp_path: Path) -> AsyncIterator[LocalBackbone]:
    """A model with a table of positions: reading past its end raises IndexError in torch."""
    backbone = load(
        make_tiny_model(tmp_path / "m", config="GPT2Config", max_position_embeddings=256)
    )
    yield backbone
    backbone.close()


@pytest.mark.parametrize("engine", ENGINES)
async def test_a_reply_that_runs_past_the_positions_fails_alone(
    learned: LocalBackbone, engine: str
) -> None:
    fits, chat = "Who is first?", learned._tokenizer.chat
    prompt = len(chat.render((Message("user", fits),)).ids)
    filler = next(
        text
        for n in range(300)
        if 235 <= len(chat.render((Message("user", text := "e " * n),)).ids) <= 238
    )
    found = await ask_all(learned, [fits, filler, fits + " And who waits?"], engine)
    assert prompt < 150
    assert isinstance(found[0], Generation) and isinstance(found[2], Generation)
    assert isinstance(found[1], PromptTooLong)
    assert "m reads at most 256" in found[1].message and "left" in found[1].message
    assert "max_reasoning_chars" in found[1].hint


async def test_a_prompt_or_a_reply_to_score_that_is_too_long_is_refused(
    learned: LocalBackbone,
) -> None:
    with pytest.raises(PromptTooLong, match="m reads at most 256"):
        await ask(learned, "word " * 400)
    replies = tuple(f'{{"reasoning":"{"word " * 400}","choice":"{c}"' for c in CHOICES)
    with pytest.raises(PromptTooLong):
        await learned.score(ChoiceScoringRequest((Message("user", "Who?"),), replies))


def test_positions_are_those_that_the_model_was_stretched_to() -> None:
    from transformers import LlamaConfig, MambaConfig

    def config(**more: Any) -> Any:
        return LlamaConfig(max_position_embeddings=32768, **more)

    yarn = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32768}
    assert positions_of(config()) == 32768
    assert positions_of(config(rope_parameters=yarn | {"rope_theta": 1e4})) == 131072
    already = yarn | {"original_max_position_embeddings": 8192, "rope_theta": 1e4}
    assert positions_of(config(rope_parameters=already)) == 32768
    assert positions_of(MambaConfig()) is None


@pytest.fixture
def folder(tiny_model: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_model, tmp_path / "model"))


def add_token(folder: Path, text: str) -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.add_tokens([text])
    tokenizer.save_pretrained(folder)


@pytest.mark.parametrize("engine", ENGINES)
async def test_a_token_without_weights_is_refused_in_its_sample_alone(
    folder: Path, engine: str
) -> None:
    add_token(folder, "zebra")
    backbone = load(folder)
    found = await ask_all(backbone, ["Who?", "The zebra?", "Who waits?"], engine)
    assert isinstance(found[0], Generation) and isinstance(found[2], Generation)
    assert isinstance(found[1], BackboneError)
    assert "has weights for" in found[1].message
    backbone.close()


@pytest.mark.parametrize("engine", ENGINES)
async def test_rows_without_a_token_are_never_drawn(tmp_path: Path, engine: str) -> None:
    folder = make_tiny_model(tmp_path / "padded", vocab_size=512)
    tensors = load_file(folder / "model.safetensors")
    tensors["lm_head.weight"][450:] = 5.0  # by far the likeliest
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})
    backbone = load(folder)
    assert isinstance((await ask_all(backbone, ["Who?"], engine))[0], Generation)
    backbone.close()


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("of_model", [None, 0])
@pytest.mark.parametrize("of_tokenizer", [None, "</s>"])
async def test_a_reply_ends_whatever_the_model_and_its_tokenizer_call_the_end(
    folder: Path, engine: str, of_model: int | None, of_tokenizer: str | None
) -> None:
    for name in ("config.json", "generation_config.json"):
        body = json.loads((folder / name).read_text())
        (folder / name).write_text(json.dumps(body | {"eos_token_id": of_model}))
    path = folder / "tokenizer_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"eos_token": of_tokenizer}))
    backbone = load(folder)
    made = await ask(backbone, "Who is first?", engine)
    assert made.finish == "stop"
    backbone.close()


def poison(backbone: LocalBackbone, word: str, value: float) -> None:
    """Make one word of the prompt overflow, like an activation in float16."""
    model: Any = backbone._loaded.model
    token = backbone._tokenizer.chat.encoder.encode(word)[-1]
    with torch.no_grad():
        model.get_input_embeddings().weight[token] = value


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("value", [float("nan"), float("inf")])
async def test_what_is_no_number_fails_its_sample_and_touches_no_other(
    folder: Path, engine: str, value: float
) -> None:
    backbone = load(folder)
    texts = ["Who is first?", "The \u00a7 is first?", "Who is first, and who waits?"]
    expected = await ask_all(backbone, [texts[0], texts[2]], engine)
    poison(backbone, "\u00a7", value)
    backbone._thread.batch.prefix_cache.clear()
    for _ in range(2):  # twice: the second attempt must not use the first one's cache
        found = await ask_all(backbone, texts, engine)
        good = [each.text for each in found if isinstance(each, Generation)]
        assert good == [each.text for each in expected if isinstance(each, Generation)]
        assert isinstance(found[1], NotFinite)
        assert "NaN or infinity for this prompt (in float32, first in model." in found[1].message
        assert "overflow in float16" in found[1].hint or "damaged" in found[1].hint
    # The same beginning as the bad prompt, in a slot that it used.
    assert isinstance((await ask_all(backbone, ["The one who is first?"], engine))[0], Generation)
    backbone.close()


async def test_scores_that_are_no_numbers_fail_too(folder: Path) -> None:
    backbone = load(folder)
    model: Any = backbone._loaded.model
    with torch.no_grad():
        model.lm_head.weight[7] = float("nan")
    replies = tuple(f'{{"choice":"{c}"' for c in CHOICES)
    with pytest.raises(NotFinite, match="Some of its weights are not finite"):
        await backbone.score(ChoiceScoringRequest((Message("user", "Who?"),), replies))
    backbone.close()


async def test_a_scoring_that_fails_at_its_end_fails_alone(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backbone = load(folder)
    probabilities, failures, tokens = Scoring.probabilities, 1, backbone._thread.budget.tokens

    def failing(scoring: Scoring) -> ChoiceProbabilities:
        nonlocal failures
        if failures:
            failures = 0
            raise torch.OutOfMemoryError("made up")
        return probabilities(scoring)

    monkeypatch.setattr(Scoring, "probabilities", failing)
    replies = tuple(f'{{"choice":"{c}"' for c in CHOICES)
    scored = (
        backbone.score(ChoiceScoringRequest((Message("user", f"Who {i}?"),), replies))
        for i in range(3)
    )
    found = await asyncio.wait_for(asyncio.gather(*scored, return_exceptions=True), 60)
    assert [type(each) for each in found] == [OutOfMemory, ChoiceProbabilities, ChoiceProbabilities]
    assert backbone._thread.budget.tokens == tokens  # the budget of the batch is unchanged
    backbone.close()


def fail_when(backbone: LocalBackbone, is_bad: Callable[[list[int]], bool]) -> list[int]:
    """Make steps fail whose tokens `is_bad` accepts; returns the sizes of all steps."""
    forward, sizes = backbone._thread.batch._forward, []

    def failing(ids: list[int], *more: Any) -> torch.Tensor:
        sizes.append(len(backbone._thread.batch.seats))
        if is_bad(ids):
            raise RuntimeError("made up: this token cannot be read")
        return forward(ids, *more)

    backbone._thread.batch._forward = failing  # type: ignore[method-assign,assignment]
    return sizes


async def test_whoever_makes_a_step_fail_is_found_and_fails_alone(folder: Path) -> None:
    backbone = load(folder)
    texts = [f"Scenario {i}: who is first?" for i in range(5)]
    expected = await ask_all(backbone, texts)
    [bad] = backbone._tokenizer.chat.encoder.encode("\u007e")
    sizes = fail_when(backbone, lambda ids: bad in ids)
    backbone._thread.batch.prefix_cache.clear()
    found = await ask_all(backbone, [*texts[:3], "The ~ one?", *texts[3:]])
    assert isinstance(found[3], BackboneError) and "made up" in found[3].message
    good = [each for i, each in enumerate(found) if i != 3]
    assert [g.text for g in good if isinstance(g, Generation)] == [
        e.text for e in expected if isinstance(e, Generation)
    ]
    assert max(sizes) > 1  # afterwards they are batched again
    backbone.close()


async def test_a_failure_that_nobody_causes_alone_ends_after_some_tries(folder: Path) -> None:
    backbone = load(folder)
    sizes = fail_when(backbone, lambda ids: len(backbone._thread.batch.seats) > 1)
    found = await ask_all(backbone, [f"Scenario {i}: who?" for i in range(3)])
    assert any(isinstance(each, BackboneError) for each in found)
    assert len(sizes) < 2000
    # The thread still works.
    assert isinstance((await ask_all(backbone, ["Who?"]))[0], Generation)
    backbone.close()


async def test_a_lost_device_is_told_to_all_and_to_who_comes_later(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backbone = load(folder)
    monkeypatch.setattr(
        "align_tui.backbones.local.model_thread.is_lost",
        lambda error, device: "made up" in str(error),
    )
    fail_when(backbone, lambda ids: True)
    for _ in range(2):
        found = await ask_all(backbone, ["Who?", "Who waits?"])
        assert [type(each) for each in found] == [DeviceLost, DeviceLost]
    backbone.close()
