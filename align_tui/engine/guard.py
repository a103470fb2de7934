"""Guard the worker's process against a user's code: know its sample, and do not let it exit.

The guard records each step of a decision-maker between two awaits, so that the watchdog thread
knows whose code holds up the loop. A call that would end the process (sys.exit in a task of its
own, os._exit, a signal to itself) becomes an error of that sample.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable, Coroutine, Generator
from contextvars import Context, ContextVar, copy_context
from dataclasses import dataclass
from typing import Any

from align_tui.core.errors import AdmError
from align_tui.core.text.error_text import error_text

DECIDING: ContextVar[int | None] = ContextVar("deciding", default=None)
"""The sample that the current code runs for; threads and tasks that it starts inherit it."""


@dataclass(slots=True)
class LoopStep:
    """A sample's code between two awaits; no other code of the loop runs meanwhile."""

    sample: int
    began: float


class LoopSteps:
    """Starts samples' tasks, and knows which of them is running now."""

    def __init__(self) -> None:
        self.now: LoopStep | None = None

    def start(self, sample: int, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        """Start a task for a sample; every task that it starts belongs to the sample too."""
        context = copy_context()
        context.run(DECIDING.set, sample)
        return asyncio.create_task(_Guarded(self, sample, work), name=name, context=context)

    def factory(self, loop: asyncio.AbstractEventLoop, work: Any, **more: Any) -> asyncio.Task[Any]:
        """The loop's task factory, which guards the tasks that a user's code starts."""
        context: Context | None = more.get("context")
        sample = context.get(DECIDING) if context is not None else DECIDING.get()
        if sample is not None and not isinstance(work, _Guarded):
            work = _Guarded(self, sample, work)
        return asyncio.Task(work, loop=loop, **more)


class _Guarded(Coroutine[Any, Any, Any]):
    """A coroutine that records its steps and raises nothing that would end the loop."""

    def __init__(self, steps: LoopSteps, sample: int, work: Coroutine[Any, Any, Any]) -> None:
        self._steps = steps
        self._sample = sample
        self._work = work

    def send(self, value: Any) -> Any:
        """Run the next step."""
        return self._step(self._work.send, value)

    def throw(self, *error: Any) -> Any:
        """Run the next step, with an error raised at its await."""
        return self._step(self._work.throw, *error)

    def close(self) -> None:
        """End the coroutine."""
        self._work.close()

    def __await__(self) -> Generator[Any, Any, Any]:
        return self._work.__await__()

    def _step(self, go: Callable[..., Any], *values: Any) -> Any:
        before = self._steps.now
        try:
            self._steps.now = LoopStep(self._sample, time.monotonic())
            return go(*values)
        except (SystemExit, KeyboardInterrupt) as error:  # these would end asyncio's loop
            raise AdmError(f"A task of the decision-maker raised {error_text(error)}") from error
        finally:
            self._steps.now = before


def refuse_endings(tell: Callable[[str], None]) -> None:
    """Make calls by which a sample's code would end this process raise SystemExit instead.

    Calls outside every sample still end it, after `tell` is called. Forked children are not
    guarded. Only a process that is a worker and nothing else may call this.
    """
    ours = os.getpid()

    def replaced(real: Callable[..., Any], name: Callable[..., str | None]) -> Callable[..., Any]:
        def instead(*values: Any, **more: Any) -> Any:
            what = name(*values) if os.getpid() == ours else None
            if what is not None and DECIDING.get() is not None:
                raise SystemExit(f"{what} would end the worker")
            if what is not None:
                tell(f"{what} was called")
            return real(*values, **more)

        return instead

    def exits(name: str) -> Callable[..., str]:
        return lambda *values: f"os.{name}({', '.join(map(repr, values[:1]))})"

    def kills(pid: object = None, number: object = 0, *_: object) -> str | None:
        return f"os.kill({pid}, {number!r})" if pid in (ours, 0) and number else None

    def raises(number: object = 0, *_: object) -> str | None:
        return f"signal.raise_signal({number!r})"

    for name in ("_exit", "abort", "execv", "execve"):
        if hasattr(os, name):
            setattr(os, name, replaced(getattr(os, name), exits(name)))
    os.kill = replaced(os.kill, kills)
    signal.raise_signal = replaced(signal.raise_signal, raises)


end_now = os._exit
"""The unguarded os._exit, for the worker's own code."""
