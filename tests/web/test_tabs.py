"""A tab of `align-tui serve`: the token, hostile messages, and the end of its application."""

from __future__ import annotations

import asyncio
import json
import logging
import math
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import psutil
import pytest
from aiohttp.test_utils import TestClient, TestServer, unused_port
from hypothesis import given
from hypothesis import strategies as st

from align_tui.config.failure_log import command_log
from align_tui.web import pages, tab
from align_tui.web.guard import Guard
from align_tui.web.pages import Tabs, site
from align_tui.web.serving import _quiet_logs
from align_tui.web.tab import HEIGHTS, MOST_BYTES, SIZE, WIDTHS, clamped, sizes
from align_tui.web.token import REFUSED, Token

# Echoes each packet as a line, and ends when it is asked to or its input closes.
LISTENER = """
import json, os, sys
log = open(sys.argv[1], "a", buffering=1)
log.write(f"pid {os.getpid()}\\n")
log.write(f"size {os.environ['COLUMNS']} {os.environ['ROWS']}\\n")
os.write(1, b"__GANGLION__\\n")
os.write(1, b"D\\0\\0\\0\\2hi")
while head := sys.stdin.buffer.read(5):
    body = sys.stdin.buffer.read(int.from_bytes(head[1:], "big"))
    log.write(f"{head[:1].decode()} {len(body)} {body[:200].decode()}\\n")
    if b'"quit"' in body:
        break
"""
DEAF = """
import os, sys, time
open(sys.argv[1], "a").write(f"pid {os.getpid()}\\n")
os.write(1, b"__GANGLION__\\n")
time.sleep(600)
"""
Client = TestClient[aiohttp.web.Request, aiohttp.web.Application]


class Site:
    """A server of one program, and the messages that the program received."""

    def __init__(self, client: Client, token: Token, log: Path, tabs: Tabs) -> None:
        self.client, self.token, self.log, self._tabs = client, token, log, tabs

    def told(self) -> list[str]:
        return self.log.read_text().splitlines() if self.log.exists() else []

    def processes(self) -> list[psutil.Process]:
        pids = [int(line.split()[1]) for line in self.told() if line.startswith("pid ")]
        return [psutil.Process(pid) for pid in pids if psutil.pid_exists(pid)]

    async def until(self, text: str) -> None:
        end = time.monotonic() + 20
        while not any(text in line for line in self.told()):
            assert time.monotonic() < end, self.told()
            await asyncio.sleep(0.01)

    async def until_free(self) -> None:
        end = time.monotonic() + 20
        while self._tabs.open_now:
            assert time.monotonic() < end, "a tab was left open"
            await asyncio.sleep(0.01)

    async def until_none_lives(self, seconds: float = 20) -> None:
        end = time.monotonic() + seconds
        while self.processes():
            assert time.monotonic() < end, "an application was left behind"
            await asyncio.sleep(0.01)


@asynccontextmanager
async def serving(
    tmp_path: Path, program: str = LISTENER, beat: float = 8.0
) -> AsyncIterator[Site]:
    log, token = tmp_path / "told", Token()
    tabs = Tabs([sys.executable, "-c", program, str(log)], "x", heartbeat_s=beat)
    app = site(tabs, Guard("127.0.0.1"), token)
    # Otherwise the client refuses cookies of numeric addresses.
    jar = aiohttp.CookieJar(unsafe=True)
    server = TestServer(app, port=unused_port())
    async with TestClient(server, cookie_jar=jar) as client:
        yield Site(client, token, log, tabs)
        await tabs.end(10)
        for _ in range(10):  # the loop closes the pipes of processes that have ended
            await asyncio.sleep(0)


@pytest.mark.parametrize("path", ["/", "/ws", "/download/x", "/page.js", "/static/css/xterm.css"])
async def test_without_the_token_there_is_nothing(tmp_path: Path, path: str) -> None:
    async with serving(tmp_path) as here:
        word = here.token.word
        for given_word in (None, "", "x", word[:-1], word + "x", "ü", word.swapcase()):
            params = {} if given_word is None else {"token": given_word}
            answer = await here.client.get(path, params=params)
            assert (answer.status, await answer.text()) == (403, REFUSED)
            assert "Set-Cookie" not in answer.headers and word not in str(answer.headers)
        assert here.told() == []


