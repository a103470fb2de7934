"""A real server (llama.cpp's) with the demo model over loopback."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from align_tui.backbones.base import ChoiceScoringRequest, Request, ScoresChoices
from align_tui.backbones.registry import open_backbone
from align_tui.backbones.server import outcomes, streaming
from align_tui.backbones.server.backbone import ServerBackbone
from align_tui.config import paths
from align_tui.config.attributes import load_attributes
from align_tui.config.backbone_spec import BackboneSpec
from align_tui.config.library import load_profile
from align_tui.config.prompts.render import render_messages
from align_tui.core.decisions import Generation, Message, Sampling
from align_tui.core.errors import PromptTooLong, ServerError
from align_tui.core.replies import choice_start, decision_schema, read_reply, split_thinking
from align_tui.core.types import Json, canonical
from align_tui.formats.library import find_scenarios
from align_tui.store import runs, workers
from align_tui.store.database import open_database
from tests.servers.real import llama_server


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with llama_server(tmp_path_factory.mktemp("server")) as address:
        yield address


def spec(url: str, **more: object) -> BackboneSpec:
    return BackboneSpec.model_validate({"kind": "openai", "server": {"base_urls": [url]}} | more)


@pytest.fixture
async def backbone(url: str) -> AsyncIterator[ServerBackbone]:
    opened = await asyncio.to_thread(open_backbone, spec(url), lambda what, share: None)
    assert isinstance(opened, ServerBackbone)
    yield opened
    await asyncio.to_thread(opened.close)


def prompts(count: int) -> list[tuple[tuple[Message, ...], tuple[str, ...]]]:
    """(turns, choices) of the demo's scenarios."""
    profile = load_profile("baseline")
    attributes = load_attributes()
    found = find_scenarios("demo-triage", attributes).scenarios[:count]
    return [(render_messages(profile, s, (), attributes), s.choice_texts) for s in found]


async def write(backbone: ServerBackbone, wanted: Request) -> Generation:
    pieces: list[str] = []
    made = await backbone.generate(wanted, lambda _, text: pieces.append(text))
    assert "".join(pieces) == made.text and len(pieces) > 5  # the text arrived in pieces
    return made


async def test_what_the_server_is_and_can_is_found_out(backbone: ServerBackbone) -> None:
    assert backbone.info.identity.startswith("llamacpp:")
    # It holds replies to their schema and gives probabilities, so there are no warnings.
    assert backbone.info.notes == () and backbone.info.side_by_side == 32


async def test_replies_obey_their_schema_side_by_side(backbone: ServerBackbone) -> None:
    asked = prompts(6)
    wanted = [
        Request(turns, decision_schema(choices, "before", 300), Sampling(1.0, seed=i))
        for i, (turns, choices) in enumerate(asked)
    ]
    made = await asyncio.gather(*(write(backbone, each) for each in wanted))
    for each, (turns, choices) in zip(made, asked, strict=True):
        choice, reasoning = read_reply(each.text, choices, "before")
        assert 0 <= choice < len(choices) and 0 < len(reasoning) <= 300
        assert each.finish == "stop" and each.prompt_tokens > 40 and each.tokens > 10
        assert 0 < each.first_token_s < each.total_s and turns[-1].content in each.prompt
    assert backbone.tokens_generated() >= sum(each.tokens for each in made)


async def test_cap_and_seed(backbone: ServerBackbone) -> None:
    turns, choices = prompts(1)[0]
    schema = decision_schema(choices)
    assert (
        await write(backbone, Request(turns, schema, Sampling(max_tokens=8)))
    ).finish == "length"
    drawn = [Request(turns, schema, Sampling(4.0, seed=seed)) for seed in (1, 1, 2)]
    one, again, other = [(await write(backbone, each)).text for each in drawn]
    assert one == again != other


async def test_choices_have_the_probabilities_that_the_model_in_process_gives(
    backbone: ServerBackbone,
) -> None:
    local = open_backbone(BackboneSpec(), lambda what, share: None)
    assert isinstance(local, ScoresChoices)
    for turns, choices in prompts(6):
        made = await write(backbone, Request(turns, decision_schema(choices), Sampling()))
        start = choice_start(made.text, "before")
        assert start is not None
        replies = [made.text[:start] + canonical(choice)[1:] for choice in choices]
        request = ChoiceScoringRequest(turns, tuple(replies))
        found, expected = await backbone.score(request), await local.score(request)
        assert found is not None and expected is not None
        # The server computes in float16, with the same tokens.
        assert found.probabilities == pytest.approx(expected.probabilities, abs=0.02)
    local.close()


