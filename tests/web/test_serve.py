"""`align-tui serve`: who may connect, what a tab runs, a real browser, and shutdown."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import psutil
import pytest
from aiohttp.test_utils import TestClient, TestServer
from hypothesis import given
from hypothesis import strategies as st

from align_tui.cli.serve_command import serve_explorer
from align_tui.config.options import Options
from align_tui.core.errors import ServeError, StoreError
from align_tui.store import runs, workers
from align_tui.store.database import Database
from align_tui.web.command import Opened, command
from align_tui.web.guard import Guard
from align_tui.web.pages import Tabs, site
from align_tui.web.serving import take_port
from align_tui.web.token import Token
from tests.web import browser

WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=20)


@given(WORDS, WORDS, WORDS)
def test_every_value_is_taken_as_it_is(profile: str, run: str, override: str) -> None:
    options = Options(profiles=(profile, "-x"), overrides=(override,), backbones=("$(id)", "b"))
    words = Opened(options, run, db=Path("/a b/'c'")).words()
    made = command(Opened(options, run, db=Path("/a b/'c'")))
    assert made == [sys.executable, "-P", "-m", "align_tui", *words]
    assert f"--profile={profile}" in words and f"--run={run}" in words
    played = Opened(Options(), run, replay=True).words()
    assert played == ["replay", "--", run]


def test_a_hostile_name_reaches_the_program_and_no_shell(tmp_path: Path) -> None:
    hostile = f"x'; touch {tmp_path}/owned; $(touch {tmp_path}/owned) `id` --help"
    words = command(Opened(Options(profiles=(hostile,)), low_bandwidth=True))
    environment = {**os.environ, "TEXTUAL_DRIVER": "textual.drivers.web_driver:WebDriver"}
    with (tmp_path / "stderr").open("w+b") as said:
        process = subprocess.Popen(
            words, env=environment, stderr=said,
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        assert process.wait(60) == 2
        said.seek(0)
        told = said.read()
    assert b"touch" in told and b"Traceback" not in told
    assert not (tmp_path / "owned").exists()


@pytest.mark.parametrize(
    ("served", "host", "origin", "admitted"),
    [
        ("127.0.0.1", "127.0.0.1:8000", None, True),
        ("127.0.0.1", "localhost:9000", "http://localhost:9000", True),  # behind ssh -L
        ("127.0.0.1", "LOCALHOST:8000", "http://localhost:8000", True),
        ("::1", "[::1]:8000", "http://[::1]:8000", True),
        ("127.0.0.1", "evil.example:8000", None, False),  # DNS rebinding
        ("127.0.0.1", "evil.example:8000", "http://evil.example:8000", False),
        ("127.0.0.1", "127.0.0.1:8000", "http://evil.example", False),
        ("127.0.0.1", "127.0.0.1:8000", "http://127.0.0.1:3000", False),  # another server's page
        ("127.0.0.1", "127.0.0.1:8000", "null", False),
        ("127.0.0.1", "127.0.0.1:8000", "http://[", False),
        ("127.0.0.1", "10.0.0.5:8000", "http://10.0.0.5:8000", False),
        ("127.0.0.1", "127.0.0.1.evil.example", None, False),
        ("127.0.0.1", "", None, False),
        ("0.0.0.0", "10.0.0.5:8000", "http://10.0.0.5:8000", True),
        ("0.0.0.0", f"{socket.gethostname()}:8000", None, True),
        ("0.0.0.0", "evil.example:8000", "http://evil.example:8000", False),
    ],
)
def test_who_is_admitted(served: str, host: str, origin: str | None, admitted: bool) -> None:
    assert Guard(served).admits(host, origin) is admitted


async def test_strangers_get_no_page_and_no_application() -> None:
    tabs, token = Tabs(["false"], "<b>{{ 7*7 }}"), Token()
    async with TestClient(TestServer(site(tabs, Guard("127.0.0.1"), token))) as client:
        page = await client.get("/", params={"fontsize": "20", "token": token.word})
        text = await page.text()
        assert page.status == 200 and "&lt;b&gt;{{ 7*7 }}" in text and 'font-size="20"' in text
        assert not re.findall(r"(?:https?:)?//(?!127\.0\.0\.1)[a-z]", text.replace("ws://", ""))
        assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
        for path in ("/", "/ws", "/static/js/textual.js"):
            for headers in ({"Host": "evil.example"}, {"Origin": "http://evil.example"}):
                assert (await client.get(path, headers=headers)).status == 403
        assert (await client.get("/static/../server.py")).status == 404
        assert (await client.get("/static/fonts/")).status == 403


def test_a_port_that_is_taken(database: Database) -> None:
    with closing(take_port("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ServeError) as refused:
            take_port("127.0.0.1", port)
    assert str(port) in refused.value.message and "--port 0" in refused.value.hint
    with pytest.raises(ServeError):
        take_port("no.such.host.invalid", 0)
    with pytest.raises(StoreError):
        serve_explorer(Opened(Options(), "nobody"), "127.0.0.1", 0)


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("align_tui.web.serving", "align_tui.web.pages"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setitem(sys.modules, "textual_serve.server", None)
    with pytest.raises(ServeError) as refused:
        serve_explorer(Opened(Options()), "127.0.0.1", 0)
    assert "align-tui[serve]" in refused.value.hint


def until(true: Callable[[], object], seconds: float = 40.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


class Served:
    """The running command and its address."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        command = [sys.executable, "-m", "align_tui", "serve", "--port", "0", *arguments]
        self.log = folder / "serve.log"
        self._log = self.log.open("wb")
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=self._log, text=True, start_new_session=True
        )
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().split()[0]

    def applications(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children()

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._log.close()


@pytest.fixture
def served(tmp_path: Path, database: Database) -> Iterator[Callable[..., Served]]:
    made: list[Served] = []

    def serve(*arguments: str) -> Served:
        made.append(Served(tmp_path, *arguments))
        return made[-1]

    yield serve
    for each in made:
        each.close()
    for worker in workers.list_workers(database):
        if workers.is_alive(worker):
            os.kill(worker.pid, signal.SIGKILL)


def test_others_are_let_in_with_a_warning(served: Callable[..., Served]) -> None:
    server = served("--host", "0.0.0.0")
    server.process.send_signal(signal.SIGINT)
    assert server.process.wait(20) == 0
    said = server.log.read_text()
    assert "no" in said and "password" in said and "read all runs as this user" in said


@pytest.mark.parametrize("ending", ["the tab", "the server, by kill -9"])
async def test_the_real_application_stays_small_and_ends_with_whom_it_was_for(
    served: Callable[..., Served], ending: str
) -> None:
    server = served("-p", "random", "--limit", "2")
    there, _, token = server.url.partition("?")
    url = f"{there}ws?{token}&width=99999999&height=99999999"
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as tab:
        received = b""
        while b"Nothing is decided" not in received:
            received += await tab.receive_bytes(timeout=40)
        [application] = server.applications()
        assert application.memory_info().rss < 500e6
        if ending == "the tab":
            await tab.close()
        else:
            server.process.kill()
    until(lambda: not application.is_running() or application.status() == "zombie", 10)
    assert "Traceback" not in server.log.read_text()


@pytest.mark.slow
@pytest.mark.skipif(browser.CHROMIUM is None, reason="there is no chromium on this machine")
@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGKILL])
async def test_in_a_real_browser(
    served: Callable[..., Served], database: Database, tmp_path: Path, ending: signal.Signals
) -> None:
    """The page shows the study's text and its decisions, and keys reach the application."""
    server = served("-p", "moral-desert-high", "-p", "random", "-s", "demo-triage", "--limit", "2")
    async with browser.opened(server.url, tmp_path) as page:
        await page.until(lambda: b"Nothing is decided" in page.received)
        await page.press("Enter")
        await page.until(lambda: runs.list_runs(database) and runs.list_runs(database)[0].done == 2)
        seen = len(page.received)
        await page.until(lambda: "✓".encode() in page.received or "✗".encode() in page.received)
        await page.press("j")
        await page.until(lambda: len(page.received) > seen)
        colours, share = await page.colours()
        assert colours > 20 and share < 0.98, "nothing is painted"
        if picture := os.environ.get("ALIGN_TUI_PICTURE"):
            Path(picture).write_bytes(await page.picture())
        here = urlsplit(server.url).netloc
        for url in page.asked:
            assert url.startswith(("data:", f"http://{here}/", f"ws://{here}/")), url
        assert page.complaints == []
        [application] = server.applications()
        server.process.send_signal(ending)
        server.process.wait(20)
        until(lambda: not application.is_running() or application.status() == "zombie")
    assert "Traceback" not in server.log.read_text()
    [run] = runs.list_runs(database)
    assert (run.samples, run.done) == (2, 2)
