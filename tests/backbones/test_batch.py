"""The decode batch: shared reading, priorities, and a device that runs out of memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from align_tui.backbones.base import ChoiceScoringRequest, Generates, Request
from align_tui.backbones.local import tokens
from align_tui.backbones.local.attention import Piece
from align_tui.backbones.local.backbone import LocalBackbone
from align_tui.backbones.local.budget import Budget
from align_tui.backbones.local.cuda_graphs import ATTEMPTS, DecodeGraphs, StaticStep
from align_tui.backbones.local.prefix_cache import PrefixCache, common_prefix
from align_tui.backbones.local.reader import Reader
from align_tui.backbones.local.schedule import room_for
from align_tui.backbones.registry import open_backbone
from align_tui.config.backbone_spec import BackboneSpec
from align_tui.core.decisions import Generation, Message, Sampling
from align_tui.core.errors import OutOfMemory
from align_tui.core.replies import decision_schema, read_reply
from tests.models import make_tiny_model

CHOICES = ("Treat Patient A", "Treat Patient B")
SCHEMA = decision_schema(CHOICES, "before", 40)
SYSTEM = "You are a medic of much experience and few words. " * 4


class Watched:
    """A backbone that records the size of every pass of its batch."""

    def __init__(self, folder: Path) -> None:
        spec = BackboneSpec(kind="transformers", model=str(folder))
        opened = open_backbone(spec, lambda what, share: None)
        assert isinstance(opened, LocalBackbone)
        self.backbone = opened
        self.batch = opened._thread.batch
        self.read: list[int] = []
        self.seats: list[int] = []
        self._forward = self.batch._forward
        self.failures = 0
        self.batch._forward = self.forward  # type: ignore[method-assign]

    def forward(
        self, ids: list[int], singles: list[Piece], chunks: list[Piece], keep: list[int]
    ) -> torch.Tensor:
        self.read.append(len(ids))
        self.seats.append(len(self.batch.seats))
        if self.failures and len(self.batch.seats) > 1:
            self.failures -= 1
            raise torch.OutOfMemoryError("made up")
        return self._forward(ids, singles, chunks, keep)

    async def ask(
        self, user: str, seed: int = 0, temperature: float = 0.0, priority: int = 0
    ) -> Generation:
        messages = (Message("system", SYSTEM), Message("user", user))
        sampling = Sampling(temperature=temperature, seed=seed)
        request = Request(messages, SCHEMA, sampling, priority=priority)
        made = await self.backbone.generate(request, lambda _, text: None)
        read_reply(made.text, CHOICES, "before")
        return made

    async def ask_all(self, n: int, temperature: float = 0.0) -> list[str]:
        made = await asyncio.gather(
            *(self.ask(f"Scenario {i}: who is first?", i, temperature) for i in range(n))
        )
        return [each.text for each in made]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_model(tmp_path_factory.mktemp("b") / "tiny")


@pytest.fixture
async def watched(folder: Path) -> AsyncIterator[Watched]:
    made = Watched(folder)
    yield made
    made.backbone.close()


async def test_samples_of_a_prompt_share_its_reading(watched: Watched) -> None:
    made = await asyncio.gather(
        *(watched.ask("Who is first?", seed, temperature=1.0) for seed in range(8))
    )
    assert len({each.text for each in made}) > 1
    written = sum(each.tokens for each in made)
    # The prompt (with the reply's forced opening) once, and then only the written tokens.
    assert sum(watched.read) <= made[0].prompt_tokens + written + 8


async def test_prompts_share_the_reading_of_what_they_begin_with(watched: Watched) -> None:
    first = await watched.ask("Who is first?")
    before = sum(watched.read)
    second = await watched.ask("The other one: who?")
    assert sum(watched.read) - before < second.tokens + 60 < first.prompt_tokens


async def test_long_prompts_are_read_in_pieces_beside_what_decodes(watched: Watched) -> None:
    expected = await watched.ask_all(6)
    watched.batch.prefix_cache.clear()
    watched.batch.budget.prefill = 40
    watched.read.clear()
    assert await watched.ask_all(6) == expected
    # A piece of a prompt, and one token or the forced tokens of each other reply.
    assert max(watched.read) <= 40 + 6 * 32
    assert sum(size > 1 for size in watched.read) > len(watched.read) / 2


@pytest.mark.parametrize("temperature", [0.0, 1.0])
async def test_tokens_in_flight_are_bounded(watched: Watched, temperature: float) -> None:
    expected = await watched.ask_all(9, temperature)
    watched.seats.clear()
    watched.batch.budget.tokens = 1500
    assert await watched.ask_all(9, temperature) == expected
    assert 1 <= max(watched.seats) <= 3


async def test_a_reply_that_outgrows_the_batch_waits_and_goes_on(watched: Watched) -> None:
    expected = await watched.ask_all(4, temperature=1.0)
    watched.batch.budget.tokens = 1
    assert await watched.ask_all(4, temperature=1.0) == expected


async def test_what_someone_looks_at_goes_first(watched: Watched) -> None:
    await watched.ask("Warm up")
    watched.batch.budget.tokens = 1500
    order: list[int] = []

    async def ask(i: int, priority: int) -> None:
        await watched.ask(f"Scenario {i}: who is first?", i, priority=priority)
        order.append(i)

    sweep = [asyncio.create_task(ask(i, 0)) for i in range(12)]
    while len(watched.batch.seats) < 2:
        await asyncio.sleep(0.001)
    await asyncio.gather(ask(99, 10), *sweep)
    # It takes the place of a reply that decodes; the few before it had nearly ended.
    assert order.index(99) <= 3
    assert sorted(order) == [*range(12), 99]


async def test_running_out_of_memory_halves_the_batch_and_is_recorded(watched: Watched) -> None:
    expected = await watched.ask_all(8, temperature=1.0)
    before = watched.batch.budget.tokens
    watched.failures = 1
    assert await watched.ask_all(8, temperature=1.0) == expected
    assert watched.batch.budget.tokens < before / 2
    [note] = watched.backbone.info.notes
    assert note.startswith("out of memory with ")
    assert note.endswith(f" tokens in flight: at most {watched.batch.budget.tokens} from now on")


async def test_one_that_does_not_fit_alone_says_so(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    def burst(*_: object) -> torch.Tensor:
        raise torch.OutOfMemoryError("made up")

    with monkeypatch.context() as patched:
        patched.setattr(watched.batch, "_forward", burst)
        with pytest.raises(OutOfMemory):
            await watched.ask("Who?")
        with pytest.raises(OutOfMemory):
            await watched.backbone.score(
                ChoiceScoringRequest((Message("user", "Who?"),), ("A", "B"))
            )
    assert (await watched.ask("Who?")).finish == "stop"


async def test_steps_of_fixed_shape_write_the_same(watched: Watched) -> None:
    """The steps that a GPU records as graphs run here without recording."""
    expected = await watched.ask_all(5)
    watched.batch.prefix_cache.clear()
    batch = watched.batch
    graphs = DecodeGraphs(batch.model, batch._cache, capture=False)
    batch._graphs = graphs
    packed = len(watched.read)
    assert await watched.ask_all(5) == expected
    assert {rows for rows, _ in graphs._steps} >= {8}  # 5 replies and 3 spare rows
    assert len(watched.read) - packed < packed / 2


async def test_recordings_give_way_where_memory_is_short(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a simulated GPU: a recording without memory drops all recordings, and steps go on."""
    expected = await watched.ask_all(5)
    watched.batch.prefix_cache.clear()
    pools: list[object] = []

    def capture(step: StaticStep, pool: object) -> None:
        pools.append(pool)
        raise torch.OutOfMemoryError("made up")

    monkeypatch.setattr(StaticStep, "capture", capture)
    monkeypatch.setattr(torch.cuda, "graph_pool_handle", object)
    monkeypatch.setattr(torch.cuda, "synchronize", lambda: None)
    batch = watched.batch
    batch._graphs = DecodeGraphs(batch.model, batch._cache)
    assert await watched.ask_all(5) == expected
    assert len(pools) == len(set(pools)) == ATTEMPTS  # the recordings' pool is dropped with them
    assert any("memory is too small" in note for note in batch.notes)


