"""Replies without a schema: free text from both engines and from servers."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from align_tui.backbones.base import Request
from align_tui.backbones.registry import open_backbone
from align_tui.backbones.server.errors import Broken, Unfit
from align_tui.backbones.server.outcomes import ServerReply, settle
from align_tui.config.backbone_spec import BackboneSpec
from align_tui.core.decisions import Message, Sampling
from align_tui.core.replies import FREE_TEXT, THINKING
from tests.models import make_tiny_model


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_model(tmp_path_factory.mktemp("m") / "tiny")


@pytest.mark.parametrize("engine", ["batched", "generate"])
def test_a_model_writes_free_text_up_to_its_limit(folder: Path, engine: Any) -> None:
    backbone = open_backbone(BackboneSpec(kind="transformers", model=str(folder)), lambda *_: None)
    turns = (Message("user", "Tell me."),)

    async def write(seed: int) -> Any:
        drawn = Sampling(temperature=1.0, seed=seed, max_tokens=40)
        return await backbone.generate(Request(turns, FREE_TEXT, drawn, engine), lambda *_: None)  # type: ignore[attr-defined]

    async def both() -> list[Any]:
        return [await write(1), await write(1), await write(2)]

    first, again, other = asyncio.run(both())
    backbone.close()
    assert first.text == again.text != other.text
    assert first.finish in ("stop", "length") and first.tokens <= 40
    assert not first.text.startswith("{") and not set("\x00\x02\x03") & set(first.text)


@pytest.mark.parametrize("text", ["It is so: {", '{"a": 1} and {"b": 2}', "plain"])
def test_a_servers_free_text_is_taken_as_it_is(text: str) -> None:
    settled = settle(ServerReply(text=f" {text}\n", ended="stop"), FREE_TEXT)
    assert (settled.text, settled.finish) == (text, "stop")
    assert settle(ServerReply(text=text, ended="length"), FREE_TEXT).finish == "length"


def test_a_servers_free_text_may_not_hold_marks_or_break_off() -> None:
    marked = settle(ServerReply(text=f"a{THINKING}b", ended="stop"), FREE_TEXT)
    assert THINKING not in marked.text
    with pytest.raises(Broken):
        settle(ServerReply(text="so it", ended=None), FREE_TEXT)
    with pytest.raises(Unfit):
        settle(ServerReply(text="", thinking="hm", ended="stop"), FREE_TEXT)
