"""A terminal for benchmarks: a pty whose screen pyte draws."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
from collections.abc import Callable, Mapping, Sequence

import pyte

ESCAPES = re.compile(rb"\x1b\[[0-9;?]*[A-Za-z]")


def environment(folder: str) -> dict[str, str]:
    """This process's environment, with align-tui's folders inside `folder` and a good terminal."""
    out = dict(os.environ)
    out |= {f"XDG_{name}_HOME": folder for name in ("DATA", "CONFIG", "STATE", "CACHE")}
    out |= {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
    out |= {"ALIGN_TUI_IDLE_EXIT": "1", "ALIGN_TUI_DB": f"{folder}/runs.db"}
    return out


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which a share of the values lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


class Terminal:
    """Runs a command in a pty of fixed size; `read` feeds what it writes into a screen."""

    def __init__(
        self, command: Sequence[str], *, columns: int, rows: int, environment: Mapping[str, str]
    ) -> None:
        self.started = time.perf_counter()
        self.bytes = 0
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execvpe(command[0], list(command), environment)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.screen = pyte.Screen(columns, rows)
        self.stream = pyte.ByteStream(self.screen)

    def read(self, timeout: float) -> bytes:
        """Do as `take` does, and draw the bytes on the screen."""
        data = self.take(timeout)
        self.stream.feed(data)
        return data

    def take(self, timeout: float) -> bytes:
        """The bytes that the program writes within `timeout` seconds; empty if none or ended."""
        ready, _, _ = select.select([self.fd], [], [], timeout)
        if not ready:
            return b""
        try:
            data = os.read(self.fd, 1 << 16)
        except OSError:
            return b""
        self.bytes += len(data)
        return data

    def drain(self, seconds: float) -> None:
        """Read all output for some seconds, so that the program never waits for its terminal."""
        end = time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            self.take(min(left, 0.02))

    def seconds_until(self, expected: str, limit: float = 60.0) -> float:
        """Seconds until the output has a text. Raises TimeoutError.

        It searches the raw bytes, since pyte draws them more slowly than the program makes them.
        """
        began, seen = time.perf_counter(), b""
        while time.perf_counter() - began < limit:
            seen += self.take(0.005)
            if expected.encode() in ESCAPES.sub(b"", seen):
                return time.perf_counter() - began
        self.stream.feed(seen)
        raise TimeoutError(f"{expected!r} never came:\n" + self.text())

    def age(self) -> float:
        """Seconds since the program started."""
        return time.perf_counter() - self.started

    def text(self) -> str:
        """The current text of the screen."""
        return "\n".join(self.screen.display)

    def wait_for(self, true: Callable[[str], bool], seconds: float = 60.0) -> float:
        """Read until `true` holds for the screen's text; seconds since the start."""
        end = time.perf_counter() + seconds
        while not true(self.text()):
            if time.perf_counter() > end:
                raise TimeoutError("the screen never showed it:\n" + self.text())
            self.read(0.02)
        return self.age()

    def press(self, keys: bytes) -> None:
        """Send keys."""
        os.write(self.fd, keys)

    def close(self) -> None:
        """End the program."""
        try:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        except (ProcessLookupError, ChildProcessError):
            pass  # it has ended already
        os.close(self.fd)