async def test_a_reply_is_had_behind_a_thinking_and_scored_there(
    backbone: ServerBackbone, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The demo model does not think: its first reply serves as thinking that used up its tokens."""
    turns, choices = prompts(1)[0]
    real, asked = streaming.stream_reply, 0

    async def spent(endpoint: Any, ask: Any, on_piece: Any) -> outcomes.ServerReply:
        nonlocal asked
        asked += 1
        if asked > 1:
            return await real(endpoint, ask, on_piece)
        return outcomes.ServerReply(
            thinking="He bleeds.", ended="length", tokens=3, thinking_tokens=3
        )

    monkeypatch.setattr("align_tui.backbones.server.backbone.stream_reply", spent)
    sampling = Sampling(thinking="on")
    made = await backbone.generate(
        Request(turns, decision_schema(choices), sampling), lambda _, text: None
    )
    thinking, reply = split_thinking(made.text)
    # This server refuses a schema with an unfinished turn, so it gets the thinking as a whole turn.
    assert asked == 3 and thinking == "He bleeds." and "<think>" not in reply
    read_reply(reply, choices, "before")
    start = choice_start(made.text, "before")
    assert start is not None
    request = ChoiceScoringRequest(
        turns, tuple(made.text[:start] + canonical(choice)[1:] for choice in choices)
    )
    found = await backbone.score(request)
    assert found is not None and sum(found.probabilities) == pytest.approx(1.0)


async def test_cancelling_stops_the_server(backbone: ServerBackbone, url: str) -> None:
    turns, _ = prompts(1)[0]
    many: dict[str, Json] = {"type": "array", "minItems": 1000, "items": {"enum": ["ab", "cd"]}}
    schema: dict[str, Json] = {"type": "object", "properties": {"m": many}, "required": ["m"]}
    begun = asyncio.Event()
    request = Request(turns, schema, Sampling(max_tokens=100_000))

    def heard(_: float, text: str) -> None:
        if text:  # the first call has none
            begun.set()

    task = asyncio.create_task(backbone.generate(request, heard))
    await asyncio.wait_for(begun.wait(), 20)
    [busy] = [slot for slot in await slots(url) if slot["is_processing"]]
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with asyncio.timeout(20):
        while (slot := (await slots(url))[busy["id"]])["is_processing"]:
            await asyncio.sleep(0.01)
    assert slot["n_prompt_tokens"] < 1500  # including its reply: far from the 1,000 items


async def slots(url: str) -> list[dict[str, Any]]:
    def read() -> list[dict[str, Any]]:
        with urllib.request.urlopen(url.removesuffix("/v1") + "/slots") as answer:
            found: list[dict[str, Any]] = json.load(answer)
            return found

    return await asyncio.to_thread(read)


async def test_typed_errors(backbone: ServerBackbone, url: str) -> None:
    long = (Message("user", "word " * 6000),)
    with pytest.raises(PromptTooLong) as caught:
        await write(backbone, Request(long, decision_schema(("A", "B")), Sampling()))
    assert "longer context" in caught.value.hint
    with pytest.raises(ServerError, match="serves no model 'no-such-model'"):
        await asyncio.to_thread(open_backbone, spec(url, model="no-such-model"), lambda w, s: None)


def align_tui(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "align_tui", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=200)
    assert "Traceback" not in done.stdout + done.stderr
    return done


def test_a_run_from_the_command_line(url: str) -> None:
    done = align_tui("run", "-p", "baseline", "-p", "moral-desert-high", "--limit", "4",
                     "--backbone", url, "--json")  # fmt: skip
    db = open_database(Path(os.environ["ALIGN_TUI_DB"]))
    for worker in workers.list_workers(db):
        os.kill(worker.pid, signal.SIGTERM)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    decisions = [line for line in lines if line["event"] == "decision"]
    assert len(decisions) == 8
    for line in decisions:
        assert sum(line["probabilities"]) == pytest.approx(1.0) and line["reasoning"]
    assert runs.run_versions(db, lines[0]["run"])["model of baseline"].startswith("llamacpp:")


def test_doctor_asks_the_server(url: str, tmp_path: Path) -> None:
    profile = tmp_path / "there.toml"
    profile.write_text(
        f'extends = "baseline"\n[backbone]\nkind = "openai"\nserver.base_urls = ["{url}"]\n'
    )
    nobody = tmp_path / "nobody.toml"
    nobody.write_text(profile.read_text().replace(url, "http://127.0.0.1:9/v1"))
    done = align_tui("doctor", "-p", str(profile), "-p", str(nobody))
    assert done.returncode == 1  # because of the second server
    said = [line for line in done.stdout.splitlines() if line.split()[1] == "server"]
    assert said[0].startswith("ok") and "keeps replies to their schema" in said[0]
    assert said[1].startswith("fail") and "cannot be reached" in said[1]


def test_a_server_takes_no_torch_here(url: str) -> None:
    script = (
        "import sys\nfrom align_tui.backbones.registry import open_backbone\n"
        "from align_tui.config.backbone_spec import BackboneSpec\n"
        "import align_tui.engine.worker\n"
        f"spec = BackboneSpec(kind='openai', server={{'base_urls': ['{url}']}})\n"
        "open_backbone(spec, lambda what, share: None)\n"
        "print('torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"


def test_the_demo_model_was_read_from_its_own_sizes(url: str) -> None:
    config = json.loads((paths.demo_model() / "config.json").read_text())
    with urllib.request.urlopen(f"{url}/models") as answer:
        meta = json.load(answer)["data"][0]["meta"]
    assert meta["n_embd"] == config["hidden_size"] and meta["n_vocab"] == config["vocab_size"]
    assert meta["n_ctx_train"] == config["max_position_embeddings"]
