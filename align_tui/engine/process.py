"""A worker as a process of its own: its signals, its watcher, its last words."""

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
    """Run a worker in this process until it ends; raises StoreError when it cannot go on."""
    asyncio.run(_main(settings))


async def _main(settings: Settings) -> None:
    worker = Worker(open_database(settings.database), settings)
    loop = asyncio.get_running_loop()
    loop.set_task_factory(worker.steps.factory)
    with Endings(worker.id), _watched(worker):
        for number in endings():
            # Not on Windows, nor outside the main thread (tests): there the database tells it.
            with contextlib.suppress(NotImplementedError, RuntimeError):
                why = f"it was told to ({signal.Signals(number).name})"
                loop.add_signal_handler(number, worker.stop, why)
        threads = ThreadPoolExecutor(thread_name_prefix="asyncio")
        loop.set_default_executor(threads)
        error: AlignError | None = None
        try:
            await worker.run()
        except Exception as raised:
            if is_unforeseen(raised):  # a fault of ours: its traceback belongs into this log
                say(f"an error that nobody foresaw:\n{logged(traceback_of(raised))}")
            if not isinstance(raised, AlignError):
                raise
            error = raised
        if worker.is_stuck or not await _ended(threads):
            # Python would wait for it for ever.
            say("a decision-maker does not end")
            if error is not None:
                say(f"{error.message}. {error.hint}")
            end_now(0 if error is None else 2)
        if error is not None:
            raise error


async def _ended(threads: ThreadPoolExecutor) -> bool:
    """Have the threads that code was handed to come to their end within the time that is left?"""
    threads.shutdown(wait=False, cancel_futures=True)
    until = time.monotonic() + working.END_S
    while any(thread.is_alive() for thread in threads._threads):
        if time.monotonic() >= until:
            return False
        await asyncio.sleep(0.02)
    return True


@contextlib.contextmanager
def _watched(worker: Worker) -> Iterator[None]:
    """Have a thread watch over this thread's loop, if this is the thread that signals come to."""
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
