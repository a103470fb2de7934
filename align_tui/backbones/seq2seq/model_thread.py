"""The thread of one encoder-decoder model: it batches the texts of all requests."""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Sequence
from functools import partial
from typing import Final

import torch

from align_tui.backbones.local.device_errors import is_lost
from align_tui.backbones.local.finite_logits import not_finite
from align_tui.backbones.local.load import Loaded
from align_tui.backbones.seq2seq import passes
from align_tui.backbones.seq2seq.batches import Room, first_batch, room_of
from align_tui.backbones.seq2seq.jobs import Question, Row, Search, Writing
from align_tui.core.errors import (
    AlignError,
    BackboneError,
    Cancelled,
    DeviceLost,
    OutOfMemory,
)

KINDS: Final[tuple[type[Row], ...]] = (Question, Writing, Search)
"""The kinds of texts; they take turns."""


class Seq2SeqThread:
    """Answers the texts of one model in its own thread, those of several samples together.

    Any thread may call `put`. Texts are taken in the order in which they came; questions, texts to
    write and searches take turns, so that none of them waits for all of the others.
    """

    def __init__(self, loaded: Loaded) -> None:
        self._loaded = loaded
        self._inbox: queue.SimpleQueue[Sequence[Row] | None] = queue.SimpleQueue()
        self._waiting: dict[type[Row], deque[Row]] = {kind: deque() for kind in KINDS}
        self._turns = 0
        self._lost: DeviceLost | None = None
        self._closing = False
        self.room: Room = room_of(loaded.model, loaded.device)
        self.tokens = 0
        self.batches: list[int] = []
        self._thread = threading.Thread(target=self._run, name="seq2seq", daemon=True)
        self._thread.start()

    def put(self, rows: Sequence[Row]) -> None:
        """Queue the texts of a job."""
        self._inbox.put(rows)

    def close(self) -> None:
        """End all jobs, also one that is being written, and free the device's memory."""
        self._closing = True
        self._inbox.put(None)
        self._thread.join(timeout=30)
        if self._loaded.device.type == "cuda":
            torch.cuda.empty_cache()

    # --- in the model's thread -------------------------------------------------------------

    def _run(self) -> None:
        with torch.inference_mode():
            while self._take_in():
                self._turn()
        self._drop(Cancelled("The worker is ending"))

    def _take_in(self) -> bool:
        """Take new texts, and wait for some while there are none; False when the thread ends."""
        while True:
            try:
                rows = self._inbox.get(block=not any(self._waiting.values()))
            except queue.Empty:
                return True
            if rows is None:
                return False
            for row in rows:
                if self._lost is not None:
                    row.job.end(self._lost)
                else:
                    self._waiting[type(row)].append(row)

    def _turn(self) -> None:
        """Run one batch of the kind whose turn it is."""
        for _ in KINDS:
            rows = self._waiting[KINDS[self._turns % len(KINDS)]]
            self._turns += 1
            taken = self._next_batch(rows)
            if taken:
                self._guarded(taken)
                return

    def _next_batch(self, rows: deque[Row]) -> list[Row]:
        """Take the next batch off a queue; texts that nobody waits for are left out."""
        wanted = [row for row in rows if row.job.is_wanted]
        for row in rows:
            if row.job.stop_requested:
                row.job.end(Cancelled("stopped"))
        rows.clear()
        if not wanted:
            return []
        if wanted[0].alone or isinstance(wanted[0], Search):
            size = 1
        else:
            until = next((i for i, row in enumerate(wanted) if row.alone), len(wanted))
            size = first_batch([len(row.ids) for row in wanted[:until]], self.room)
        rows.extend(wanted[size:])
        self.batches.append(size)
        del self.batches[:-100]
        return wanted[:size]

    def _answer(self, rows: Sequence[Question]) -> None:
        if not rows:
            return
        model = self._loaded.model
        logits = passes.answer_logits(model, [row.ids for row in rows])
        for row, each in zip(rows, logits, strict=True):
            if each[list(row.tokens)].isfinite().all():
                row.keep(passes.probabilities(each, row.tokens))
            else:
                row.job.end(not_finite(model, self._loaded.info.name, list(row.ids)))

    def _write(self, rows: Sequence[Writing]) -> None:
        if not rows:
            return
        made = passes.write(
            self._loaded.model,
            [row.ids for row in rows],
            max(row.most_tokens for row in rows),
            [partial(self._is_wanted, row) for row in rows],
        )
        for row, ids in zip(rows, made, strict=True):
            self.tokens += len(ids)
            self._keep(row, ids[: row.most_tokens])

    def _search(self, row: Search) -> None:
        made = passes.search(self._loaded.model, row, partial(self._is_wanted, row))
        self.tokens += sum(map(len, made))
        self._keep(row, made)

    def _keep(self, row: Row, result: object) -> None:
        """Store what was written, unless it was stopped on the way."""
        if self._closing:
            row.job.end(Cancelled("The worker is ending"))
        elif row.job.stop_requested:
            row.job.end(Cancelled("stopped"))
        else:
            row.keep(result)

    def _is_wanted(self, row: Row) -> bool:
        return row.job.is_wanted and not self._closing

    def _compute(self, rows: Sequence[Row]) -> None:
        """Keep the result of each text; all are of one kind."""
        self._answer([row for row in rows if isinstance(row, Question)])
        self._write([row for row in rows if isinstance(row, Writing)])
        for row in rows:
            if isinstance(row, Search):
                self._search(row)

    def _guarded(self, rows: Sequence[Row]) -> None:
        """Run a batch; an error ends the job at fault, and never this thread.

        After an error of several texts each is read alone, which finds the one at fault.
        """
        try:
            self._compute(rows)
            return
        except (torch.OutOfMemoryError, MemoryError) as error:
            if self._loaded.device.type == "cuda":
                torch.cuda.empty_cache()
            if len(rows) > 1:
                longest = max(len(row.ids) for row in rows)
                self.room.halve(len(rows), longest * len(rows))
                self._again(rows)
                return
            failure: AlignError = self._too_large(error)
        except AlignError as error:
            failure = error
        except Exception as error:  # a model's own code may raise anything
            if is_lost(error, self._loaded.device):
                self._lose(error)
                return
            if len(rows) > 1:
                for row in rows:
                    row.alone = True
                self._again(rows)
                return
            failure = BackboneError(
                f"{self._loaded.info.name} failed: {type(error).__name__}: {error}"
            )
            failure.__cause__, failure.unforeseen = error, True
        for row in rows:
            row.job.end(failure)

    def _again(self, rows: Sequence[Row]) -> None:
        for row in rows:
            self._waiting[type(row)].append(row)

    def _too_large(self, cause: BaseException) -> OutOfMemory:
        error = OutOfMemory(
            f"{self._loaded.device} ran out of memory while {self._loaded.info.name} read a text",
            "Shorten the scenario, lower adm.candidates, or use a smaller model.",
        )
        error.__cause__ = cause
        return error

    def _lose(self, error: Exception) -> None:
        self._lost = DeviceLost(
            f"{self._loaded.device} failed while {self._loaded.info.name} ran: {error}",
            "This worker ends, and another worker takes its samples over.",
        )
        self._lost.__cause__ = error
        self._drop(self._lost)

    def _drop(self, failure: AlignError) -> None:
        """End all jobs."""
        for rows in self._waiting.values():
            for row in rows:
                row.job.end(failure)
            rows.clear()
        while not self._inbox.empty():
            for row in self._inbox.get() or ():
                row.job.end(failure)
