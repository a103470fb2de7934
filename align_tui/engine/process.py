"""Run a worker as a process of its own, with its signals, its watchdog and its last messages."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from align_tui.config.signals import endings
from align_tui.core.errors import AlignError, is_unforeseen
from align_tui.core.text.tracebacks import logged, traceback_of
from align_tui.engine import worker as working
from align_tui.engine.endings import Endings
from align_tui.engine.guard import end_now
from align_tui.engine.messages import say
from align_tui.engine.watchdog import Watchdog
from align_tui.engine.worker import Settings, Worker
from align_tui.store.database import open_database


def serve(settings: Settings) -> None:
    """Run a worker in this process until it ends. Raises StoreError if it cannot go on."""
    asyncio.run(_main(settings))


async def _main(settings: Settings) -> None:
    worker = Worker(open_database(settings.database), settings)
    loop = asyncio.get_running_loop()
    loop.set_task_factory(worker.steps.factory)
    with Endings(worker.id), _watched(worker):
        for number in endings():
            # Windows, and threads other than the main one (tests), stop it through the database.
            with contextlib.suppress(NotImplementedError, RuntimeError):
                why = f"it received {signal.Signals(number).name}"
                loop.add_signal_handler(number, worker.stop, why)
        threads = ThreadPoolExecutor(thread_name_prefix="asyncio")
        loop.set_default_executor(threads)
        error: AlignError | None = None
        try:
            await worker.run()
        except Exception as raised:
            if is_unforeseen(raised):  # a fault of the program: log its traceback
                say(f"unforeseen error:\n{logged(traceback_of(raised))}")
            if not isinstance(raised, AlignError):
                raise
            error = raised
        if worker.is_stuck or not await _ended(threads):
            # Python would wait for its thread for ever.
            say("a decision-maker does not end")
            if error is not None:
                say(f"{error.message}. {error.hint}")
            end_now(0 if error is None else 2)
        if error is not None:
            raise error


async def _ended(threads: ThreadPoolExecutor) -> bool:
    """True if the loop's worker threads end in the time that is left."""
    threads.shutdown(wait=False, cancel_futures=True)
    until = time.monotonic() + working.END_S
    while any(thread.is_alive() for thread in threads._threads):
        if time.monotonic() >= until:
            return False
        await asyncio.sleep(0.02)
    return True


@contextlib.contextmanager
def _watched(worker: Worker) -> Iterator[None]:
    """Start the watchdog for this thread's event loop, if this is the main thread."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    settings = worker.settings
    dog = Watchdog(settings.database, worker.id, worker.steps, settings.lease_s, settings.limits)
    worker.watchdog = dog
    dog.start()
    try:
        yield
    finally:
        dog.stop()
