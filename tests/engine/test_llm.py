"""The model as a sample asks it: a timeline counts from the sample's start, for replays."""

from __future__ import annotations

import time
from typing import Any

import pytest

from align_tui.config.backbone_spec import DecodingSpec
from align_tui.core.decisions import Generation, Message
from align_tui.engine.llm import SampleLlm


class Backbone:
    """Answers at once."""

    async def generate(self, request: Any, on_text: Any) -> Generation:
        on_text(0.25, "abc")
        return Generation("abc", "p", 1, 1, "stop", 0.25, 0.5, ((0.25, 3),))


@pytest.mark.asyncio
async def test_a_timeline_counts_from_the_sample_and_not_from_the_request() -> None:
    """The model took a minute to load before the sample could ask it."""
    told: list[tuple[int, str]] = []
    backbone: Any = Backbone()
    llm = SampleLlm(
        backbone,
        DecodingSpec(),
        1,
        lambda stream, text: told.append((stream, text)),
        time.monotonic() - 60.0,
    )
    made = await llm.generate([Message("user", "?")], {}, llm.sampling())
    assert 60.25 <= made.timeline[0][0] < 90.0 and made.timeline[0][1] == 3
    assert made.first_token_s == 0.25
    assert told == [(0, "abc")]
