"""The batched engine on tiny models: constrained, repeatable, cancellable, equal to generate."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import torch

from align_tui.backbones.base import ChoiceScoringRequest, Request
from align_tui.backbones.local.backbone import LocalBackbone
from align_tui.backbones.local.chat import ChatFormat
from align_tui.backbones.registry import open_backbone
from align_tui.config.backbone_spec import BackboneSpec
from align_tui.core.decisions import Generation, Message, Sampling
from align_tui.core.errors import BackboneError, OutOfMemory
from align_tui.core.replies import choice_start, decision_schema, read_reply
from align_tui.core.types import canonical
from tests.models import DROPS_SYSTEM, NO_SYSTEM, make_tiny_model

CHOICES = ("Treat Patient A", "Treat Patient B", 'Do nothing, é "quoted"')
SCHEMA = decision_schema(CHOICES, "before", 48)


def quiet(what: str, share: float | None) -> None:
    """Progress that is ignored."""


def load(folder: Path) -> LocalBackbone:
    backbone = open_backbone(BackboneSpec(kind="transformers", model=str(folder)), quiet)
    assert isinstance(backbone, LocalBackbone)
    return backbone


def prompt(i: int) -> tuple[Message, ...]:
    system = Message("system", "You are a medic. " * (1 + i % 3))
    return (system, Message("user", f"Scenario {i}. Who is treated?"))


def request(i: int, **sampling: object) -> Request:
    engine = str(sampling.pop("engine", "batched"))
    drawn = Sampling(**{"max_tokens": 400, "seed": i} | sampling)  # type: ignore[arg-type]
    return Request(prompt(i), SCHEMA, drawn, engine)  # type: ignore[arg-type]


async def write(backbone: LocalBackbone, wanted: Request) -> Generation:
    pieces: list[str] = []
    made = await backbone.generate(wanted, lambda _, text: pieces.append(text))
    assert "".join(pieces) == made.text  # the streamed text is the reply
    return made


@pytest.fixture(scope="module")
def backbone_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_model(tmp_path_factory.mktemp("m") / "tiny")


@pytest.fixture
async def backbone(backbone_folder: Path) -> AsyncIterator[LocalBackbone]:
    loaded = load(backbone_folder)
    yield loaded
    loaded.close()


async def test_every_reply_obeys_its_schema(backbone: LocalBackbone) -> None:
    made = await asyncio.gather(*(write(backbone, request(i, temperature=1.0)) for i in range(8)))
    for each in made:
        assert each.finish == "stop"
        choice, reasoning = read_reply(each.text, CHOICES, "before")
        assert 0 <= choice < 3 and 1 <= len(reasoning) <= 48
        assert list(json.loads(each.text)) == ["reasoning", "choice"]
        assert each.timeline[-1][1] == len(each.text)
        assert 0 <= each.first_token_s <= each.total_s


@pytest.mark.parametrize("temperature", [0.0, 1.0])
async def test_text_does_not_depend_on_company(backbone: LocalBackbone, temperature: float) -> None:
    wanted = [request(i, temperature=temperature) for i in range(6)]
    together = await asyncio.gather(*(write(backbone, each) for each in wanted))
    alone = [await write(backbone, each) for each in wanted]
    assert [made.text for made in together] == [made.text for made in alone]


async def test_greedy_equals_the_plain_way(backbone: LocalBackbone) -> None:
    batched = await asyncio.gather(*(write(backbone, request(i)) for i in range(12)))
    alone = [await write(backbone, request(i, engine="generate")) for i in range(12)]
    assert [made.text for made in batched] == [made.text for made in alone]
    assert {made.finish for made in alone} == {"stop"}


async def test_seeds_name_streams(backbone: LocalBackbone) -> None:
    wanted = [Request(prompt(0), SCHEMA, Sampling(temperature=1.0, seed=s)) for s in (1, 1, 2)]
    texts = [made.text for made in [await write(backbone, each) for each in wanted]]
    assert texts[0] == texts[1] != texts[2]


async def test_cap_and_prompt(backbone: LocalBackbone) -> None:
    made = await write(backbone, request(0, max_tokens=12))
    assert made.finish == "length" and made.tokens >= 12
    assert made.prompt.startswith("<s>[system]You are a medic.")
    assert made.prompt.endswith("[assistant]")
    ids = backbone._loaded.tokenizer(made.prompt, add_special_tokens=False)["input_ids"]
    assert made.prompt_tokens == len(ids) and list(ids).count(0) == 1  # exactly one start token


async def test_cancelling_stops_within_a_token(backbone: LocalBackbone) -> None:
    begun = asyncio.Event()
    loop = asyncio.get_running_loop()
    seen: list[str] = []

    def on_text(_: float, text: str) -> None:
        seen.append(text)
        if text:  # the first call has none
            loop.call_soon_threadsafe(begun.set)

    long = Request(prompt(0), decision_schema(CHOICES, "before", 20_000), Sampling(max_tokens=9000))
    task = asyncio.create_task(backbone.generate(long, on_text))
    await asyncio.wait_for(begun.wait(), 20)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    # The same thread serves the next request, so the earlier one has ended.
    await write(backbone, request(1))
    count = len(seen)
    await write(backbone, request(2))
    assert len(seen) == count
    assert backbone._thread.batch.seats == []


async def test_probabilities_are_those_where_the_choices_part(backbone: LocalBackbone) -> None:
    two = CHOICES[:2]
    tokenizer, model = backbone._loaded.tokenizer, backbone._loaded.model
    for i in range(4):
        replies = ['{"reasoning":"Because.","choice":' + canonical(choice) for choice in two]
        shares = (
            await backbone.score(ChoiceScoringRequest(prompt(i), tuple(replies)))
        ).probabilities
        text = ChatFormat(tokenizer).render(prompt(i)).text
        a, b = (tokenizer(text + reply, add_special_tokens=False)["input_ids"] for reply in replies)
        at = next(k for k, (x, y) in enumerate(zip(a, b, strict=True)) if x != y)
        with torch.inference_mode():
            logits = model(torch.tensor([a[:at]])).logits[0, -1]
        assert shares == pytest.approx(logits[[a[at], b[at]]].softmax(0).tolist(), abs=1e-5)


async def test_probabilities_do_not_depend_on_what_was_read_before(backbone: LocalBackbone) -> None:
    for i in range(6):
        made = await write(backbone, request(i))
        start = choice_start(made.text, "before")
        assert start is not None
        replies = [made.text[:start] + canonical(choice)[1:] for choice in CHOICES]
        scoring = ChoiceScoringRequest(prompt(i), tuple(replies))
        shares = (await backbone.score(scoring)).probabilities
        assert sum(shares) == pytest.approx(1.0)
        # Earlier reading changes no result.
        backbone._thread.batch.prefix_cache.clear()
        again = await backbone.score(scoring)
        assert again.probabilities == pytest.approx(shares, abs=1e-5)


async def test_choices_of_any_length_are_scored(backbone: LocalBackbone) -> None:
    choices = ["A", "A B", "A B C and a great deal more to say", "B"]
    replies = ['{"choice":' + canonical(choice) for choice in choices]
    shares = (await backbone.score(ChoiceScoringRequest(prompt(0), tuple(replies)))).probabilities
    assert sum(shares) == pytest.approx(1.0) and min(shares) > 0


@pytest.mark.parametrize("template", [NO_SYSTEM, DROPS_SYSTEM, None])
async def test_models_without_a_system_role_or_template(
    tmp_path: Path, template: str | None
) -> None:
    backbone = load(make_tiny_model(tmp_path / "m", template=template))
    made = await write(backbone, request(0))
    assert "You are a medic." in made.prompt and made.finish == "stop"
    backbone.close()


async def test_a_cache_that_cannot_be_batched_falls_back(tmp_path: Path) -> None:
    backbone = load(make_tiny_model(tmp_path / "m", config="MambaConfig"))
    assert backbone.info.notes == ("its cache cannot be batched: one reply at a time",)
    made = await asyncio.gather(*(write(backbone, request(i)) for i in range(2)))
    assert all(read_reply(each.text, CHOICES, "before") for each in made)
    backbone.close()


async def test_a_prompt_beyond_the_context_is_refused(backbone: LocalBackbone) -> None:
    long = Request((Message("user", "word " * 5000),), SCHEMA, Sampling())
    with pytest.raises(BackboneError, match="reads at most 2048"):
        await write(backbone, long)


async def test_a_failure_of_the_model_ends_its_rows_and_not_the_thread(
    backbone: LocalBackbone, monkeypatch: pytest.MonkeyPatch
) -> None:
    forward = backbone._thread.batch._forward

    def burst(*_: object) -> torch.Tensor:
        raise MemoryError

    monkeypatch.setattr(backbone._thread.batch, "_forward", burst)
    with pytest.raises(OutOfMemory):
        await write(backbone, request(0))
    monkeypatch.setattr(backbone._thread.batch, "_forward", forward)
    assert (await write(backbone, request(0))).finish == "stop"


@pytest.mark.parametrize("engine", ["batched", "generate"])
async def test_given_reasoning_is_all_that_stands_before_the_choice(
    backbone: LocalBackbone, engine: str
) -> None:
    given = 'He said "wait" (twice), at 50% \\ then left: [a|b] {c}.\nSo?'
    for goes_on in (False, True):
        schema = decision_schema(CHOICES, "before", 12, given, goes_on)
        drawn = Sampling(max_tokens=400, seed=3, temperature=1.0)
        made = await write(backbone, Request(prompt(1), schema, drawn, engine))  # type: ignore[arg-type]
        _, reasoning = read_reply(made.text, CHOICES, "before")
        assert reasoning.startswith(given) and len(reasoning) <= len(given) + 12
        assert goes_on or reasoning == given