async def test_the_first_visit_leaves_a_cookie_for_what_follows(tmp_path: Path) -> None:
    async with serving(tmp_path) as here:
        first = await here.client.get("/", params={"token": here.token.word})
        assert first.status == 200 and first.headers["Referrer-Policy"] == "no-referrer"
        cookie = first.headers["Set-Cookie"]
        assert "HttpOnly" in cookie and "SameSite=Strict" in cookie and "Domain" not in cookie
        assert here.token.word not in await first.text()
        for path in ("/", "/page.js", "/static/css/xterm.css"):
            assert (await here.client.get(path)).status == 200
        assert (await here.client.get("/", params={"token": "wrong"})).status == 403
        async with here.client.ws_connect("/ws") as socket:
            assert await socket.receive_bytes() == b"hi"
        strangers = aiohttp.ClientSession(cookies={"align_tui": "x"})
        async with strangers, strangers.get(here.client.make_url("/")) as answer:
            assert answer.status == 403


@pytest.mark.parametrize(
    "asked", ["00169999", "99999999", "-5", "x", "", "1e3", "16.5", "9" * 5000]
)
async def test_no_font_is_out_of_bounds(tmp_path: Path, asked: str) -> None:
    async with serving(tmp_path) as here:
        params = {"token": here.token.word, "fontsize": asked}
        assert 'font-size="16"' in await (await here.client.get("/", params=params)).text()


def test_tokens_differ_and_hide() -> None:
    one, other = Token(), Token()
    assert one.word != other.word and len(one.word) >= 43 and one.word not in repr(one)


NUMBERS = st.one_of(
    st.integers(), st.floats(), st.text(max_size=30), st.booleans(), st.none(),
    st.integers().map(str), st.lists(st.integers(), max_size=2),
)  # fmt: skip


@given(NUMBERS, NUMBERS)
def test_no_size_is_out_of_bounds(width: object, height: object) -> None:
    columns, rows = sizes({"width": width, "height": height})
    assert isinstance(columns, int) and WIDTHS[0] <= columns <= WIDTHS[1]
    assert isinstance(rows, int) and HEIGHTS[0] <= rows <= HEIGHTS[1]


def test_sizes_that_are_meant_are_kept() -> None:
    assert sizes({"width": "120", "height": 40.0}) == (120, 40)
    assert sizes({}) == sizes("x") == sizes(None) == SIZE
    assert clamped(99_999_999, WIDTHS, 80) == WIDTHS[1] == clamped(math.inf, WIDTHS, 80)
    assert clamped(-5, WIDTHS, 80) == WIDTHS[0] == clamped("-99", WIDTHS, 80)
    assert clamped(math.nan, WIDTHS, 80) == clamped("1e9", WIDTHS, 80) == clamped(True, WIDTHS, 80)


async def test_what_a_hostile_client_says_is_clamped_or_left_out(tmp_path: Path) -> None:
    async with serving(tmp_path) as here:
        asked = {"token": here.token.word, "width": "99999999", "height": "-4"}
        async with here.client.ws_connect("/ws", params=asked) as socket:
            await here.until(f"size {WIDTHS[1]} {HEIGHTS[0]}")
            for said in (
                "", "{", "null", "[]", "7", '"x"', "{}", "[[]]", '["resize"]', '["resize", 1]',
                '["stdin"]', '["stdin", 5]', '["ping", {}]', "[" * 100_000, '["nobody", 1]',
                '["resize", {"width": %s, "height": 1}]' % ("9" * 5000),
            ):  # fmt: skip
                await socket.send_str(said)
            await socket.send_bytes(b"\xff" * 100)
            for value in ("99999999", "1e999", "-1e999", "NaN", "null", '"x"', "true", "[1]"):
                await socket.send_str(f'["resize", {{"width": {value}, "height": {value}}}]')
            await socket.send_str('["stdin", "\\ud800z"]')
            await socket.send_json(["ping", "y" * 1000])
            await here.until("?z")
            replies = [(await socket.receive()).data for _ in range(2)]
            assert b"hi" in replies and json.dumps(["pong", "y" * 100]) in replies
        told = [json.loads(line.split(" ", 2)[2]) for line in here.told() if line[:2] == "M "]
        resized = [(each["width"], each["height"]) for each in told if each["type"] == "resize"]
        least, most = (WIDTHS[0], HEIGHTS[0]), (WIDTHS[1], HEIGHTS[1])
        assert resized == [most, most, least, *[SIZE] * 5]
        await here.until_none_lives()


