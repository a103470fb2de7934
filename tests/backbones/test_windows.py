"""Models with attention windows: batched, and equal to transformers."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
import torch

from align_tui.backbones.base import ChoiceScoringRequest, Request
from align_tui.backbones.local.backbone import LocalBackbone
from align_tui.backbones.registry import open_backbone
from align_tui.config.backbone_spec import BackboneSpec
from align_tui.core.decisions import ChoiceProbabilities, Message, Sampling
from align_tui.core.replies import decision_schema
from tests.models import make_tiny_model

CHOICES = ("Treat Patient A", "Leave Patient B")
SCHEMA = decision_schema(CHOICES, "before", 60)
WINDOWED = ["MistralConfig", "Gemma2Config", "Gemma3TextConfig", "GptOssConfig", "Llama4TextConfig"]


def load(folder: Path) -> LocalBackbone:
    spec = BackboneSpec(kind="transformers", model=str(folder))
    backbone = open_backbone(spec, lambda what, share: None)
    assert isinstance(backbone, LocalBackbone)
    return backbone


def asked(i: int) -> tuple[Message, ...]:
    return (Message("user", f"Scenario {i}: " + "who is treated first, and who waits? " * 3),)


async def write_all(backbone: LocalBackbone, n: int, **more: Any) -> list[str]:
    requests = [Request(asked(i), SCHEMA, Sampling(), **more) for i in range(n)]
    made = await asyncio.gather(*(backbone.generate(r, lambda _, t: None) for r in requests))
    return [each.text for each in made]


def by_transformers(backbone: LocalBackbone, i: int, begun: str) -> list[float]:
    """The probabilities from whole passes of the model in transformers."""
    model: Any = backbone._loaded.model
    prompt = backbone._tokenizer.chat.render(asked(i)).ids
    tails = [backbone._tokenizer.chat.encoder.encode_literal(f'{begun}{c}"') for c in CHOICES]
    split = next(j for j, pair in enumerate(zip(*tails, strict=False)) if len(set(pair)) > 1)
    with torch.inference_mode():
        logits = model(torch.tensor([[*prompt, *tails[0][:split]]])).logits[0, -1]
    shares: list[float] = logits[[tail[split] for tail in tails]].softmax(0).tolist()
    return shares


@pytest.mark.parametrize("config", WINDOWED)
async def test_a_windowed_model_is_batched_and_writes_what_it_writes_alone(
    tmp_path: Path, config: str
) -> None:
    backbone = load(make_tiny_model(tmp_path / "m", config=config, spread=0.15))
    assert backbone.info.notes == () and any(backbone._thread.batch.windows)
    batched = await write_all(backbone, 5)
    backbone._thread.batch.prefix_cache.clear()
    assert batched == await write_all(backbone, 5, engine="generate")
    begun = batched[0][: batched[0].index('"choice":"') + len('"choice":"')]
    replies = tuple(f'{begun}{choice}"' for choice in CHOICES)
    found = await backbone.score(ChoiceScoringRequest(asked(0), replies))
    assert found.probabilities == pytest.approx(by_transformers(backbone, 0, begun), abs=1e-4)
    backbone.close()


async def test_a_window_matters_and_is_told_from_none(tmp_path: Path) -> None:
    """Without this, the test above would pass for windows that are never applied."""
    texts = []
    for window in (32, 2048):
        folder = make_tiny_model(
            tmp_path / str(window), config="MistralConfig", spread=0.15, sliding_window=window
        )
        backbone = load(folder)
        texts.append(await write_all(backbone, 3))
        backbone.close()
    assert texts[0] != texts[1]


@pytest.mark.parametrize(
    ("config", "load_values"),
    [("MambaConfig", {}), ("MistralConfig", {"attn_implementation": "eager"})],
)
async def test_what_cannot_be_batched_is_scored_by_a_plain_pass(
    tmp_path: Path, config: str, load_values: dict[str, str]
) -> None:
    folder = make_tiny_model(tmp_path / "m", config=config, spread=0.15)
    spec = BackboneSpec(kind="transformers", model=str(folder), load=load_values)
    backbone = open_backbone(spec, lambda what, share: None)
    assert isinstance(backbone, LocalBackbone)
    assert "one reply at a time" in backbone.info.notes[0]
    begun = '{"reasoning":"He is worse.","choice":"'
    replies = tuple(f'{begun}{choice}"' for choice in CHOICES)

    async def score(i: int) -> ChoiceProbabilities:
        return await backbone.score(ChoiceScoringRequest(asked(i), replies))

    found = await asyncio.gather(*(score(i) for i in range(3)))
    for i, each in enumerate(found):
        assert each.probabilities == pytest.approx(by_transformers(backbone, i, begun), abs=1e-5)
    [text] = await write_all(backbone, 1)
    assert text.startswith('{"reasoning":"')
    backbone.close()
