"""Servers that are slow, stall, refuse, lie or hang up: typed errors and retries, one by one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from align_tui.backbones.base import ChoiceScoringRequest
from align_tui.backbones.registry import open_backbone
from align_tui.backbones.server import pool, streaming
from align_tui.backbones.server.errors import retry_after
from align_tui.config.library import load_profile
from align_tui.core.errors import (
    AlignError,
    KeyRefused,
    MissingPackage,
    PromptTooLong,
    ReplyError,
    ServerBusy,
    ServerError,
    ServerUnreachable,
)
from align_tui.core.replies import RESTART, read_reply
from tests.servers.facing import CHOICES, GOOD, PROMPT, SCHEMA, facing, opened, spec, write
from tests.servers.hostile import (
    Act,
    Call,
    events,
    hang_up,
    hostile,
    say,
    stall,
    status,
)

LONG = json.dumps({"reasoning": "x" * 61, "choice": CHOICES[0]}, separators=(",", ":"))


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "FIRST_WAIT_S", 0.01)
    monkeypatch.setattr(pool, "LONGEST_WAIT_S", 0.05)


async def until(true: Callable[[], object], seconds: float = 20.0) -> None:
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.01)


# --- requests that succeed --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("owner", "dialect", "place"),
    [("nobody", "auto", "response_format"), ("vllm", "auto", "structured_outputs"),
     ("sglang", "auto", "response_format"), ("a proxy", "vllm", "structured_outputs")],
)  # fmt: skip
async def test_each_dialect_puts_schema_and_sampling_where_its_server_looks(
    owner: str, dialect: str, place: str
) -> None:
    async with facing(owner=owner, spec={"dialect": dialect}) as (server, backbone):
        made = await write(backbone, seed=2**62 + 5)
        assert made.text == GOOD and made.finish == "stop"
        assert (made.prompt_tokens, made.tokens) == (7, 5)
        [body] = server.asked
        assert place in body and body["stream"] is True and body["max_tokens"] == 90
        assert body["seed"] == 5 and body["temperature"] == 0.0
        # A known server gets keys that switch off the settings of a model's generation_config.
        assert ("repetition_penalty" in body) == (owner != "nobody")
        assert [turn["content"] for turn in body["messages"]] == [m.content for m in PROMPT]
        assert all(message.content in made.prompt for message in PROMPT)


async def test_no_key_of_another_service_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-another")
    for name in ("ORG_ID", "PROJECT_ID", "ADMIN_KEY", "CUSTOM_HEADERS"):
        monkeypatch.setenv(f"OPENAI_{name}", "X-Secret: another")
    async with facing() as (server, backbone):
        await write(backbone)
        assert "another" not in json.dumps([call.headers for call in server.calls])


async def test_at_most_in_flight_at_once() -> None:
    async with facing(*[say(gap_s=0.002)] * 9, spec={"in_flight": 3}) as (server, backbone):
        server.most = 0
        made = await asyncio.gather(*(write(backbone, seed=i) for i in range(9)))
        assert {each.text for each in made} == {GOOD} and server.most == 3


async def test_servers_share_the_load() -> None:
    async with hostile() as one, hostile() as two:
        backbone = await opened(spec(one, two))
        for server in (one, two):
            server.script.extend([say(gap_s=0.002)] * 8)
        await asyncio.gather(*(write(backbone, seed=i) for i in range(8)))
        assert len(one.asked) == len(two.asked) == 4
        await asyncio.to_thread(backbone.close)


# --- failures and retries ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong",
    [
        status(500), status(502), status(429), status(429, retry_after="0"), status(503),
        hang_up(), hang_up('{"rea'),
        say('{"reasoning":"so","cho'), say('{"reasoning":"so"}'), say(LONG), say("[]"),
        say('{"choice":"Treat Patient A","reasoning":"so"}'),
        say('{"reasoning":"so","choice":"Treat Patient C"}'), say('{"reasoning', finish=None),
        events('{"choices":[{"ind'), events("[1,2]"), events('{"choices":7}'), events("7"),
        events('{"error":{"message":"the engine died"}}'), events(),
    ],
)  # fmt: skip
async def test_one_failure_is_made_good(wrong: Act) -> None:
    heard: list[str] = []
    async with facing(wrong) as (server, backbone):
        made = await write(backbone, heard=heard)
        assert made.text == GOOD and len(server.asked) == 2
        # A restart takes back the text of the failed attempt, if there was any.
        assert "".join(heard).count(RESTART) == ("".join(heard) != GOOD)


@pytest.mark.parametrize(
    ("wrong", "error", "said"),
    [
        (status(500, "boom"), ServerError, "answers 500: boom"),
        (status(429), ServerBusy, "answers 429"),
        (hang_up('{"rea'), ServerError, "broke off"),
        (say(GOOD[:-1], finish=None), ServerError, "in the middle"),
        (say("no"), ReplyError, "not JSON"),
        (say('{"reasoning":"so","choice":"C"}'), ReplyError, "choice: 'C' is not one of"),
    ],
)
async def test_what_does_not_mend_fails_typed_and_alone(
    wrong: Act, error: type[AlignError], said: str
) -> None:
    async with facing(*[wrong] * 3) as (server, backbone):
        with pytest.raises(error, match=said):
            await write(backbone)
        assert len(server.asked) == 3  # the first attempt, and two retries
        assert (await write(backbone)).text == GOOD


@pytest.mark.parametrize(("begun", "said"), [("", "sent no text"), ('{"reas', "stalled")])
async def test_stalling_is_waited_for_so_long_and_asked_again(begun: str, said: str) -> None:
    # The other limit is so long that only the one under test can end it.
    waits = {"first_text_s": 600.0 if begun else 1.0, "stall_s": 1.0 if begun else 600.0}
    async with facing(stall(begun), spec=waits) as (server, backbone):
        assert (await write(backbone)).text == GOOD and len(server.asked) == 2
        await until(lambda: server.busy == 0)  # the client hung up on the stalled request
    async with facing(stall(begun), spec=waits | {"retries": 0}) as (_, backbone):
        with pytest.raises(ServerUnreachable, match=said):
            await write(backbone)


async def test_attempts_are_counted_over_all_that_goes_wrong() -> None:
    script = (status(500), say("no"), status(500), say("no"))
    async with facing(*script) as (server, backbone):
        with pytest.raises(ServerError, match="answers 500"):
            await write(backbone)
        assert len(server.asked) == 3


async def test_slow_is_not_stalled() -> None:
    async with facing(say(gap_s=0.15), spec={"first_text_s": 1.0, "stall_s": 1.0}) as (server, b):
        began = asyncio.get_running_loop().time()
        assert (await write(b)).text == GOOD and len(server.asked) == 1
        assert asyncio.get_running_loop().time() - began > 1.0


async def test_a_reply_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "LONGEST", 1000)

    async def endless(call: Call) -> None:
        await call.head(200, "text/event-stream", {})
        while True:
            await call.piece("and on ")

    async with facing(*[endless] * 3) as (_, backbone):
        with pytest.raises(ServerError, match="did not end its reply"):
            await write(backbone)


async def test_a_failure_leaves_its_neighbours_alone() -> None:
    async with facing(*[status(400, "no such thing")] * 2) as (server, backbone):
        made = await asyncio.gather(
            *(write(backbone, seed=i) for i in range(12)), return_exceptions=True
        )
        failed = [each for each in made if isinstance(each, BaseException)]
        assert len(failed) == 2 and len(server.asked) == 12  # a 400 is not retried
        assert all(isinstance(each, ServerError) and "400" in each.message for each in failed)


async def test_retry_after_is_kept_for_the_whole_server() -> None:
    async with facing(status(429, retry_after="1")) as (server, backbone):
        began = asyncio.get_running_loop().time()
        await write(backbone, seed=1)
        assert asyncio.get_running_loop().time() - began >= 0.99
        assert len(server.asked) == 2


async def test_a_wait_beyond_reason_is_not_waited_for() -> None:
    async with facing(status(429, retry_after="86400")) as (_, backbone):
        with pytest.raises(ServerBusy, match="asks to wait 86400 s"):
            await asyncio.wait_for(write(backbone), 10)


def test_retry_after_in_seconds_and_as_a_date() -> None:
    assert retry_after({"retry-after": "2.5"}) == 2.5
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    found = retry_after({"retry-after": later})
    assert found is not None and 80 < found <= 90
    # Relative to the server's clock, if it sends its time.
    dates = [format_datetime(datetime(2001, 1, 1, 0, 0, n, tzinfo=UTC)) for n in (0, 7)]
    assert retry_after({"retry-after": dates[1], "date": dates[0]}) == 7
    assert retry_after({"retry-after": later, "date": "yesterday"}) == pytest.approx(found, abs=5)
    assert retry_after({"retry-after": format_datetime(datetime(2001, 1, 1, tzinfo=UTC))}) == 0
    for nonsense in ("", "soon", "-5", "1e400", "9" * 40):
        assert retry_after({"retry-after": nonsense}) is None


async def test_a_server_that_dies_is_taken_over_by_the_others() -> None:
    async with hostile() as stays:
        async with hostile() as dies:
            backbone = await opened(spec(stays, dies))
        await asyncio.sleep(0)
        made = await asyncio.gather(*(write(backbone, seed=i) for i in range(8)))
        assert {each.text for each in made} == {GOOD} and len(stays.asked) == 8
        await asyncio.to_thread(backbone.close)


# --- cancelling -------------------------------------------------------------------------------


async def test_cancelling_closes_the_stream_and_frees_its_place() -> None:
    async with facing(stall('{"reas'), spec={"in_flight": 1}) as (server, backbone):
        heard: list[str] = []
        task = asyncio.create_task(write(backbone, heard=heard))
        await until(lambda: any(heard))  # the first is empty: the server has the request
        waiting = asyncio.create_task(write(backbone, seed=1))
        gone = asyncio.create_task(write(backbone, seed=2))
        await asyncio.sleep(0)
        gone.cancel()
        task.cancel()
        for each in (task, gone):
            with pytest.raises(asyncio.CancelledError):
                await each
        assert (await waiting).text == GOOD
        await until(lambda: server.busy == 0)  # the client hung up on the stalled request


# --- probes before the first sample -----------------------------------------------------------


async def test_a_server_that_ignores_the_schema_is_found_out_and_made_do_with() -> None:
    fenced = f"```json\n{GOOD}\n```"
    script = (say("Patient A, I should think."), say(fenced))
    async with facing(*script, ignores_schema=True) as (server, backbone):
        [note, _] = backbone.info.notes
        assert "does not hold replies to their schema" in note
        made = await write(backbone)
        assert read_reply(made.text, CHOICES, "before") == (0, "so")
        first, second = server.asked
        assert "response_format" not in first and '"enum"' in first["messages"][-1]["content"]
        assert second["messages"][-2]["content"] == "Patient A, I should think."
        assert "is not JSON" in second["messages"][-1]["content"]


async def test_a_server_that_refuses_caps_of_length_gets_a_schema_without() -> None:
    async with facing(say(LONG), refuses="maxLength") as (server, backbone):
        assert "refuses schemas with string lengths" in backbone.info.notes[0]
        assert read_reply((await write(backbone)).text, CHOICES, "before")[0] == 0
        assert "maxLength" not in json.dumps(server.asked[0]["response_format"])


async def test_a_server_that_refuses_every_schema_still_serves() -> None:
    async with facing(refuses="enum") as (server, backbone):
        assert "does not hold replies" in backbone.info.notes[0]
        server.script.append(say(GOOD))
        assert (await write(backbone)).text == GOOD


async def test_probabilities_where_the_server_tells_them() -> None:
    request = ChoiceScoringRequest(
        PROMPT, tuple('{"reasoning":"so","choice":"' + choice + '"' for choice in CHOICES)
    )
    async with facing() as (_, backbone):
        assert "no token probabilities" in backbone.info.notes[0]
        assert await backbone.score(request) is None
    top = [(" A", -0.5), (" B", -1.5), (" C", -3.0), ("", -4.0)]
    async with facing(owner="vllm", top=top) as (server, backbone):
        assert backbone.info.notes == ()
        found = await backbone.score(request)
        assert found is not None and found.drawn is None
        shares = found.probabilities
        assert sum(shares) == pytest.approx(1.0)
        assert shares[0] / shares[1] == pytest.approx(2.718281828)
        [body] = server.asked
        assert body["messages"][-1]["content"].endswith('"choice":"Treat Patient')
        assert body["continue_final_message"] is True and body["max_tokens"] == 1


@pytest.mark.parametrize("model", ["", "other", "M"])
async def test_a_wrong_model_name_says_what_is_served(model: str) -> None:
    async with hostile(model="m-70b-instruct") as server:
        wanted = spec(server).model_copy(update={"model": model})
        if not model:
            assert (await opened(wanted)).info.name == "m-70b-instruct"
            return
        with pytest.raises(ServerError, match="serves no model") as caught:
            await opened(wanted)
        assert "m-70b-instruct" in caught.value.hint


async def test_a_url_that_leads_elsewhere() -> None:
    async with hostile() as server:
        with pytest.raises(ServerError, match="list of models") as caught:
            await opened(spec(server.url.removesuffix("/v1") + "/page"))
        assert "/v1" in caught.value.hint


async def test_what_a_server_calls_its_models_is_shown_as_text() -> None:
    evil = "m\x1b[2J\nx[red]"
    async with hostile(model=evil) as server:
        wanted = spec(server)
        with pytest.raises(ServerError) as caught:
            await opened(wanted.model_copy(update={"model": "quite-another"}))
        assert "\x1b" not in caught.value.message + caught.value.hint
        backbone = await opened(wanted.model_copy(update={"model": ""}))
        assert "\x1b" not in f"{backbone.info}" and "\\x1b" not in f"{backbone.info}"
        await write(backbone)
        assert server.asked[0]["model"] == evil
        await asyncio.to_thread(backbone.close)


async def test_nobody_there() -> None:
    async with hostile() as server:
        url = server.url
    with pytest.raises(ServerUnreachable, match="cannot be reached") as caught:
        await opened(spec(url))
    assert "Check that the server is running" in caught.value.hint
    async with hostile() as server:
        backbone = await opened(spec(url, server))
        assert url in backbone.info.notes[-1]
        assert (await write(backbone)).text == GOOD
        await asyncio.to_thread(backbone.close)


async def test_servers_of_one_backbone_serve_one_model() -> None:
    async with hostile(model="m") as one, hostile(model="m:2") as two:
        wanted = spec(one, two).model_copy(update={"model": ""})
        with pytest.raises(ServerError, match="servers differ"):
            await opened(wanted)


async def test_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MY_KEY", raising=False)
    async with hostile(key="sesame") as server:
        with pytest.raises(KeyRefused, match="MY_KEY is not set"):
            await opened(spec(server, api_key_env="MY_KEY"))
        monkeypatch.setenv("MY_KEY", "wrong-key")
        with pytest.raises(KeyRefused, match="answers 401") as caught:
            await opened(spec(server, api_key_env="MY_KEY"))
        # The server repeats the key, and the stored message does not.
        assert "wrong-key" not in caught.value.message and "***" in caught.value.message
        monkeypatch.setenv("MY_KEY", "sesame")
        assert (await write(await opened(spec(server, api_key_env="MY_KEY")))).text == GOOD


async def test_a_prompt_that_is_too_long() -> None:
    said = "This model's maximum context length is 2048 tokens, but 5000 were asked for"
    async with facing(status(400, said)) as (server, backbone):
        with pytest.raises(PromptTooLong, match="2048"):
            await write(backbone)
        assert len(server.asked) == 1


async def test_a_refusal_is_a_reply_error() -> None:
    async def refuse(call: Call) -> None:
        await call.head(200, "text/event-stream", {})
        await call.piece(None, refusal="I would rather not.")
        await call.piece(None, "stop")
        await call.event("[DONE]")

    async with facing(refuse) as (server, backbone):
        with pytest.raises(ReplyError, match="rather not"):
            await write(backbone)
        assert len(server.asked) == 1


def test_the_client_library_is_asked_for_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "openai", None)
    with pytest.raises(MissingPackage) as caught:
        open_backbone(spec("http://127.0.0.1:9/v1"), lambda what, share: None)
    assert caught.value.title == "A package is missing"
    assert "pip install 'align-tui[server]'" in caught.value.hint


async def test_the_shipped_backbone_runs_as_it_is() -> None:
    profile = load_profile("moral-desert-high", backbone="llama-3.3-70b-vllm")
    assert profile.backbone.server.base_urls == ("http://localhost:8000/v1",)
    async with hostile(owner="vllm", model=profile.backbone.model) as server:
        moved = load_profile(
            "moral-desert-high",
            backbone="llama-3.3-70b-vllm",
            overrides=[f'backbone.server.base_urls=["{server.url}"]'],
        )
        backbone = await opened(moved.backbone)
        assert (await write(backbone)).text == GOOD
        assert server.asked[0]["structured_outputs"]["json"] == SCHEMA
        assert backbone.info.identity == "vllm:meta-llama/Llama-3.3-70B-Instruct"
        await asyncio.to_thread(backbone.close)
