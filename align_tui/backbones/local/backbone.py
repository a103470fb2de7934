"""A loaded model behind a thread of its own: requests come in from the event loop."""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import torch

from align_tui.backbones.base import Ballot, ModelInfo, OnText, Request
from align_tui.backbones.local.batch import DecodeBatch
from align_tui.backbones.local.budget import device_budget
from align_tui.backbones.local.chat import render
from align_tui.backbones.local.grammar import Grammars
from align_tui.backbones.local.load import Loaded
from align_tui.backbones.local.plain import PlainGenerator
from align_tui.backbones.local.reader import Probe, Reader
from align_tui.backbones.local.row import Row
from align_tui.backbones.local.scoring import Scoring
from align_tui.backbones.local.selfcheck import unbatchable
from align_tui.core.decisions import Chances, Generation
from align_tui.core.errors import AlignError, BackboneError, Cancelled, OutOfMemory

Outcome = Generation | Chances | BaseException
Job = Row | Scoring


class LocalBackbone:
    """One model of this process. Its methods belong to the event loop, the rest to its thread."""

    def __init__(self, loaded: Loaded) -> None:
        self._loaded = loaded
        self._grammars, self._notes = _grammars(loaded)
        if self._grammars is not None:
            self._notes = unbatchable(loaded.model)
        self._batched = not self._notes
        backend = "llguidance" if self._grammars is not None else "outlines_core"
        self._plain = PlainGenerator(loaded, backend)
        self._inbox: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._budget = device_budget(loaded.model, loaded.device)
        self._batch = DecodeBatch(loaded.model, loaded.device, self._budget)
        self._plain_rows: deque[Row] = deque()
        self._scorings: dict[Probe, Scoring] = {}
        self._tokens = 0
        self._thread = threading.Thread(target=self._run, name="model", daemon=True)
        self._thread.start()

    @property
    def info(self) -> ModelInfo:
        """What was loaded, and what has to be said of how it runs."""
        return replace(self._loaded.info, notes=(*self._notes, *self._budget.notes))

    async def generate(self, request: Request, on_text: OnText) -> Generation:
        """One constrained reply; cancelling the task stops it within one token."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Generation] = loop.create_future()
        prompt, ids = render(self._loaded.tokenizer, request.messages)
        self._check_length(len(ids), request.sampling.max_tokens)
        grammars = self._grammars
        row = Row(
            ids=ids,
            priority=request.priority,
            request=request,
            prompt=prompt,
            prompt_tokens=len(ids),
            matcher=grammars.matcher(request.schema) if grammars is not None else None,
            tokenizer=grammars.tokens if grammars is not None else None,
            on_text=on_text,
            on_done=lambda outcome: _settle(loop, future, outcome),
            asked=time.monotonic(),
        )
        self._inbox.put(row)
        try:
            return await future
        except asyncio.CancelledError:
            row.stop_requested = True
            raise

    async def score(self, ballot: Ballot) -> Chances:
        """Probabilities of the choices, and the one that is drawn, from one pass of the batch."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Chances] = loop.create_future()
        _, ids = render(self._loaded.tokenizer, ballot.messages)
        tokenizer = self._loaded.tokenizer
        tails = tokenizer(list(ballot.replies), add_special_tokens=False)["input_ids"]
        sequences = [[*ids, *tail] for tail in tails]
        self._check_length(max(len(s) for s in sequences), 0)
        if len(sequences) < 2:
            return Chances((1.0,) * len(sequences), 0)
        try:
            job = Scoring(
                sequences,
                lambda outcome: _settle(loop, future, outcome),
                ballot.sampling,
                ballot.priority,
            )
        except ValueError as error:
            raise BackboneError(f"The choices cannot be told apart: {error}") from error
        self._inbox.put(job)
        try:
            return await future
        except asyncio.CancelledError:
            for probe in job.probes:
                probe.stop_requested = True
            raise

    def tokens_generated(self) -> int:
        """Tokens written since the model was loaded."""
        seats = tuple(self._batch.seats)
        return self._tokens + sum(seat.tokens for seat in seats if isinstance(seat, Row))

    def close(self) -> None:
        """Stop the thread and free the device's memory."""
        self._inbox.put(None)
        self._thread.join(timeout=30)
        self._batch.clear()
        if self._loaded.device.type == "cuda":
            torch.cuda.empty_cache()

    def _check_length(self, prompt: int, more: int) -> None:
        config = self._loaded.model.config.get_text_config()
        limit = getattr(config, "max_position_embeddings", None)
        if isinstance(limit, int) and prompt >= limit:
            raise BackboneError(
                f"The prompt has {prompt} tokens and {self.info.name} reads at most {limit}",
                "Take a model with a longer context, or shorten the scenario.",
            )

    # --- the model's thread ---------------------------------------------------------------

    def _run(self) -> None:
        with torch.inference_mode():
            while self._take_in(block=self._batch.is_idle and not self._plain_rows):
                self._guarded(self._turn)
        self._drop(Cancelled("The worker is ending"))

    def _take_in(self, *, block: bool) -> bool:
        """Sort what has come in; False when it is time to end."""
        while True:
            try:
                job = self._inbox.get(block=block)
            except queue.Empty:
                return True
            if job is None:
                return False
            block = False
            if isinstance(job, Scoring):
                for probe in job.probes:
                    self._scorings[probe] = job
                    self._batch.add(probe)
            elif self._batched and job.request.engine == "batched":
                job.open_forced()
                if job.finish is None:
                    self._batch.add(job)
                else:
                    self._end(job)
            else:
                self._plain_rows.append(job)

    def _turn(self) -> None:
        if self._plain_rows:
            row = self._plain_rows.popleft()
            if not row.stop_requested:
                self._guarded(partial(self._write_alone, row), row)
        for reader in self._batch.step():
            self._end(reader)

    def _write_alone(self, row: Row) -> None:
        self._plain.run(row)
        self._end(row)

    def _end(self, reader: Reader) -> None:
        if isinstance(reader, Row):
            self._tokens += reader.tokens
            reader.on_done(reader.failure or reader.result())
        elif isinstance(reader, Probe) and reader in self._scorings:
            scoring = self._scorings.pop(reader)
            if not any(probe in self._scorings for probe in scoring.probes):
                stopped = any(probe.stop_requested for probe in scoring.probes)
                scoring.on_done(Cancelled("stopped") if stopped else scoring.chances())

    def _guarded(self, work: Callable[[], None], row: Row | None = None) -> None:
        """Run `work`; what it raises ends the jobs it touched, and never this thread."""
        try:
            work()
            return
        except (torch.OutOfMemoryError, MemoryError) as error:
            # Text that is already written is kept: everyone's tokens are read again.
            alone = self._batch.retreat() if row is None else row
            if self._loaded.device.type == "cuda":
                torch.cuda.empty_cache()
            if alone is not None:
                self._fail(alone, self._too_large(error))
            return
        except AlignError as error:
            failure: AlignError = error
        except Exception as error:  # whatever a model's own code raises is told to who asked
            failure = BackboneError(f"{self.info.name} failed: {type(error).__name__}: {error}")
            failure.__cause__ = error
        if row is not None:
            self._fail(row, failure)
        else:
            self._drop(failure)

    def _too_large(self, cause: BaseException) -> OutOfMemory:
        error = OutOfMemory(
            f"{self._loaded.device} ran out of memory while {self.info.name} wrote",
            "Shorten the scenario, lower decoding.max_tokens, or take a smaller model.",
        )
        error.__cause__ = cause
        return error

    def _fail(self, reader: Reader, failure: AlignError) -> None:
        """End one reply, or the scoring that a probe is of."""
        if isinstance(reader, Row):
            reader.failure = failure
            self._end(reader)
        elif isinstance(reader, Probe):
            scoring = self._scorings[reader]
            for probe in scoring.probes:
                self._scorings.pop(probe, None)
                probe.stop_requested = True
            scoring.on_done(failure)

    def _drop(self, failure: AlignError) -> None:
        """End everything that is read, written or waited for."""
        for each in (*self._batch.clear(), *self._plain_rows):
            if isinstance(each, Row):
                each.on_done(failure)
        for scoring in dict.fromkeys(self._scorings.values()):
            scoring.on_done(failure)
        self._scorings.clear()
        self._plain_rows.clear()


def _grammars(loaded: Loaded) -> tuple[Grammars | None, tuple[str, ...]]:
    vocabulary = int(loaded.model.config.get_text_config().vocab_size)
    try:
        return Grammars(loaded.tokenizer, vocabulary), ()
    except (ValueError, RuntimeError) as error:
        return None, (f"llguidance does not know its tokenizer ({error}): one reply at a time",)


def _settle(
    loop: asyncio.AbstractEventLoop,
    future: asyncio.Future[Generation] | asyncio.Future[Chances],
    outcome: Outcome,
) -> None:
    """Hand an outcome from the model's thread to the event loop."""

    def settle() -> None:
        if future.done():
            return
        if isinstance(outcome, BaseException):
            future.set_exception(outcome)
        else:
            future.set_result(outcome)  # type: ignore[arg-type]  # each future gets its own kind

    with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
        loop.call_soon_threadsafe(settle)
