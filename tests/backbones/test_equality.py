"""Compare the batched engine with `model.generate` under the same grammar, reply by reply."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest

from align_tui.backbones.base import Generates, Request
from align_tui.backbones.registry import open_backbone
from align_tui.config.backbone_spec import BackboneSpec
from align_tui.core.decisions import Generation, Message, ReasoningOrder, Sampling
from align_tui.core.replies import decision_schema
from align_tui.core.types import JsonObject
from tests.models import make_tiny_model

REPLIES = 200
WORDS = ("triage", "é", "who", "saves", "42", '"so"', "\\", "patient", "\n", "日本", "merit", "a")


def some_words(chance: random.Random, most: int) -> str:
    return " ".join(chance.choices(WORDS, k=chance.randint(1, most)))


def some_schema(chance: random.Random) -> JsonObject:
    """A decision's schema, or one with other parts that a schema may have."""
    choices = list(dict.fromkeys(some_words(chance, 5) for _ in range(chance.randint(2, 5))))
    order: ReasoningOrder = chance.choice(["before", "after", "none"])
    schema = decision_schema(choices, order, chance.randint(2, 30))
    properties = schema["properties"]
    assert isinstance(properties, dict) and isinstance(schema["required"], list)
    for name, kind in (
        ("sure", {"type": "boolean"}),
        ("score", {"type": "integer", "minimum": 0, "maximum": 99}),
        ("tags", {"type": "array", "items": {"enum": ["x", "yes"]}, "maxItems": 3}),
    ):
        if chance.random() < 0.3:
            properties[name] = kind
            schema["required"].append(name)
    return schema


def some_request(seed: int) -> Request:
    chance = random.Random(seed)
    messages = (
        Message("system", some_words(chance, 30)),
        Message("user", some_words(chance, 60)),
    )
    return Request(messages, some_schema(chance), Sampling(max_tokens=500))


@pytest.mark.slow
async def test_greedy_text_equals_that_of_generate(tmp_path: Path) -> None:
    folder = make_tiny_model(tmp_path / "m", seed=3)
    spec = BackboneSpec(kind="transformers", model=str(folder), dtype="float32")
    backbone = open_backbone(spec, lambda what, share: None)
    assert isinstance(backbone, Generates)

    async def write(request: Request) -> Generation:
        return await backbone.generate(request, lambda _, text: None)

    wanted = [some_request(seed) for seed in range(REPLIES)]
    batched = await asyncio.gather(*(write(request) for request in wanted))
    alone = [
        await write(Request(each.messages, each.schema, each.sampling, "generate"))
        for each in wanted
    ]
    backbone.close()
    assert [made.text for made in batched] == [made.text for made in alone]
    assert {made.finish for made in (*batched, *alone)} == {"stop"}