async def test_a_tokenizer_that_llguidance_does_not_know(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(*_: object) -> None:
        raise ValueError("what is this?")

    monkeypatch.setattr(tokens, "Grammars", unknown)
    spec = BackboneSpec(kind="transformers", model=str(folder))
    backbone = open_backbone(spec, lambda what, share: None)
    assert isinstance(backbone, Generates)
    [note] = backbone.info.notes
    assert "llguidance does not know its tokenizer" in note
    request = Request((Message("user", "Who?"),), SCHEMA, Sampling())
    made = await asyncio.gather(*(backbone.generate(request, lambda _, t: None) for _ in range(2)))
    assert all(read_reply(each.text, CHOICES, "before") for each in made)
    backbone.close()


def test_room_is_counted_in_tokens() -> None:
    budget = Budget(tokens=1000, prefill=100, prefix_bytes=0)
    long, short = Reader(ids=[1] * 400), Reader(ids=[1] * 40)
    assert room_for([], Reader(ids=[1] * 5000), budget)  # one reply always has room
    assert room_for([long], long, budget) and not room_for([long] * 2, short, budget)
    assert room_for([short] * 24, short, budget) and not room_for([short] * 25, short, budget)
    budget.halve(900)
    assert budget.tokens == 450 and len(budget.notes) == 1


@given(st.lists(st.integers(0, 2), max_size=12), st.lists(st.integers(0, 2), max_size=12))
def test_common_prefix(a: list[int], b: list[int]) -> None:
    n = common_prefix(a, b)
    assert a[:n] == b[:n] and (n == min(len(a), len(b)) or a[n] != b[n])


def test_the_prefix_store_keeps_to_its_budget() -> None:
    def layers(n: int) -> list[tuple[torch.Tensor, torch.Tensor]]:
        return [(torch.zeros(1, n, 4), torch.zeros(1, n, 4))]  # 32 bytes a token

    store = PrefixCache(budget=32 * 50)
    one, two, three = ([i] * 20 for i in (1, 2, 3))
    store.put(one, layers(20))
    store.put(two, layers(20))
    assert store.longest([*one, 9]).length == 20  # recently used, so it stays
    store.put(three, layers(20))
    assert [store.longest([*ids, 9]).length for ids in (one, two, three)] == [20, 0, 20]
    store.put([7] * 60, layers(60))
    assert store.longest([7] * 60).length == 0
    # The whole sequence with logits, all but the last token without, and never above the limit.
    store.put(three, layers(20), torch.ones(3))
    whole = store.longest(three)
    assert whole.length == 20 and whole.logits is not None
    assert store.longest(one).length == 19 and store.longest(one).logits is None
    assert store.longest(three, 12).length == 12 and store.longest(three, 12).logits is None
