"""Watches the event loop from a thread: code that never awaits holds up every other sample.

Nothing can be decided beside such code, nor does its worker's heart beat. So it is made to beat
from here; after a while the worker's row names the sample, and the others go back to the queue for
another worker. Code that goes on for longer still is broken off, and its sample fails. Code that
lets no other thread run (a regular expression, say) holds this one up as well: then the worker
counts as silent, and the sample as a suspect (store/hung_workers.py).
"""

from __future__ import annotations

import signal
import sys
import threading
import time
import traceback
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from align_tui.config.secrets import environment_secrets
from align_tui.core.errors import AdmError, StoreError
from align_tui.core.text.tracebacks import kept_text, logged
from align_tui.engine.guard import LoopStep, LoopSteps, end_now
from align_tui.engine.messages import say
from align_tui.store import crash_notes, held_samples
from align_tui.store.database import Database, open_database

LOOK_S = 0.5
TOLD_S = 30.0
AT_MOST_S = 120.0
GRACE_S = 10.0  # for code that was broken off to come back
STATUS = 70  # of a process that had to end for it
HINT = "Await what takes long, or hand it to a thread: await asyncio.to_thread(function)."


class _BrokenOff(BaseException):
    """Raised inside the code that blocks; no Exception, so that it is not caught by mistake."""


@dataclass(frozen=True, slots=True)
class Limits:
    """After how many seconds without an await a sample is named, and broken off."""

    told_s: float = TOLD_S
    at_most_s: float = AT_MOST_S


class Watchdog:
    """One thread for one worker; `stop` ends it."""

    def __init__(
        self, path: Path, worker: str, steps: LoopSteps, lease_s: float, limits: Limits = Limits()
    ) -> None:
        self._path = path
        self._worker = worker
        self._steps = steps
        self._lease_s = lease_s
        self._limits = limits
        self._ended = threading.Event()
        self._main = threading.main_thread()
        self._step: LoopStep | None = None
        self._blocked = 0.0
        self._told = False
        self._broken_at: float | None = None
        self._renewed = 0.0
        self._db: Database | None = None
        self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)

    def start(self) -> None:
        """Begin to watch; for the main thread, whose loop is watched."""
        if hasattr(signal, "SIGUSR2"):
            signal.signal(signal.SIGUSR2, self._break_off)
        self._thread.start()

    def stop(self) -> None:
        """Watch no longer."""
        self._ended.set()
        self._thread.join(2.0)

    def _break_off(self, number: int, frame: FrameType | None) -> None:
        """In the main thread, inside the code that blocks if it still does."""
        if self._broken_at is not None and self._steps.now is self._step:
            raise _BrokenOff("it blocked the worker, and was broken off")

    def _watch(self) -> None:
        last = time.monotonic()
        while not self._ended.wait(LOOK_S):
            now = time.monotonic()
            # A process that was stopped (a closed laptop) finds that much time gone at once.
            went, last = min(now - last, 2 * LOOK_S), now
            step = self._steps.now
            if step is None or step is not self._step:
                self._step, self._blocked = step, 0.0
                self._told, self._broken_at = False, None
                continue
            self._blocked += went
            try:
                self._look(step, now)
            except StoreError as error:
                crash_notes.say(self._worker, error.message)
            try:  # whether the database takes the rest or not
                if self._blocked >= self._limits.at_most_s:
                    self._end(self._database(), step, now)
            except StoreError as error:
                crash_notes.say(self._worker, error.message)
        if self._db is not None:
            self._db.close()

    def _look(self, step: LoopStep, now: float) -> None:
        if self._blocked < min(self._lease_s / 4, self._limits.told_s):
            return
        db = self._database()
        if not self._told and self._blocked >= self._limits.told_s:
            others = held_samples.release_others(db, self._worker, step.sample)
            name = held_samples.name_of(db, step.sample)
            said = f"{name} has blocked the worker for {self._blocked:.0f} s, at {self._where()}"
            given = f"; {others} samples went back to the queue" if others else ""
            held_samples.complain(db, self._worker, said)
            self._told = True  # not before: what the database refuses is tried again
            say(f"{said}{given}. {HINT}")
        if now - self._renewed >= self._lease_s / 4:
            held_samples.beat(db, self._worker)
            self._renewed = now

    def _end(self, db: Database, step: LoopStep, now: float) -> None:
        """Break the code off; end the process when the code does not let go."""
        if self._broken_at is None:
            self._broken_at = now
        if now - self._broken_at < GRACE_S and hasattr(signal, "SIGUSR2"):
            assert self._main.ident is not None
            signal.pthread_kill(self._main.ident, signal.SIGUSR2)
            return
        error = self.error(step.sample, db)
        said = f"{error.message}\n{error.hint}"
        where = kept_text("".join(self._stack().format()), environment_secrets())
        held_samples.fail(db, self._worker, step.sample, error.kind, said, self._blocked, where)
        say(f"sample {step.sample} is in code that does not let go:\n{logged(where)}")
        say(error.message)
        end_now(STATUS)

    def error(self, sample: int, db: Database) -> AdmError:
        """Why a sample whose code was broken off fails."""
        name = held_samples.name_of(db, sample)
        return AdmError(f"{name} blocked the worker for {self._blocked:.0f} s", HINT)

    def failure_of(self, error: BaseException, sample: int, db: Database) -> BaseException:
        """`error`, or in place of breaking off what it was for."""
        seen: BaseException | None = error
        while seen is not None:
            if isinstance(seen, _BrokenOff):
                blocked = self.error(sample, db)
                blocked.__cause__ = error  # its traceback says where the code was
                return blocked
            seen = seen.__cause__ or seen.__context__
        return error

    def _where(self) -> str:
        """The line of the user's code that runs now."""
        stack = self._stack()
        ours = str(Path(__file__).resolve().parent.parent)
        libraries = (sys.base_prefix, sys.prefix)
        for entry in reversed(stack):
            if not entry.filename.startswith((ours, *libraries, "<")):
                return f"{Path(entry.filename).name} line {entry.lineno}"
        return f"{Path(stack[-1].filename).name} line {stack[-1].lineno}" if stack else "no place"

    def _stack(self) -> traceback.StackSummary:
        """Where the thread is that the loop runs in."""
        frame = sys._current_frames().get(self._main.ident or 0)
        return traceback.StackSummary() if frame is None else traceback.extract_stack(frame)

    def _database(self) -> Database:
        if self._db is None:
            self._db = open_database(self._path, create=False)
        return self._db
