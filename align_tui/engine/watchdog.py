"""Watch the event loop from a thread: code that never awaits holds up every other sample.

Beside such code the worker decides nothing and writes no heartbeat. So the watchdog writes the
heartbeat. After a while it names the sample in the worker's row and puts the other samples back
for another worker. If the code still goes on, the watchdog interrupts it, and its sample fails.
Code that lets no other thread run (a regular expression, say) holds up the watchdog too. Then the
worker counts as silent and the sample as a suspect (store/hung_workers.py).
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
from align_tui.core.text.plurals import counted
from align_tui.core.text.tracebacks import kept_text, logged
from align_tui.engine.guard import LoopStep, LoopSteps, end_now
from align_tui.engine.messages import say
from align_tui.store import crash_notes, held_samples
from align_tui.store.database import Database, open_database

LOOK_S = 0.5
NAMED_S = 30.0
AT_MOST_S = 120.0
GRACE_S = 10.0  # how long interrupted code may take to return
STATUS = 70  # the exit status if it does not return
HINT = "Await slow work, or run it in a thread: await asyncio.to_thread(function)."


class _BrokenOff(BaseException):
    """Raised inside code that blocks; a BaseException, so that `except Exception` misses it."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds without an await after which a sample is named, and after which it fails."""

    named_s: float = NAMED_S
    at_most_s: float = AT_MOST_S


class Watchdog:
    """A thread that watches one worker's event loop; `stop` ends it."""

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
        """Start to watch the event loop of the main thread, which calls this."""
        if hasattr(signal, "SIGUSR2"):
            signal.signal(signal.SIGUSR2, self._break_off)
        self._thread.start()

    def stop(self) -> None:
        """Stop watching."""
        self._ended.set()
        self._thread.join(2.0)

    def _break_off(self, number: int, frame: FrameType | None) -> None:
        """Handle the signal in the main thread, inside the code that blocks if it still does."""
        if self._broken_at is not None and self._steps.now is self._step:
            raise _BrokenOff("it blocked the worker, so the worker interrupted it")

    def _watch(self) -> None:
        last = time.monotonic()
        while not self._ended.wait(LOOK_S):
            now = time.monotonic()
            # After a stop of the process (a closed laptop) a long time has gone by at once.
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
                crash_notes.write_trouble(self._worker, error.message)
            try:  # the database may refuse all of this
                if self._blocked >= self._limits.at_most_s:
                    self._end(self._database(), step, now)
            except StoreError as error:
                crash_notes.write_trouble(self._worker, error.message)
        if self._db is not None:
            self._db.close()

    def _look(self, step: LoopStep, now: float) -> None:
        if self._blocked < min(self._lease_s / 4, self._limits.named_s):
            return
        db = self._database()
        if not self._told and self._blocked >= self._limits.named_s:
            others = held_samples.release_others(db, self._worker, step.sample)
            name = held_samples.name_of(db, step.sample)
            what = f"{name} has blocked the worker for {self._blocked:.0f} s, at {self._where()}"
            samples = counted(others, "sample")
            released = f"; {samples} went back to the queue" if others else ""
            held_samples.complain(db, self._worker, what)
            self._told = True  # only now: if the database refused, the next look tries again
            say(f"{what}{released}. {HINT}")
        if now - self._renewed >= self._lease_s / 4:
            held_samples.beat(db, self._worker)
            self._renewed = now

    def _end(self, db: Database, step: LoopStep, now: float) -> None:
        """Interrupt the code; end the process if the code does not return."""
        if self._broken_at is None:
            self._broken_at = now
        if now - self._broken_at < GRACE_S and hasattr(signal, "SIGUSR2"):
            assert self._main.ident is not None
            signal.pthread_kill(self._main.ident, signal.SIGUSR2)
            return
        error = self.error(step.sample, db)
        message = f"{error.message}\n{error.hint}"
        where = kept_text("".join(self._stack().format()), environment_secrets())
        held_samples.fail(db, self._worker, step.sample, error.kind, message, self._blocked, where)
        say(f"sample {step.sample} runs code that does not return:\n{logged(where)}")
        say(error.message)
        end_now(STATUS)

    def error(self, sample: int, db: Database) -> AdmError:
        """The error of a sample whose code was interrupted."""
        name = held_samples.name_of(db, sample)
        return AdmError(f"{name} blocked the worker for {self._blocked:.0f} s", HINT)

    def failure_of(self, error: BaseException, sample: int, db: Database) -> BaseException:
        """`error`; if it comes from an interruption, the error of the sample that blocked."""
        seen: BaseException | None = error
        while seen is not None:
            if isinstance(seen, _BrokenOff):
                blocked = self.error(sample, db)
                blocked.__cause__ = error  # its traceback says where the code was
                return blocked
            seen = seen.__cause__ or seen.__context__
        return error

    def _where(self) -> str:
        """The line of the user's code that is running."""
        stack = self._stack()
        ours = str(Path(__file__).resolve().parent.parent)
        libraries = (sys.base_prefix, sys.prefix)
        for entry in reversed(stack):
            if not entry.filename.startswith((ours, *libraries, "<")):
                return f"{Path(entry.filename).name} line {entry.lineno}"
        return (
            f"{Path(stack[-1].filename).name} line {stack[-1].lineno}"
            if stack
            else "an unknown line"
        )

    def _stack(self) -> traceback.StackSummary:
        """The stack of the thread that the event loop runs in."""
        frame = sys._current_frames().get(self._main.ident or 0)
        return traceback.StackSummary() if frame is None else traceback.extract_stack(frame)

    def _database(self) -> Database:
        if self._db is None:
            self._db = open_database(self._path, create=False)
        return self._db
