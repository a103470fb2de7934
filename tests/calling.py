"""Call the program as a user does: in its own process, or in this one, which is far cheaper."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Mapping
from typing import Any
from unittest.mock import patch

from align_tui import cli

PROCESS = {"run", "rerun", "replay", "serve", "browse", "worker"}
"""Commands that start workers, take signals, or hold the terminal; so does no command at all."""


class Stream(io.TextIOWrapper):
    """Standard output or error: a terminal, or a pipe."""

    def __init__(self, *, terminal: bool = False) -> None:
        super().__init__(io.BytesIO(), encoding="utf-8", write_through=True)
        self.terminal = terminal

    def isatty(self) -> bool:
        return self.terminal

    def text(self) -> str:
        self.flush()
        raw = self.buffer
        assert isinstance(raw, io.BytesIO)
        return raw.getvalue().decode()


def call(*arguments: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """`align-tui ARGUMENTS` in this process, on pipes and without input.

    The process start that it saves takes about a second of CPU time.
    """
    out, err = Stream(), Stream()
    with (
        patch.dict(os.environ, env or {}),
        patch.object(sys, "stdout", out),
        patch.object(sys, "stderr", err),
        patch.object(sys, "stdin", io.StringIO()),
    ):
        status = cli.run(list(arguments))
    return subprocess.CompletedProcess(arguments, status, out.text(), err.text())


def start(*arguments: str, **more: Any) -> subprocess.CompletedProcess[str]:
    """`align-tui ARGUMENTS` in a process of its own."""
    command = [sys.executable, "-m", "align_tui", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=200, **more)


def align_tui(*arguments: str, **more: Any) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own if it needs one, in this process if not."""
    alone = not arguments or arguments[0] in PROCESS or set(more) - {"env"}
    done = start(*arguments, **more) if alone else call(*arguments, **more)
    assert "Traceback" not in done.stdout + done.stderr
    return done
