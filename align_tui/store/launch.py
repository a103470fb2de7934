"""Start a worker process for the queue unless one is running, and find out how it ended."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import subprocess
import time
from pathlib import Path

from align_tui.config import paths
from align_tui.config.trust import VARIABLE
from align_tui.core.errors import StoreError
from align_tui.core.text.tracebacks import without_tracebacks
from align_tui.files import private
from align_tui.isolation import SAFE, own_command
from align_tui.store import crash_notes, workers
from align_tui.store.database import Database

LOGS_KEPT = 50
_KILLS = {int(getattr(signal, name, 0)) for name in ("SIGKILL", "SIGTERM", "SIGINT", "SIGHUP")}
_log: Path | None = None  # the log of the worker that this process started last


def ensure_worker(db: Database) -> subprocess.Popen[bytes] | None:
    """Start a worker for this database unless one answers; its process, or None.

    The worker has its own session, so it outlives a closed terminal. It ends itself when it has
    been idle for `ALIGN_TUI_IDLE_EXIT` seconds (600). Raises StoreError.
    """
    if workers.answering(db):
        return None
    idle = os.environ.get("ALIGN_TUI_IDLE_EXIT", "600")
    command = own_command("worker", "--db", str(db.path.resolve()), "--idle-exit", idle)
    log = _new_log()
    try:
        private.make_folder(log.parent)
        _tidy(log.parent)
        with os.fdopen(private.open_log(log), "ab") as out:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
                cwd=Path.home() if Path.home().is_dir() else "/",
                env=_environment(),
            )
    except OSError as error:
        raise StoreError(f"The worker could not start: {error}", f"See {log}") from error
    global _log
    _log = log
    return process


def _environment() -> dict[str, str]:
    """This process's environment without its trust answer, which the worker would outlive."""
    return {key: value for key, value in os.environ.items() if key != VARIABLE} | SAFE


def note_end(db: Database, process: subprocess.Popen[bytes]) -> None:
    """Write down how a worker of this process ended: only its parent sees the exit status.

    A kill from outside is not written as an ending, since no sample is to blame for it.
    """
    status = process.returncode
    if status is None or status == 0:
        return
    for worker in workers.list_workers(db):
        if worker.pid == process.pid and workers.is_here(worker):
            if -status not in _KILLS:
                crash_notes.add_ending(worker.id, in_words(status))
            ending = crash_notes.ending(worker.id) or in_words(status)
            if _log is not None:
                with contextlib.suppress(OSError), _log.open("a", encoding="utf-8") as out:
                    out.write(f"{ending}\n")


def in_words(status: int) -> str:
    """A sentence that says how a process with this exit status ended."""
    if status >= 0:
        return f"The process ended with status {status}"
    with contextlib.suppress(ValueError):
        return f"{signal.Signals(-status).name} ended the process"
    return f"Signal {-status} ended the process"


def log_tail(lines: int = 12) -> str:
    """The last lines in the log of the worker that this process started last, or an empty text.

    Users read them, so tracebacks are left out.
    """
    if _log is None:
        return ""
    try:
        text = _log.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    return "\n".join(without_tracebacks(text).splitlines()[-lines:])


def _new_log() -> Path:
    """A new log file for one worker, so that its lines do not mix with those of others."""
    stamp = time.strftime("%Y%m%d-%H%M%S", time.localtime())
    return paths.state_dir() / "workers" / f"{stamp}-{secrets.token_hex(3)}.log"


def _tidy(folder: Path) -> None:
    """Remove all but the newest logs; their names sort by time."""
    for path in sorted(folder.glob("*.log"))[:-LOGS_KEPT]:
        with contextlib.suppress(OSError):
            path.unlink()
