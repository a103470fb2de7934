"""What a server calls its setup is kept with each reply, bounded, repaired and without the key."""

from __future__ import annotations

import json

import pytest

from tests.servers.facing import GOOD, facing, write
from tests.servers.hostile import events

PIECES = [GOOD[at : at + 9] for at in range(0, len(GOOD), 9)]


@pytest.mark.parametrize(
    ("marks", "kept"),
    [
        (["fp_44709d6fcb"], "fp_44709d6fcb"),
        ([None, "fp_1", None], "fp_1"),
        (["fp_1", "fp_2"], "fp_2"),
        (["a\ud83db\x00\n c"], "a\ufffdb\ufffd c"),
        ([17, {"a": 1}, "", []], ""),
        ([], ""),
    ],
)
async def test_a_fingerprint_is_kept_with_the_reply(marks: list[object], kept: str) -> None:
    chunks = [
        {"choices": [{"delta": {"content": piece}}], **({"system_fingerprint": m} if m else {})}
        for piece, m in zip(PIECES, [*marks, *[None] * len(PIECES)], strict=False)
    ]
    chunks.append({"choices": [{"delta": {}, "finish_reason": "stop"}]})
    async with facing(events(*map(json.dumps, chunks), "[DONE]")) as (_, backbone):
        made = await write(backbone)
        assert made.text == GOOD and made.fingerprint == kept


async def test_a_long_fingerprint_is_cut() -> None:
    whole = {"choices": [{"delta": {"content": GOOD}, "finish_reason": "stop"}],
             "system_fingerprint": "x" * 1_000_000}  # fmt: skip
    async with facing(events(json.dumps(whole), "[DONE]")) as (_, backbone):
        made = await write(backbone)
        assert made.text == GOOD and 100 < len(made.fingerprint) <= 200
