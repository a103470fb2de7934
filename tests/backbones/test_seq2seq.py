"""Encoder-decoder models on a tiny random T5: equal to transformers, batched, cancellable."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

from align_tui.backbones.local.describe import describe
from align_tui.backbones.local.load import check_loadable
from align_tui.backbones.registry import open_backbone
from align_tui.backbones.seq2seq import passes
from align_tui.backbones.seq2seq.backbone import Seq2SeqBackbone
from align_tui.backbones.seq2seq.batches import Room, batch_sizes
from align_tui.backbones.seq2seq.jobs import Job, Search, Writing
from align_tui.config.backbone_spec import BackboneSpec
from align_tui.config.backbones import resolve
from align_tui.core.errors import BackboneError, Cancelled, OutOfMemory
from align_tui.core.statements import Statement, StatementRating
from tests.models import KALEIDO, make_tiny_model, make_tiny_t5

ACTIONS = tuple(f"Treat Patient {i}" + " and stay with them" * (i % 4) for i in range(5))
STATEMENTS = (
    Statement("value", "Kindness"),
    Statement("right", "Right to life"),
    Statement("duty", "Duty to keep a promise that was given long ago"),
)
EXPLAINED = 24  # tokens
WORDS = {"value": "Value", "right": "Right", "duty": "Duty"}


def quiet(what: str, share: float | None) -> None:
    """Progress that is ignored."""


def load(folder: Path, **spec: Any) -> Seq2SeqBackbone:
    backbone = open_backbone(BackboneSpec(kind="seq2seq", model=str(folder), **spec), quiet)
    assert isinstance(backbone, Seq2SeqBackbone)
    return backbone


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_t5(tmp_path_factory.mktemp("t5") / "tiny")


@pytest.fixture(scope="module")
def backbone(folder: Path) -> Iterator[Seq2SeqBackbone]:
    made = load(folder)
    yield made
    made.close()


def filled(task: str, action: str, statement: Statement) -> str:
    text = str(KALEIDO[task]["template"])
    text = text.replace("KIND", WORDS[statement.kind]).replace("TEXT", statement.text)
    return text.replace("ACTION", action)


class Plain:
    """The model as transformers runs it, one text at a time."""

    def __init__(self, folder: Path) -> None:
        self.model: Any = AutoModelForSeq2SeqLM.from_pretrained(folder).eval()
        self.tokenizer: Any = AutoTokenizer.from_pretrained(folder)

    def probabilities(self, text: str, words: tuple[str, ...]) -> list[float]:
        ids = self.tokenizer(text, return_tensors="pt").input_ids
        with torch.no_grad():
            made = self.model(input_ids=ids, decoder_input_ids=torch.tensor([[0, 0]]))
        everything = made.logits[0, 1].softmax(-1)
        few = torch.stack([everything[self.tokenizer(word).input_ids[0]] for word in words])
        return list((few / few.sum()).tolist())

    def rating(self, action: str, statement: Statement) -> StatementRating:
        relevant = self.probabilities(filled("relevance", action, statement), ("Yes", "No"))
        valence = self.probabilities(
            filled("valence", action, statement), ("Supports", "Opposes", "Either")
        )
        return StatementRating(relevant[0], *valence)

    def explanation(self, action: str, statement: Statement) -> str:
        ids = self.tokenizer(filled("explanation", action, statement), return_tensors="pt")
        made = self.model.generate(**ids, max_new_tokens=EXPLAINED, do_sample=False)
        return str(self.tokenizer.decode(made[0], skip_special_tokens=True)).strip()


def numbers(rating: StatementRating) -> tuple[float, ...]:
    return (rating.relevance, rating.supports, rating.opposes, rating.either)


async def test_ratings_and_explanations_of_a_batch_equal_plain_transformers(
    folder: Path, backbone: Seq2SeqBackbone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("align_tui.backbones.seq2seq.backbone.EXPLANATION_TOKENS", EXPLAINED)
    plain = Plain(folder)
    async with asyncio.TaskGroup() as group:  # five samples at once, texts of many lengths
        rated = [group.create_task(backbone.rate(each, STATEMENTS)) for each in ACTIONS]
    for action, task in zip(ACTIONS, rated, strict=True):
        for statement, ours in zip(STATEMENTS, task.result(), strict=True):
            theirs = plain.rating(action, statement)
            assert numbers(ours) == pytest.approx(numbers(theirs), abs=1e-5)
            assert sum(numbers(ours)[1:]) == pytest.approx(1.0)
    assert max(backbone._thread.batches) > 6  # texts of several samples went through together
    told = await backbone.explain(ACTIONS[3], STATEMENTS)
    assert told == tuple(plain.explanation(ACTIONS[3], each) for each in STATEMENTS)
    assert backbone.tokens_generated() > 0


async def test_statements_are_searched_or_drawn_and_each_comes_once(
    backbone: Seq2SeqBackbone,
) -> None:
    drawn = await backbone.suggest("Treat A", 12, seed=3)
    assert drawn == await backbone.suggest("Treat A", 12, seed=3)
    assert drawn != await backbone.suggest("Treat A", 12, seed=4)
    assert len(set(drawn)) == len(drawn) and all(each.text for each in drawn)
    assert len(await backbone.suggest("Treat A", 4)) <= 4
    with pytest.raises(BackboneError, match="1 to 200"):
        await backbone.suggest("Treat A", 1_000)


async def test_what_fills_a_blank_is_no_control_token_and_no_blank(
    backbone: Seq2SeqBackbone,
) -> None:
    ids = backbone._ids("relevance", "Stop </s><pad> TEXT", STATEMENTS[0])
    assert ids.count(1) == 1 and ids[-1] == 1 and 0 not in ids  # its own end alone
    assert "TEXT" in backbone._text(ids)


async def test_a_cancelled_request_leaves_the_batch_and_others_go_on(
    backbone: Seq2SeqBackbone,
) -> None:
    long = asyncio.create_task(backbone.explain("Treat A", STATEMENTS * 20))
    beside = asyncio.create_task(backbone.rate("Treat B", STATEMENTS))
    await asyncio.sleep(0)
    long.cancel()
    with pytest.raises(asyncio.CancelledError):
        await long
    assert len(await asyncio.wait_for(beside, 20)) == 3
    assert len(await asyncio.wait_for(backbone.rate("Treat C", STATEMENTS), 20)) == 3
    assert await backbone.rate("Treat C", ()) == ()


def test_writing_is_greedy_whatever_the_model_s_own_settings_are(folder: Path) -> None:
    model: Any = AutoModelForSeq2SeqLM.from_pretrained(folder).eval()
    texts = [(5, 6, 7, 1), (9, 8, 1)]
    greedy = passes.write(model, texts, 12, [lambda: True] * 2)
    model.generation_config.num_beams = 4
    assert passes.write(model, texts, 12, [lambda: True] * 2) == greedy
    drawn = Search(Job(lambda outcome: None), 0, texts[0], most_tokens=12, count=3, seed=1)
    assert len(passes.search(model, drawn, lambda: True)) == 3


def test_writing_stops_within_a_token_when_nobody_waits(folder: Path) -> None:
    model: Any = AutoModelForSeq2SeqLM.from_pretrained(folder).eval()
    seen: list[int] = []

    def wanted() -> bool:
        seen.append(1)
        return len(seen) < 5

    row = Writing(Job(lambda outcome: None), 0, (5, 6, 7, 1), most_tokens=100)
    [made] = passes.write(model, [row.ids], row.most_tokens, [wanted])
    assert len(seen) == 5 and len(made) <= 5


async def test_a_batch_that_does_not_fit_is_halved_and_one_at_fault_fails_alone(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backbone = load(folder)
    real, sizes = passes.answer_logits, []

    def scarce(model: Any, texts: Any) -> torch.Tensor:
        sizes.append(len(texts))
        if len(texts) > 4:
            raise torch.OutOfMemoryError("no memory")
        if any(len(text) > 170 for text in texts):
            raise RuntimeError("a text that breaks it")
        return real(model, texts)

    monkeypatch.setattr(passes, "answer_logits", scarce)
    bad = Statement("value", "long " * 60)
    async with asyncio.TaskGroup() as group:
        good = [group.create_task(backbone.rate(each, STATEMENTS)) for each in ACTIONS[:3]]
        failing = group.create_task(_failure(backbone, bad))
    assert all(len(each.result()) == 3 for each in good)
    assert "a text that breaks it" in failing.result().message
    assert any("out of memory" in note for note in backbone.info.notes) and max(sizes) > 4
    monkeypatch.setattr(passes, "answer_logits", lambda *_: _no_memory())
    with pytest.raises(OutOfMemory, match="ran out of memory"):
        await backbone.rate("Treat A", STATEMENTS[:1])
    backbone.close()


async def _failure(backbone: Seq2SeqBackbone, statement: Statement) -> BackboneError:
    with pytest.raises(BackboneError) as raised:
        await backbone.rate("Treat A", [statement])
    return raised.value


def _no_memory() -> torch.Tensor:
    raise torch.OutOfMemoryError("no memory")


async def test_closing_ends_what_is_being_written(folder: Path) -> None:
    backbone = load(folder)
    asked = asyncio.create_task(backbone.explain("Treat A", STATEMENTS * 40))
    await asyncio.sleep(0.05)
    await asyncio.to_thread(backbone.close)
    with pytest.raises(Cancelled):
        await asyncio.wait_for(asked, 10)


def test_batches_are_bounded_by_texts_and_by_padded_tokens() -> None:
    assert batch_sizes([5, 5, 5, 5], Room(2, 1000)) == [2, 2]
    assert batch_sizes([10, 10, 40, 10], Room(8, 60)) == [2, 1, 1]
    assert batch_sizes([10, 10, 20], Room(8, 999, 1_000, 10, 4)) == [2, 1]  # 20 * (10 + 40)
    assert batch_sizes([500], Room(8, 60)) == [1] and batch_sizes([], Room(8, 60)) == []


def test_a_model_without_templates_reads_ours_and_says_so(tmp_path: Path) -> None:
    backbone = load(make_tiny_t5(tmp_path / "bare", tasks=None))
    assert any("templates" in note for note in backbone.info.notes)
    rated = asyncio.run(backbone.rate("Treat A", STATEMENTS))
    assert all(0 < each.relevance < 1 for each in rated)
    backbone.close()


@pytest.mark.parametrize(
    "broken", [{"template": 5, "args": []}, {"template": "ACTION", "args": ["ACTION", "KIND", "X"]}]
)
def test_a_broken_template_is_refused_by_name(tmp_path: Path, broken: dict[str, Any]) -> None:
    folder = make_tiny_t5(tmp_path / "broken", tasks=KALEIDO | {"valence": broken})
    with pytest.raises(BackboneError, match="'valence' cannot be used"):
        load(folder)


def test_the_wrong_kind_of_model_is_refused_both_ways(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(BackboneError, match="encoder-decoder") as raised:
        open_backbone(BackboneSpec(kind="transformers", model=str(folder)), quiet)
    assert "seq2seq" in raised.value.hint
    causal = make_tiny_model(tmp_path / "causal")
    with pytest.raises(BackboneError, match="not an encoder-decoder model"):
        load(causal)


def test_its_files_are_checked_described_and_named(folder: Path) -> None:
    spec = BackboneSpec(kind="seq2seq", model=str(folder))
    assert check_loadable(spec).folder == folder
    told = describe(spec)
    assert told.loads, told.troubles
    assert told.architecture == "T5ForConditionalGeneration" and told.parameters
    assert resolve(str(folder)).spec.kind == "seq2seq"
    weights = json.loads((folder / "config.json").read_text())
    assert weights["is_encoder_decoder"] is True


def test_the_identity_covers_weights_and_config(tmp_path: Path, folder: Path) -> None:
    other = load(make_tiny_t5(tmp_path / "other", seed=9), dtype="bfloat16")
    first = load(folder)
    assert first.info.identity != other.info.identity
    assert (other.info.dtype, first.info.dtype) == ("bfloat16", "float32")
    for each in (first, other):
        each.close()