async def test_a_message_too_long_ends_the_tab(tmp_path: Path) -> None:
    async with serving(tmp_path) as here:
        params = {"token": here.token.word}
        async with here.client.ws_connect("/ws", params=params) as socket:
            await here.until("pid")
            await socket.send_str(json.dumps(["stdin", "x" * MOST_BYTES]))
            message = await socket.receive(timeout=10)
            while message.type == aiohttp.WSMsgType.BINARY:
                message = await socket.receive(timeout=10)
            assert socket.close_code == aiohttp.WSCloseCode.MESSAGE_TOO_BIG
        await here.until_none_lives()


async def test_there_are_so_many_tabs_and_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "MOST_TABS", 2)
    async with serving(tmp_path) as here:
        params = {"token": here.token.word}
        sockets = [await here.client.ws_connect("/ws", params=params) for _ in range(2)]
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await here.client.ws_connect("/ws", params=params)
        assert refused.value.status == 503
        for socket in sockets:
            await socket.close()
        await here.until_none_lives()
        await here.until_free()
        async with here.client.ws_connect("/ws", params=params) as socket:
            assert await socket.receive_bytes() == b"hi"


@pytest.mark.parametrize("program", [LISTENER, DEAF], ids=["listens", "is deaf"])
async def test_a_tab_that_is_closed_ends_its_application(
    tmp_path: Path, program: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tab, "END_S", 0.3)
    async with serving(tmp_path, program) as here:
        socket = await here.client.ws_connect("/ws", params={"token": here.token.word})
        await here.until("pid")
        assert here.processes()
        await socket.close()
        await here.until_none_lives()


async def test_a_tab_that_answers_no_ping_has_gone(tmp_path: Path) -> None:
    """Like a cut line: the connection stays open, and nobody answers."""
    async with serving(tmp_path, beat=0.4) as here:
        params = {"token": here.token.word}
        async with here.client.ws_connect("/ws", params=params, autoping=False):
            await here.until("pid")
            await here.until_none_lives()


async def test_an_application_that_dies_ends_its_tab(tmp_path: Path) -> None:
    async with serving(tmp_path) as here:
        socket = await here.client.ws_connect("/ws", params={"token": here.token.word})
        await here.until("pid")
        here.processes()[0].kill()
        while (await socket.receive(timeout=10)).type == aiohttp.WSMsgType.BINARY:
            pass
        assert socket.closed


HUNG = """
import time
from textual.app import App
from textual.drivers.web_driver import WebDriver
from align_tui.tui import served

served.END_S = 0.2

class Hung(App):
    def get_driver_class(self):
        return served.ending_driver(WebDriver)

    def on_mount(self):
        print("hangs", file=__import__("sys").__stderr__, flush=True)
        time.sleep(600)

Hung().run()
"""


def test_an_application_that_hangs_ends_when_its_server_is_gone() -> None:
    pipes = {"stdin": subprocess.PIPE, "stderr": subprocess.PIPE, "stdout": subprocess.DEVNULL}
    environment = {**os.environ, "TEXTUAL_DRIVER": "textual.drivers.web_driver:WebDriver"}
    process = subprocess.Popen([sys.executable, "-c", HUNG], env=environment, **pipes)  # type: ignore[call-overload]
    assert b"hangs" in process.stderr.readline()
    process.stdin.close()
    try:
        assert process.wait(20) == 1
    finally:
        process.kill()
        process.stderr.close()


def test_what_fails_for_a_tab_is_one_line_and_a_traceback_in_a_file(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    logger = logging.getLogger("textual-serve")
    monkeypatch.setattr(logger, "filters", [])
    monkeypatch.setattr(logging.getLogger("aiohttp.server"), "filters", [])
    _quiet_logs()
    for error in (ConnectionResetError("the browser went away"), KeyError("a fault of ours")):
        logger.error("a tab has ended", exc_info=error)
    assert all(record.exc_info is None for record in caplog.records)
    log = command_log().read_text(encoding="utf-8")
    assert "KeyError: 'a fault of ours'" in log and "went away" not in log
