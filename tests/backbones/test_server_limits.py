"""Servers that send without end, too much, slowly or redirect: bounded, with waits reported."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import re
import zlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from align_tui.backbones.server import event_stream, pool, response_limits
from align_tui.backbones.server.event_stream import LenientDecoder
from align_tui.core.errors import AlignError, ServerBusy, ServerError
from align_tui.engine.status import Status
from tests.servers.facing import GOOD, facing, opened, spec, write
from tests.servers.hostile import (
    EVENTS,
    Act,
    Call,
    answer,
    deltas,
    endless,
    hostile,
    raw,
    say,
    stall,
    status,
    unframed,
)


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "FIRST_WAIT_S", 0.01)
    monkeypatch.setattr(pool, "LONGEST_WAIT_S", 0.05)


def memory_mb() -> float:
    return psutil.Process(os.getpid()).memory_info().rss / 1e6


# --- no end -----------------------------------------------------------------------------------

SHORT = {"first_text_s": 1.0, "stall_s": 1.0, "total_s": 2.0, "retries": 0}
PIECE = b'data: {"choices":[{"delta":{"content":"x"}}]}\n\n'


# Each has one short limit, so that on a loaded machine no other comes first.
PATIENT = {"first_text_s": 60.0, "stall_s": 60.0, "total_s": 120.0, "retries": 0}
FIRST, STALL, TOTAL = ({**PATIENT, **short} for short in (
    {"first_text_s": 1.0}, {"stall_s": 1.0}, {"total_s": 2.0}
))  # fmt: skip
ENDLESS = [
    (endless(EVENTS, PIECE, 0.2), TOTAL, "did not end its reply within 2 s"),
    (endless(EVENTS, b": ping\n\n", 0.05), FIRST, "sent no text in time"),
    (endless(EVENTS, b"id: 7\n\nretry: 9\n\n", 0.05), FIRST, "sent no text in time"),
    (endless(EVENTS, b"x", 0.05), FIRST, "sent no text in time"),
    (endless(EVENTS + PIECE, b": ping\n\n", 0.05), STALL, "stalled"),
    (endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0.001), FIRST, "in time"),
    (endless(answer(500), b"x", 0.05), FIRST, "in time"),
]


async def test_what_has_no_end_is_left_in_time() -> None:
    async def faced(act: Act, limits: dict[str, float], said: str) -> None:
        async with facing(act, spec=limits) as (_, backbone):
            began = asyncio.get_running_loop().time()
            with pytest.raises(ServerError, match=said):
                await write(backbone)
            assert asyncio.get_running_loop().time() - began < 50  # endless otherwise

    async with asyncio.TaskGroup() as group:
        for act, limits, said in ENDLESS:
            group.create_task(faced(act, limits, said))


async def test_after_an_endless_reply_other_requests_succeed() -> None:
    async with facing(ENDLESS[0][0], spec=TOTAL) as (_, backbone):
        with pytest.raises(ServerError):
            await write(backbone)
        assert (await write(backbone)).text == GOOD


async def test_headers_without_end_are_left_at_their_size() -> None:
    # The limit is in bytes: on a loaded machine the limits in time of the others come first.
    many = endless(b"HTTP/1.1 200 So\r\n", b"X-More: and more\r\n")
    async with facing(many, spec=PATIENT) as (_, backbone):
        with pytest.raises(ServerError, match="broke off"):
            await write(backbone)
        assert (await write(backbone)).text == GOOD


async def test_a_slow_end_of_a_whole_reply_is_not_waited_for() -> None:
    async with facing(endless(EVENTS + PIECE.replace(b"x", json.dumps(GOOD)[1:-1].encode()),
                              b'data: {"choices":[{"delta":{"content":" "}}]}\n\n', 0.1),
                      spec=SHORT) as (_, backbone):  # fmt: skip
        assert (await write(backbone)).text == GOOD


async def test_a_list_of_models_without_end_is_left_in_time() -> None:
    async with hostile() as server:
        server.listed.append(endless(answer(200, "Content-Type: application/json"), b" ", 0.05))
        with pytest.raises(ServerError, match="in time"):
            await opened(spec(server, **SHORT))


# --- too much ---------------------------------------------------------------------------------

BIG = b"x" * 1_000_000
BOMB = gzip.compress(bytes(400_000_000), 1)


async def test_the_body_of_an_error_is_read_no_further_than_its_beginning() -> None:
    calls: list[Call] = []

    def failing(code: int, *length: str) -> Act:
        send = endless(answer(code, "Content-Type: text/plain", *length) + b"the disk is full", BIG)

        async def act(call: Call) -> None:
            calls.append(call)
            await send(call)

        return act

    codes = (500, 400, 429, 404)
    acts = [failing(code, *more) for code in codes for more in (["Content-Length: 300000000"], [])]
    async with facing(*acts, spec={"retries": 0}) as (server, backbone):
        before = memory_mb()
        for code in sorted(codes * 2, key=codes.index):
            with pytest.raises(ServerError, match=f"answers {code}.*the disk is full"):
                await write(backbone)
        assert memory_mb() - before < 100
        while server.busy:
            await asyncio.sleep(0.01)
        assert all(call.sent < 50e6 for call in calls)  # the sizes of the sockets' buffers


HUGE = [
    # A bomb, whose beginning counts as the error.
    (unframed(answer(500, "Content-Encoding: gzip"), BOMB), "answers 500"),
    (unframed(answer(200, "Content-Encoding: gzip"), BOMB), "more than 8 MB|not a reply|malformed"),
    (unframed(EVENTS.replace(b"\r\n\r\n", b"\r\nContent-Encoding: gzip\r\n\r\n"), BOMB),
     "a line of more than"),
    (unframed(answer(200, "Content-Encoding: gzip"), b"no gzip"), "compressed answer that is"),
    (unframed(answer(200, "Content-Encoding: br"), b"x"), "did not ask for"),
    (endless(EVENTS, b"data: " + BIG + b"\n"), "an event of more than"),
    (endless(EVENTS + b"data: ", BIG), "a line of more than"),
    (endless(EVENTS, b": " + BIG + b"\n"), "more than 24 MB"),
    (endless(EVENTS, b'data: {"choices":[{"delta":{"refusal":"' + BIG + b'"}}]}\n\n'),
     "more than 24 MB"),
    (endless(answer(200, "Content-Type: application/json"), BIG), "more than 8 MB|line"),
]  # fmt: skip


async def test_no_answer_takes_memory_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(response_limits, "MOST_OF_STREAM", 24_000_000)
    async with facing(*[act for act, _ in HUGE], spec={"retries": 0}) as (_, backbone):
        before = memory_mb()
        for _, said in HUGE:
            with pytest.raises(ServerError, match=said):
                await write(backbone)
        assert memory_mb() - before < 200


async def test_a_list_of_models_is_bounded_too() -> None:
    async with hostile() as server:
        head = answer(200, "Content-Type: application/json")
        server.listed.append(endless(head + b'{"data":[', b'{"id":"m"},' * 10_000))
        with pytest.raises(ServerError, match="more than 8 MB"):
            await opened(spec(server, retries=0))


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress])
async def test_an_answer_that_is_packed_all_the_same_is_read(pack: object) -> None:
    name = "gzip" if pack is gzip.compress else "deflate"
    listed = b'{"data":[{"id":"m","owned_by":"vllm"}]}'
    async with hostile() as server:
        server.listed.append(
            unframed(answer(200, f"Content-Encoding: {name}"), pack(listed))  # type: ignore[operator]
        )
        backbone = await opened(spec(server))
        assert backbone.info.identity == "vllm:m"
        assert server.calls[0].headers["accept-encoding"] == "identity"
        await asyncio.to_thread(backbone.close)


# --- elsewhere --------------------------------------------------------------------------------


async def test_the_prompt_follows_no_redirect_to_another_server() -> None:
    codes = (301, 302, 303, 307, 308)
    async with hostile() as other:
        there = f"{other.url}/chat/completions"
        acts = [unframed(answer(code, f"Location: {there}", "Content-Length: 0")) for code in codes]
        async with facing(*acts) as (server, backbone):
            for code in codes:
                said = f"answers {code} and leads to http://127"
                with pytest.raises(ServerError, match=said) as caught:
                    await write(backbone)
                assert "base_urls" in caught.value.hint
            assert len(server.asked) == len(codes) and not other.calls
        for code in codes:
            async with hostile() as server:
                server.listed.append(unframed(answer(code, f"Location: {other.url}/models")))
                with pytest.raises(ServerError, match="leads to"):
                    await opened(spec(server))
        assert not other.calls  # and receives no key


async def test_no_spelling_of_another_server_is_followed() -> None:
    wheres = (
        "https://127.0.0.1/v1",
        "//evil.example/v1",
        "http://[",
        "ftp://a\x7f/",
        "http://a@b/",
    )
    acts = [unframed(answer(307, f"Location: {where}")) for where in wheres]
    async with facing(*acts, spec={"retries": 0}) as (server, backbone):
        for _ in wheres:
            with pytest.raises(ServerError, match=r"leads to|broke off"):
                await write(backbone)
        assert len(server.asked) == len(wheres)


async def test_a_redirect_within_the_server_is_followed_where_it_keeps_the_question() -> None:
    within = "Location: /v1/elsewhere/chat/completions"
    async with facing(unframed(answer(307, within))) as (server, backbone):
        assert (await write(backbone)).text == GOOD
        assert [call.path for call in server.calls[-2:]] == [
            "/v1/chat/completions", "/v1/elsewhere/chat/completions"
        ]  # fmt: skip
    async with facing(unframed(answer(302, within))) as (server, backbone):
        with pytest.raises(ServerError, match="leads to /v1/elsewhere"):
            await write(backbone)
    async with facing(*[unframed(answer(308, "Location: /v1/chat/completions"))] * 99) as (_, b):
        with pytest.raises(ServerError):  # a redirect loop
            await write(b)


# --- the grammar of events --------------------------------------------------------------------


def bodies(end: str, *events: str) -> bytes:
    return "".join(f"{event}{end}{end}" for event in events).replace("\n", end).encode()


CHUNKS = [
    'data: {"choices":[{"delta":{"content":' + json.dumps(part) + "}}]}"
    for part in (GOOD[:9], GOOD[9:])
]
STOP = 'data:{"choices":[{"delta":{},"finish_reason":"stop"}]}'


EVENT_LISTS = [
    [*CHUNKS, STOP, "data: [DONE]"],
    ["id: 1", "retry: 3000", *CHUNKS, "id", "retry: soon", STOP],
    [": ping", ":", "event: ping", CHUNKS[0], "data", "data:", CHUNKS[1], STOP],
    [f"event: delta\nid: 4\n{CHUNKS[0]}\nretry: 1", f"{CHUNKS[1]}\n: and a comment", STOP],
    # The data of one event over several lines, and an unknown field.
    [CHUNKS[0].replace("[{", "[\ndata: {"), "what: is this", CHUNKS[1], STOP],
]


async def test_events_are_read_as_their_standard_says() -> None:
    sent = [
        mark + bodies(end, *events)
        for end in ("\n", "\r", "\r\n")
        for mark in (b"", b"\xef\xbb\xbf")
        for events in EVENT_LISTS
    ]
    acts = [
        raw(*[body[i : i + size] for i in range(0, len(body), size)])
        for body in sent
        for size in (len(body), 7)
    ]
    async with facing(*acts, spec={"retries": 0}) as (_, backbone):
        for _ in acts:
            made = await write(backbone)
            assert (made.text, made.finish, made.notes) == (GOOD, "stop", ())


@given(st.lists(st.sampled_from(["a", "é😀", "\r", "\n", "\r\n", "\ufeff"])), st.integers(1, 4))
def test_lines_are_the_same_however_their_bytes_are_parted(parts: list[str], size: int) -> None:
    text = "".join(parts)
    sent = text.encode()

    async def given_chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(sent), size):
            yield sent[start : start + size]

    async def read() -> list[str]:
        return [line async for line in event_stream.lines(event_stream.decoded(given_chunks()))]

    expected = re.split("\r\n|\r|\n", text.removeprefix("\ufeff"))
    assert asyncio.run(read()) == (expected if expected[-1] else expected[:-1])


async def test_an_event_that_has_not_ended_is_none() -> None:
    # As the standard says, earlier events count, and the reply is whole.
    async with facing(raw(bodies("\n", *CHUNKS) + STOP.encode())) as (_, backbone):
        made = await write(backbone)
        assert made.text == GOOD and "without a finish reason" in made.notes[0]


async def test_a_long_event_is_read_in_linear_time() -> None:
    async def given() -> object:
        for _ in range(20_000):
            yield b"data: " + b"x" * 100 + b"\r"
        yield b"\r"

    [event] = [each async for each in LenientDecoder().aiter_bytes(given())]  # type: ignore[arg-type]
    assert len(event.data) == 20_000 * 101 - 1
    assert len(event.data) < event_stream.LONGEST and response_limits.MOST >= event_stream.LONGEST


# --- reported waits ---------------------------------------------------------------------------


async def test_a_wait_that_a_server_asks_for_is_told_while_it_lasts() -> None:
    async with facing(status(429, retry_after="90"), spec={"in_flight": 2}) as (_, backbone):
        assert backbone.waits_for() == ""
        task = asyncio.create_task(write(backbone))
        async with asyncio.timeout(10):
            while not backbone.waits_for():
                await asyncio.sleep(0.01)
        assert backbone.waits_for() == "the server asks to wait 90 s (429)"
        # The worker reports the wait, and its samples are shown as waiting.
        row = Status().row({"m": backbone}, 1, 1)
        assert (row["state"], row["detail"]) == ("waiting", "the server asks to wait 90 s (429)")
        assert Status().row({"m": backbone}, 0, 0)["state"] == "idle"
        task.cancel()


async def test_a_pause_after_a_failure_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    async with facing(status(500), stall("")) as (_, backbone):
        monkeypatch.setattr(pool, "FIRST_WAIT_S", 60.0)
        monkeypatch.setattr(pool, "LONGEST_WAIT_S", 60.0)
        task = asyncio.create_task(write(backbone))
        async with asyncio.timeout(10):
            while not backbone.waits_for():
                await asyncio.sleep(0.01)
        assert backbone.waits_for().startswith("asking the server again in ")
        assert backbone.waits_for().endswith(" s (500)")
        task.cancel()
        await asyncio.wait([task])
        assert backbone.waits_for() == ""


async def test_a_wait_at_the_start_is_told() -> None:
    said: list[str] = []
    async with hostile() as server:
        server.listed.append(status(503, retry_after="0.3"))
        from align_tui.backbones.registry import open_backbone

        backbone = await asyncio.to_thread(
            open_backbone, spec(server), lambda what, share: said.append(what)
        )
        assert "the server asks to wait 0.3 s (503)" in said
        assert said[-1].startswith("asking 127.0.0.1")
        await asyncio.to_thread(backbone.close)


@pytest.mark.parametrize("after", ["86400", "601", "in two days"])
async def test_a_wait_beyond_a_sensible_one_ends_the_request(after: str) -> None:
    if after == "in two days":
        after = format_datetime(datetime.now(UTC) + timedelta(days=2), usegmt=True)
    async with facing(status(429, retry_after=after)) as (server, backbone):
        with pytest.raises(ServerBusy, match="asks to wait"):
            await asyncio.wait_for(write(backbone), 10)
        assert len(server.asked) == 1


async def test_a_wait_that_is_none_is_waited_for_as_any_failure() -> None:
    afters = ("-5", "0", "soon", "", "1e400", "nan", "inf", "9" * 400, "٣")
    head = "HTTP/1.1 429 So\r\nContent-Length: 0\r\nRetry-After: "
    acts = [unframed(f"{head}{after}\r\n\r\n".encode()) for after in afters]
    async with facing() as (server, backbone):
        for act in acts:
            server.script.append(act)
            assert (await asyncio.wait_for(write(backbone), 10)).text == GOOD
        assert len(server.asked) == 2 * len(acts)


async def test_odd_heads_are_typed_failures() -> None:
    acts = (
        unframed(b"no HTTP at all\r\n\r\n"), unframed(b"HTTP/1.1 999999 So\r\n\r\n"),
        unframed(b"HTTP/1.1 200 So\r\nContent-Length: -4\r\n\r\n"),
        unframed(b"HTTP/1.1 200 So\r\nContent-Type: \xff\xfe\r\n\r\n"), unframed(b""),
        unframed(b"HTTP/1.1 204 So\r\n\r\n"), unframed(b"HTTP/1.1 304 So\r\n\r\n"),
        unframed(b"HTTP/1.1 101 So\r\nUpgrade: x\r\n\r\n"), say("", None), deltas(finish=None),
    )  # fmt: skip
    async with facing(*acts, spec={"retries": 0, "first_text_s": 3.0}) as (_, backbone):
        for _ in acts:
            with pytest.raises(AlignError):
                await write(backbone)
