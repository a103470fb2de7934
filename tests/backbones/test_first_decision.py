"""A sweep's first decision: which readers yield to it, and that none waits in vain."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from align_tui.backbones.base import Request
from align_tui.backbones.local.backbone import LocalBackbone
from align_tui.backbones.local.batch import DecodeBatch
from align_tui.backbones.local.first_decision import unread
from align_tui.backbones.local.prefix_cache import common_prefix
from align_tui.backbones.local.reader import Reader
from align_tui.backbones.local.reply import Reply
from align_tui.backbones.registry import open_backbone
from align_tui.config.backbone_spec import BackboneSpec
from align_tui.core.decisions import Message, Sampling
from align_tui.core.replies import decision_schema

SCHEMA = decision_schema(("Treat Patient A", "Leave Patient B"), "before", 60)
LONG = "the patient is treated " * 60
STEPS = 2000


@pytest.fixture
def backbone(tiny_model: Path) -> Iterator[LocalBackbone]:
    opened = open_backbone(
        BackboneSpec(kind="transformers", model=str(tiny_model)), lambda what, share: None
    )
    assert isinstance(opened, LocalBackbone)
    yield opened
    opened.close()


def reply_of(backbone: LocalBackbone, text: str, group: int, max_tokens: int = 512) -> Reply:
    request = Request(
        (Message("user", text),), SCHEMA, Sampling(max_tokens=max_tokens), group=group
    )
    reply = backbone._tokenizer.reply(request, lambda _, text: None, lambda outcome: None)
    reply.open_forced()
    return reply


def sweep(backbone: LocalBackbone, replies: list[Reply]) -> DecodeBatch:
    """A batch that the test steps by hand, with an unlimited budget for the first decision."""
    batch = DecodeBatch(
        backbone._loaded.model,
        backbone._loaded.device,
        backbone._thread.budget,
        backbone._tokenizer.vocabulary,
    )
    assert batch.first_decision is not None
    batch.first_decision._token_s, batch.first_decision._step_s = 1000.0, 1e-6
    for reply in replies:
        batch.add(reply)
    return batch


@torch.inference_mode()
def drive(batch: DecodeBatch, until: Reply) -> int:
    """Step until a reply has ended."""
    for number in range(STEPS):
        if until in batch.step():
            return number
    raise AssertionError("it does not come to its end")


def test_a_reply_of_the_first_decision_comes_past_all_that_yield(backbone: LocalBackbone) -> None:
    first = reply_of(backbone, "Who?", 1, max_tokens=8)
    others = [reply_of(backbone, f"{i} {LONG}", i + 2) for i in range(30)]
    batch = sweep(backbone, [first, *others])
    drive(batch, first)
    assert first.finish == "length" and len(batch.waiting) == len(others)
    again = reply_of(backbone, "Who?", 1)
    batch.add(again)
    drive(batch, again)
    assert again.finish == "stop" and len(batch.waiting) == len(others)


def test_a_suspect_is_read_though_the_first_decision_is_awaited(backbone: LocalBackbone) -> None:
    texts = ["the patient is treated", "is the patient treated with the choice or the reasoning?"]
    replies = [reply_of(backbone, f"{text}" * 3, i + 1) for i, text in enumerate(texts)]
    batch = sweep(backbone, [*replies, reply_of(backbone, LONG, 9)])
    forward, failures = batch._forward, 1

    def failing(*step: Any) -> torch.Tensor:
        nonlocal failures
        awaited = batch.first_decision is not None and batch.first_decision.is_awaited
        if failures and awaited and len(batch.seats) > 1:
            failures = 0
            raise RuntimeError("made up")
        return forward(*step)

    batch._forward = failing  # type: ignore[method-assign,assignment]
    with torch.inference_mode(), pytest.raises(RuntimeError, match="made up"):
        for _ in range(STEPS):
            batch.step()
    assert batch.isolate() == []
    drive(batch, replies[0])
    assert replies[0].finish == "stop"


def test_nobody_yields_to_a_reply_that_would_not_get_there(backbone: LocalBackbone) -> None:
    """Yielding would use up its budget, and the first decision would come no sooner."""
    first = reply_of(backbone, "Who?", 1)
    others = [reply_of(backbone, f"{i} {LONG}", i + 2) for i in range(6)]
    batch = sweep(backbone, [first, *others])
    assert batch.first_decision is not None
    batch.first_decision._step_s = 1e9
    drive(batch, first)
    assert not batch.first_decision.is_awaited and len(batch.waiting) < len(others)


def test_what_is_unread_counts_each_shared_beginning_once() -> None:
    readers = [Reader(ids=[1, 2, 3, 4]), Reader(ids=[1, 2, 9]), Reader(ids=[5]), Reader(ids=[1, 2])]
    readers.append(Reader(ids=[1, 2, 3, 4, 6, 7], read=5))
    assert unread(readers) == 4 + 1 + 1 + 0 + 1


def test_what_thousands_have_unread_is_counted_without_comparing_each_with_each(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls = 0

    def counted(a: list[int], b: list[int]) -> int:
        nonlocal calls
        calls += 1
        return common_prefix(a, b)

    monkeypatch.setattr("align_tui.backbones.local.first_decision.common_prefix", counted)
    readers = [Reader(ids=[0] * 100 + [i % 250, i]) for i in range(2000)]
    assert unread(readers) == 100 + 250 + 2000
    assert calls == 2000
