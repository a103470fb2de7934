"""A server echoes the key that it received, in many ways: no output contains any of it."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import os
import sys
import traceback
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

import pytest

from align_tui.backbones.server import pool
from align_tui.core.errors import AlignError
from align_tui.core.text.redaction import LEAST_OF_A_PART
from align_tui.store import workers
from align_tui.store.database import open_database
from tests.servers.facing import CHOICES, GOOD, facing, opened, spec, write
from tests.servers.hostile import (
    EVENTS,
    Act,
    answer,
    deltas,
    events,
    hang_up,
    hostile,
    raw,
    say,
    status,
    unframed,
)

KEY = "sk-Pr0j_5f2a/9c+Zq=="
SPELLED = {
    KEY, urllib.parse.quote(KEY), urllib.parse.quote(KEY, safe=""), KEY.replace("/", "\\/"),
    base64.b64encode(KEY.encode()).decode().rstrip("=")[:-1], KEY.encode().hex(),
    "".join(f"\\u{ord(char):04x}" for char in KEY),
}  # fmt: skip
PART = KEY[: len(KEY) // 2]
FILLED = "x" * 285 + KEY  # the message is cut in the middle of the key
OWN = {"api_key_env": "MY_KEY", "retries": 0}


@pytest.fixture(autouse=True)
def the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", KEY)
    monkeypatch.setattr(pool, "FIRST_WAIT_S", 0.01)
    monkeypatch.setattr(pool, "LONGEST_WAIT_S", 0.05)


def assert_hidden(*texts: str) -> None:
    for text in texts:
        for spelling in (*SPELLED, PART):
            assert spelling.lower() not in text.lower(), text
        # A cut leaves no beginning of the key either.
        assert KEY[: LEAST_OF_A_PART + 4] not in text, text


def reply(reasoning: str) -> str:
    return '{"reasoning":"' + reasoning + '","choice":' + json.dumps(CHOICES[0]) + "}"


FAILURES: dict[str, Act] = {
    "an error": status(400, f"what is {KEY} to me?"),
    "an error that is cut in the key": status(400, FILLED),
    "an error of another shape": lambda call: call.json(422, {"detail": [{"input": KEY}]}),
    "an error that is no JSON": unframed(answer(500), f"<h1>{KEY}</h1>".encode()),
    "an error longer than is read": unframed(answer(500), b" " * (64_000 - 9), KEY.encode()),
    "a key refused": status(401, f"Incorrect API key provided: {KEY}"),
    "a key refused, in part": status(403, f"no: {KEY[:14]}..."),
    "no such model": status(404, FILLED),
    "too long a prompt": status(400, f"maximum context length exceeded by {KEY}"),
    "busy": status(429, FILLED),
    "busy for a day": status(429, f"quota of {KEY}", retry_after="86400"),
    "an error in the stream": events(json.dumps({"error": {"message": FILLED}})),
    "an error behind text": events(
        '{"choices":[{"delta":{"content":"{"}}]}', json.dumps({"error": {"message": FILLED}})
    ),
    "a chunk that is none": events(KEY),
    "a chunk of another kind": events(json.dumps({"choices": KEY})),
    "a refusal": deltas({"refusal": "no " * 60 + KEY}),
    "a refusal in parts": deltas({"refusal": KEY[:7]}, {"refusal": KEY[7:]}),
    "an unknown reason": say('{"rea', finish=f"because of {'x' * 60}{KEY}"),
    "a reply that is no JSON": say("x" * 70 + KEY),
    "a choice that is none": say(json.dumps({"reasoning": "so", "choice": KEY})),
    "a key of the reply": say(json.dumps({KEY: 1, "choice": CHOICES[0]})),
    "the name of a header": unframed(f"HTTP/1.1 200 So\r\n{KEY} : 1\r\n\r\n".encode()),
    "no head": unframed(f"{KEY}\r\n\r\n".encode()),
    "a redirect": unframed(answer(302, f"Location: https://{KEY}.example/{KEY}")),
    "a redirect within": unframed(answer(302, f"Location: /{KEY}")),
    "a packing": unframed(answer(200, f"Content-Encoding: {KEY}")),
    "a reason phrase": unframed(f"HTTP/1.1 500 {KEY}\r\nX-Key: {KEY}\r\n\r\n".encode()),
    **{f"a spelling {i}": status(400, f"it was {each}.") for i, each in enumerate(sorted(SPELLED))},
}


async def test_no_failure_tells_the_key(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with facing(key=KEY, spec=OWN) as (server, backbone):
        for what, act in FAILURES.items():
            heard: list[str] = []
            server.script.append(act)
            with pytest.raises(AlignError) as caught:
                await write(backbone, heard=heard)
            error = caught.value
            lines = traceback.format_exception(error)
            assert_hidden(error.message, error.hint, "".join(heard), "".join(lines), what)
        assert len(server.asked) == len(FAILURES)
    assert_hidden(caplog.text)


REPLIES: dict[str, Act] = {
    "in the reply": say(reply(f"He said {KEY}.")),
    "in its escapes": say(reply("".join(f"\\u{ord(char):04x}" for char in KEY))),
    "in some escapes": say(reply(f"\\u0073{KEY[1:9]}\\u{ord(KEY[9]):04X}{KEY[10:]}")),
    "in every spelling": say(reply(" ".join(sorted(SPELLED)).replace("\\/", "/"))),
    "a character a chunk": deltas(*reply(KEY)),
    "parted by an empty chunk": deltas(reply(KEY)[:20], "", {}, {"content": None}, reply(KEY)[20:]),
    "in thinking": deltas({"reasoning_content": f"hm {KEY}"}, GOOD),
    "in thinking, parted": deltas({"reasoning": KEY[:5]}, {"reasoning": KEY[5:]}, GOOD),
    "in thinking that is in the text": say(f"<think>{KEY}</think>{GOOD}"),
    "in parts": deltas({"content": [{"type": "text", "text": reply(KEY)[:22]}]}, reply(KEY)[22:]),
    "around the reply": say(f"{GOOD}<|{KEY}|>"),
    "as a reason": say(GOOD, finish=KEY),
    "behind the reply": events(
        json.dumps({"choices": [{"delta": {"content": GOOD}}]}),
        json.dumps({"error": {"message": KEY}}),
    ),
    "cut off at the end": hang_up(GOOD + f"<|{KEY[:12]}"),
    "in bytes that are no UTF-8": raw(
        b'data: {"choices":[{"delta":{"content":' + json.dumps(reply(KEY + "|")).encode()
        .replace(b"|", b"\xff") + b"}}]}\n\n"
    ),
}  # fmt: skip


async def test_no_reply_tells_the_key() -> None:
    for thinking in ("off", "auto"):
        async with facing(key=KEY, spec=OWN) as (server, backbone):
            for what, act in REPLIES.items():
                heard: list[str] = []
                server.script.append(act)
                try:
                    made = await write(backbone, heard=heard, thinking=thinking)
                except AlignError as error:
                    assert what == "cut off at the end", (what, error)
                    assert_hidden("".join(heard), *traceback.format_exception(error))
                    continue
                read = json.dumps(json.loads(made.text.rpartition("\x03")[2]), ensure_ascii=False)
                assert_hidden("".join(heard), made.text, made.prompt, read, *made.notes, what)


async def test_nothing_that_is_asked_at_the_start_tells_the_key() -> None:
    async with hostile(model=f"m-{KEY}", key=KEY, owner=KEY) as server:
        with pytest.raises(AlignError, match="serves no model") as caught:
            await opened(spec(server, **OWN))
        assert_hidden(caught.value.message, caught.value.hint)
        backbone = await opened(spec(server, **OWN).model_copy(update={"model": ""}))
        assert_hidden(repr(backbone.info))
        await asyncio.to_thread(backbone.close)
    for act in (status(500, FILLED), status(429, KEY, retry_after="7000"), events(KEY),
                unframed(EVENTS, KEY.encode())):  # fmt: skip
        async with hostile(key=KEY) as server:
            server.listed.append(act)
            with pytest.raises(AlignError) as caught:
                await opened(spec(server, **OWN))
            assert_hidden(caught.value.message, *traceback.format_exception(caught.value))
        async with hostile(key=KEY) as server:
            server.checks.extend([act] * 9)
            said: list[str] = []
            try:
                backbone = await opened(spec(server, **OWN))
            except AlignError as error:
                said += traceback.format_exception(error)
            else:
                said.append(repr(backbone.info))
                await asyncio.to_thread(backbone.close)
            assert_hidden(*said)


@pytest.mark.parametrize("key", ["none", "x", "EMPTY", "so", "treatment-lab-1"])
async def test_a_key_that_is_a_word_changes_no_reply(
    key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_KEY", key)
    text = reply(f"The {key[:9]}-related room, xxx, has none so far.")
    async with facing(say(text), key=key, spec=OWN) as (_, backbone):
        assert (await write(backbone)).text == text


async def test_a_key_that_no_header_takes_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    for key in ("schlüssel-7f3a", "a\x1bkey-5521", "two\nlines-of-it"):
        monkeypatch.setenv("MY_KEY", key)
        async with hostile() as server:
            with pytest.raises(AlignError) as caught:
                await opened(spec(server, **OWN))
            assert key not in caught.value.message and "MY_KEY" in caught.value.message
            assert not server.calls


# --- a run: database, exports, log and terminal ----------------------------------------------


@pytest.fixture
def workers_end() -> Iterator[None]:
    yield
    for worker in workers.list_workers(open_database(Path(os.environ["ALIGN_TUI_DB"]))):
        if workers.is_alive(worker):
            os.kill(worker.pid, 9)


async def align_tui(*arguments: str) -> str:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "align_tui", *arguments,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    out, _ = await asyncio.wait_for(process.communicate(), 200)
    assert b"Traceback" not in out
    return out.decode()


async def test_no_file_and_no_terminal_has_the_key_after_a_run(
    tmp_path: Path, workers_end: None
) -> None:
    acts = [*FAILURES.values(), *REPLIES.values()]
    async with hostile(key=KEY) as server:
        profile = tmp_path / "mine.toml"
        profile.write_text(
            'extends = "baseline"\n[backbone]\nkind = "openai"\n[backbone.server]\n'
            f'base_urls = ["{server.url}"]\napi_key_env = "MY_KEY"\nretries = 0\n'
            '[adm]\nkind = "baseline"\nprobabilities = false\n'
        )
        server.script.extend(acts)
        run = await align_tui(
            "run",
            "-p",
            str(profile),
            "-s",
            "demo-triage",
            "--limit",
            "8",
            "--repeat",
            "7",
            "--json",
        )
        assert len(server.asked) >= len(acts)
        doctor = await align_tui("doctor", "-p", str(profile))
        assert "server" in doctor
    shown = await align_tui("show")
    outs = [await align_tui("export", "--format", kind) for kind in ("jsonl", "csv", "markdown")]
    report = await align_tui("report")
    assert_hidden(run, doctor, shown, *outs, report)
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert_hidden(path.read_bytes().decode("latin-1"))
