"""A worker as a process of its own: its signals, its watcher, its last words."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import threading
from collections.abc import Iterator

from align_tui.config.signals import endings
from align_tui.engine.endings import Endings
from align_tui.engine.guard import end_now
from align_tui.engine.telling import say
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
        await worker.run()
    if worker.is_stuck:
        say("a decision-maker does not end")
        end_now(0)


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
