"""Record how this worker's process ended, for the process that takes its samples over."""

from __future__ import annotations

import asyncio
import contextlib
import faulthandler
import os
import traceback
from types import TracebackType

from align_tui.engine.guard import refuse_endings
from align_tui.store import crash_notes


class Endings:
    """Inside this context a crash or exit of the process is recorded (store/crash_notes.py)."""

    def __init__(self, worker: str) -> None:
        self._worker = worker
        self._handle: int | None = None

    def __enter__(self) -> Endings:
        self._handle = crash_notes.begin(self._worker)
        if self._handle is not None:
            faulthandler.enable(self._handle, all_threads=True)
        refuse_endings(self.tell)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if isinstance(error, asyncio.CancelledError):  # nobody cancels the worker's own task
            self._keep("Code outside every sample's task ended the event loop")
        if self._handle is not None:
            faulthandler.disable()
            os.close(self._handle)
            self._handle = None

    def tell(self, message: str) -> None:
        """Record a message with the stack of the calling code."""
        self._keep(f"{message}\n{''.join(traceback.format_stack()[:-2])}")

    def _keep(self, text: str) -> None:
        if self._handle is not None:
            with contextlib.suppress(OSError):
                os.write(self._handle, text.encode("utf-8", "replace"))
