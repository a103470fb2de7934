"""Seeing to it that some worker process serves the queue, started apart from this one."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from align_tui.config import paths
from align_tui.config.trust import VARIABLE
from align_tui.core.errors import StoreError
from align_tui.files import private
from align_tui.isolation import SAFE, own_command
from align_tui.store import workers
from align_tui.store.database import Database


def ensure_worker(db: Database) -> subprocess.Popen[bytes] | None:
    """Start a worker for this database unless one answers; the process, or None.

    It belongs to a session of its own: it outlives a closed terminal, and ends by itself when it
    has had nothing to do for a while.
    """
    if workers.answering(db):
        return None
    idle = os.environ.get("ALIGN_TUI_IDLE_EXIT", "600")
    command = own_command("worker", "--db", str(db.path.resolve()), "--idle-exit", idle)
    log = worker_log()
    try:
        with os.fdopen(private.open_log(log), "ab") as out:
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
                cwd=Path.home() if Path.home().is_dir() else "/",
                env=_environment(),
            )
    except OSError as error:
        raise StoreError(f"No worker could be started: {error}", f"See {log}") from error


def _environment() -> dict[str, str]:
    """Ours, without an answer that was meant for this process: a worker outlives it."""
    return {key: value for key, value in os.environ.items() if key != VARIABLE} | SAFE


def worker_log() -> Path:
    """Where workers that no terminal watches write what they have to say."""
    return paths.state_dir() / "worker.log"


def log_tail(lines: int = 12) -> str:
    """The end of the workers' log, for an error message; empty when there is none."""
    try:
        text = worker_log().read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-lines:])
