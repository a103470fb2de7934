"""No bytes from the terminal end the screen; a screen that fails exits with status 1."""

from __future__ import annotations

import os
import pty
import select
import stat
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual import events

from align_tui.config.failure_log import screen_log
from align_tui.tui.keyboard import MOST_CELLS, Keyboard

PASTE = b"\x1b[200~"
SEQUENCES = [
    *(bytes([byte]) for byte in range(0x80, 0x100)),
    *(b"\x1b[M", b"\x1b[M \xa1\x21", b"\x1b[M\xff\xff\xff", b"\x1b[<0;1;1M", b"\x1b[<64;-5;2M"),
    *(b"\xe2\x82", b"\xf0\x9f", b"\xc3", b"\xed\xa0\xbd", b"\xed\xb8\x80", b"\xf4\x90\x80\x80"),
    *(b"\x1b[55296u", b"\x1b[9999999999u", b"\x1b[97;;1114112u", b"\x1b[48;0;0;0;0t"),
    *(b"\x1b[48;99999;999999;1;1t", b"\x1b[48;30;100;0;0t", b"\x1b", b"\x1b[", b"\x1b]52;c;"),
    *(PASTE + b"a\xffb\x1b[201~", b"\x1b[201~", b"\x00", b"\x9b2J", b"\x1b[200", b"u", b"q"),
]


def keys_of(keyboard: Keyboard, data: bytes) -> list[Any]:
    return [message for message in keyboard.feed(data) if isinstance(message, events.Key)]


@pytest.mark.parametrize("before", SEQUENCES, ids=repr)
def test_after_any_bytes_the_next_keys_are_heard(before: bytes) -> None:
    keyboard = Keyboard()
    if before == PASTE:
        before += b"\x1b[201~"
    list(keyboard.feed(before))
    list(keyboard.feed(b"\x1b[201~"))
    heard = [key.character for key in keys_of(keyboard, b"jjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjj")]
    assert heard[-1] == "j"


@given(st.lists(st.one_of(st.binary(max_size=12), st.sampled_from(SEQUENCES)), max_size=30))
def test_no_bytes_end_the_keyboard_or_bring_what_no_terminal_means(chunks: list[bytes]) -> None:
    keyboard = Keyboard()
    for chunk in chunks:
        for message in (*keyboard.feed(chunk), *keyboard.tick()):
            if isinstance(message, events.Key) and message.character:
                message.character.encode("utf-8")
            if isinstance(message, events.Resize):
                assert (0, 0) < tuple(message.size) <= MOST_CELLS
            if isinstance(message, events.Paste):
                message.text.encode("utf-8")


def test_a_paste_keeps_what_can_be_read_of_it() -> None:
    messages = list(Keyboard().feed(PASTE + b"caf\xe9 \xc3\xa9\x1b[201~"))
    assert [m.text for m in messages if isinstance(m, events.Paste)] == ["caf\ufffd é"]


class Screen:
    """The program in a pty."""

    def __init__(self, *command: str) -> None:
        self.seen = b""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            environment = {**os.environ, "TERM": "xterm-256color"}
            os.execve(sys.executable, [sys.executable, *command], environment)

    def until(self, true: Callable[[], object], seconds: float = 60.0) -> None:
        end = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < end, f"waited in vain: {self.seen[-1500:]!r}"
            self.take()

    def take(self, seconds: float = 0.05) -> bool:
        """Read what comes within that time; False when the program has ended."""
        if not select.select([self.fd], [], [], seconds)[0]:
            return True
        try:
            data = os.read(self.fd, 1 << 16)
        except OSError:
            return False
        self.seen += data
        return bool(data)

    def end(self, seconds: float = 30.0) -> int:
        """The exit status of the program, after it has ended by itself."""
        until = time.monotonic() + seconds
        while self.take():
            assert time.monotonic() < until, f"it did not end: {self.seen[-1500:]!r}"
        _, status = os.waitpid(self.pid, 0)
        os.close(self.fd)
        return os.waitstatus_to_exitcode(status)


def test_a_real_screen_survives_every_byte() -> None:
    screen = Screen("-m", "align_tui", "-p", "random", "-s", "demo-triage")
    screen.until(lambda: b"random" in screen.seen)
    for sequence in SEQUENCES[:-1]:
        os.write(screen.fd, sequence)
        screen.take(0.005)
    os.write(screen.fd, b"\x1b[201~" + b"j" * 33)  # ends a paste that may still be open
    screen.seen = b""
    os.write(screen.fd, b"?")
    screen.until(lambda: b"step through" in screen.seen or b"scenario" in screen.seen)
    os.write(screen.fd, b"\x03")
    assert screen.end() == 0
    assert b"Traceback" not in screen.seen


BREAK = """
import sys
from align_tui.cli import run
from align_tui.tui import keyboard, startup
def fail(*_):
    raise ValueError("broken \\x1b]0;owned\\x07 here")
if sys.argv[1] == "thread":
    keyboard.Keyboard.tick = fail
else:
    startup.OpeningApp.on_mount = fail
sys.exit(run(sys.argv[2:]))
"""


@pytest.mark.parametrize("where", ["thread", "loop"])
def test_a_screen_that_fails_ends_with_1_one_sentence_and_a_log(where: str) -> None:
    screen = Screen("-c", BREAK, where)
    assert screen.end() == 1
    told = screen.seen.rpartition(b"\x1b[?1049l")[2]
    said = told[told.index(b"The screen failed") :].decode()
    assert "ValueError: broken" in said and str(screen_log()) in said
    assert "Traceback" not in said and "\x1b]" not in said and len(said.splitlines()) == 1
    log = screen_log().read_text(encoding="utf-8")
    assert "Traceback" in log and "in fail" in log
    assert stat.S_IMODE(screen_log().stat().st_mode) == 0o600


def test_a_log_that_cannot_be_written_is_no_second_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    screen = Screen("-c", BREAK, "loop")
    assert screen.end() == 1
    assert b"--debug shows its traceback" in screen.seen
