"""A backbone on hostile servers, and one reply of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from align_tui.backbones.base import Request
from align_tui.backbones.registry import open_backbone
from align_tui.backbones.server.backbone import ServerBackbone
from align_tui.config.backbone_spec import BackboneSpec
from align_tui.core.decisions import Generation, Message, Sampling, ThinkingMode
from align_tui.core.replies import RESTART, decision_schema
from tests.servers.hostile import Act, Hostile, fitting, hostile

CHOICES = ("Treat Patient A", "Treat Patient B")
SCHEMA = decision_schema(CHOICES, "before", 60)
GOOD = fitting(SCHEMA)  # type: ignore[arg-type]  # a schema is made of plain dicts
PROMPT = (Message("system", "You are a medic."), Message("user", "Who is treated first?"))


def spec(*servers: Hostile | str, **more: object) -> BackboneSpec:
    urls = [each if isinstance(each, str) else each.url for each in servers]
    return BackboneSpec.model_validate(
        {"kind": "openai", "model": "m", "server": {"base_urls": urls, "retries": 2} | more}
    )


async def opened(wanted: BackboneSpec) -> ServerBackbone:
    backbone = await asyncio.to_thread(open_backbone, wanted, lambda what, share: None)
    assert isinstance(backbone, ServerBackbone)
    return backbone


@asynccontextmanager
async def facing(*script: Act, **settings: object) -> AsyncIterator[tuple[Hostile, ServerBackbone]]:
    more = settings.pop("spec", {})
    async with hostile(**settings) as server:
        backbone = await opened(spec(server, **more))  # type: ignore[arg-type]
        server.script.extend(script)
        yield server, backbone
        await asyncio.to_thread(backbone.close)


async def write(
    backbone: ServerBackbone,
    *,
    seed: int = 0,
    heard: list[str] | None = None,
    thinking: ThinkingMode = "off",
    cap: int = 40,
    **more: Any,
) -> Generation:
    """Write one reply, and check its streamed text and that it can be stored."""
    pieces = heard if heard is not None else []
    sampling = Sampling(max_tokens=90, seed=seed, thinking=thinking, max_thinking_tokens=cap)
    request = replace(Request(PROMPT, SCHEMA, sampling), **more)
    made = await backbone.generate(request, lambda _, text: pieces.append(text))
    # The last streamed text is the reply.
    assert "".join(pieces).rpartition(RESTART)[2] == made.text
    assert made.timeline[-1][1] == len(made.text)
    "".join([*pieces, made.text, made.prompt, *made.notes]).encode()
    return made
