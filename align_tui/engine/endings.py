"""How this worker's process ended, kept where whoever comes after it can read it."""

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
    """While it is entered, crashes and exits of this process leave words (store/crash_notes.py)."""

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
            self._keep("The event loop was ended by code that belongs to no sample's task")
        if self._handle is not None:
            faulthandler.disable()
            os.close(self._handle)
            self._handle = None

    def tell(self, said: str) -> None:
        """Keep these words and where the process stands."""
        self._keep(f"{said}\n{''.join(traceback.format_stack()[:-2])}")

    def _keep(self, said: str) -> None:
        if self._handle is not None:
            with contextlib.suppress(OSError):
                os.write(self._handle, said.encode("utf-8", "replace"))
