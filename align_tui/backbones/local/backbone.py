"""A loaded model behind a thread of its own: requests come in from the event loop."""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import torch

from align_tui.backbones.base import ChoiceScoringRequest, ModelInfo, OnText, Request
from align_tui.backbones.local.batch import DecodeBatch
from align_tui.backbones.local.budget import device_budget
from align_tui.backbones.local.finite_logits import is_finite, not_finite
from align_tui.backbones.local.hf_generate import HfGenerator
from align_tui.backbones.local.load import Loaded
from align_tui.backbones.local.reader import Probe, Reader
from align_tui.backbones.local.reply import Reply
from align_tui.backbones.local.scoring import Scoring
from align_tui.backbones.local.selfcheck import unbatchable
from align_tui.backbones.local.tokens import RequestTokenizer
from align_tui.core.decisions import ChoiceProbabilities, Generation
from align_tui.core.errors import (
    AlignError,
    BackboneError,
    Cancelled,
    DeviceLost,
    OutOfMemory,
)

HELD_UP_S = 0.005
Outcome = Generation | ChoiceProbabilities | BaseException
Job = Reply | Scoring


class LocalBackbone:
    """One model of this process. Its methods belong to the event loop, the rest to its thread."""

    def __init__(self, loaded: Loaded) -> None:
        self._loaded = loaded
        self._tokenizer = RequestTokenizer(loaded)
        self._notes = self._tokenizer.notes
        if self._tokenizer.grammars is not None:
            self._notes = unbatchable(loaded.model)
        self._batched = not self._notes
        backend = "llguidance" if self._tokenizer.grammars is not None else "outlines_core"
        self._one_by_one = HfGenerator(loaded, backend)
        self._inbox: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._budget = device_budget(loaded.model, loaded.device)
        self._batch = DecodeBatch(
            loaded.model, loaded.device, self._budget, self._tokenizer.vocabulary, loaded.info.name
        )
        self._alone: deque[Job] = deque()
        self._scorings: dict[Probe, Scoring] = {}
        self._tokens = 0
        self._lost: DeviceLost | None = None
        self._thread = threading.Thread(target=self._run, name="model", daemon=True)
        self._thread.start()

    @property
    def info(self) -> ModelInfo:
        """What was loaded, and what has to be said of how it runs."""
        return replace(
            self._loaded.info, notes=(*self._notes, *self._budget.notes, *self._batch.notes)
        )

    async def generate(self, request: Request, on_text: OnText) -> Generation:
        """One constrained reply; cancelling the task stops it within one token."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Generation] = loop.create_future()
        reply = self._tokenizer.reply(
            request, on_text, lambda outcome: _settle(loop, future, outcome)
        )
        self._inbox.put(reply)
        try:
            made = await future
        except asyncio.CancelledError:
            reply.stop_requested = True
            raise
        self._tokenizer.remember(reply, made)
        return made

    async def score(self, request: ChoiceScoringRequest) -> ChoiceProbabilities:
        """Probabilities of the choices, and the one that is drawn, from one pass of the batch."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[ChoiceProbabilities] = loop.create_future()
        sequences = self._tokenizer.sequences(request)
        if len(sequences) < 2:
            return ChoiceProbabilities((1.0,) * len(sequences), 0)
        try:
            job = Scoring(
                sequences,
                lambda outcome: _settle(loop, future, outcome),
                request.sampling,
                request.priority,
                request.group,
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
        return self._tokens + sum(seat.tokens for seat in seats if isinstance(seat, Reply))

    def close(self) -> None:
        """Stop the thread and free the device's memory."""
        self._inbox.put(None)
        self._thread.join(timeout=30)
        self._batch.clear()
        if self._loaded.device.type == "cuda":
            torch.cuda.empty_cache()

    # --- the model's thread ---------------------------------------------------------------

    def _run(self) -> None:
        with torch.inference_mode():
            while self._take_in(block=self._batch.is_idle and not self._alone):
                self._guarded(self._turn)
        self._drop(Cancelled("The worker is ending"))

    def _take_in(self, *, block: bool) -> bool:
        """Sort what has come in; False when it is time to end."""
        # Held up, it is the event loop's turn: what scores the first choice is about to come.
        wait = HELD_UP_S if self._batch.is_held_up else None
        while True:
            try:
                job = self._inbox.get(block=block or wait is not None, timeout=wait)
            except queue.Empty:
                return True
            wait = None
            if job is None:
                return False
            block = False
            if self._lost is not None:
                job.on_done(self._lost)
            elif isinstance(job, Scoring):
                self._take_scoring(job)
            elif self._batched and job.request.engine == "batched":
                job.open_forced()
                if job.finish is None:
                    self._batch.add(job)
                else:
                    self._end(job)
            else:
                self._alone.append(job)

    def _take_scoring(self, job: Scoring) -> None:
        if not self._batched:
            self._alone.append(job)
            return
        for probe in job.probes:
            self._scorings[probe] = job
            self._batch.add(probe)

    def _turn(self) -> None:
        if self._alone:
            job = self._alone.popleft()
            if isinstance(job, Scoring):
                self._guarded(partial(self._score_alone, job), job)
            elif not job.stop_requested:
                self._guarded(partial(self._write_alone, job), job)
        for reader in self._batch.step():
            self._end(reader)

    def _write_alone(self, reply: Reply) -> None:
        self._one_by_one.run(reply)
        self._end(reply)

    def _score_alone(self, job: Scoring) -> None:
        if not any(probe.stop_requested for probe in job.probes):
            self._one_by_one.read(job.probes)
            job.on_done(self._probabilities(job))

    def _end(self, reader: Reader) -> None:
        if isinstance(reader, Reply):
            self._tokens += reader.tokens
            reader.on_done(reader.failure or reader.result())
        elif isinstance(reader, Probe) and reader in self._scorings:
            scoring = self._scorings.pop(reader)
            if not any(probe in self._scorings for probe in scoring.probes):
                # It has left the batch, as others have that are told after it: what fails here
                # (its logits may not fit once more) is its own.
                self._guarded(partial(self._end_scoring, scoring), scoring)

    def _end_scoring(self, scoring: Scoring) -> None:
        stopped = any(probe.stop_requested for probe in scoring.probes)
        scoring.on_done(Cancelled("stopped") if stopped else self._probabilities(scoring))

    def _probabilities(self, scoring: Scoring) -> ChoiceProbabilities | AlignError:
        """The probabilities, or the error of a model that computes no numbers."""
        for probe in scoring.probes:
            if not is_finite(torch.cat(probe.logits)).all():
                return not_finite(self._loaded.model, self.info.name, probe.ids)
        return scoring.probabilities()

    def _guarded(self, work: Callable[[], None], job: Job | None = None) -> None:
        """Run `work`; what it raises ends the job at fault, and never this thread.

        Without a `job` the batch is at work: who is at fault is found by reading each alone.
        """
        try:
            work()
            return
        except (torch.OutOfMemoryError, MemoryError) as error:
            # Text that is already written is kept: everyone's tokens are read again.
            alone = self._batch.retreat() if job is None else job
            if self._loaded.device.type == "cuda":
                torch.cuda.empty_cache()
            if alone is not None:
                self._fail(alone, self._too_large(error))
            return
        except AlignError as error:
            failure: AlignError = error
        except Exception as error:  # whatever a model's own code raises is told to who asked
            if _is_lost(error, self._loaded.device):
                self._lose(error)
                return
            failure = BackboneError(f"{self.info.name} failed: {type(error).__name__}: {error}")
            failure.__cause__ = error
        for reader in self._batch.isolate() if job is None else (job,):
            self._fail(reader, failure)

    def _lose(self, error: Exception) -> None:
        """The device can do nothing more in this process: everyone is told, and who comes too."""
        self._lost = DeviceLost(
            f"{self._loaded.device} failed while {self.info.name} ran: {error}",
            "The worker ends, and another takes its samples up.",
        )
        self._lost.__cause__ = error
        self._drop(self._lost)

    def _too_large(self, cause: BaseException) -> OutOfMemory:
        error = OutOfMemory(
            f"{self._loaded.device} ran out of memory while {self.info.name} wrote",
            "Shorten the scenario, lower decoding.max_tokens, or take a smaller model.",
        )
        error.__cause__ = cause
        return error

    def _fail(self, job: Reader | Scoring, failure: AlignError) -> None:
        """End one reply, or the scoring that a probe is of."""
        if isinstance(job, Reply):
            job.failure = failure
            self._end(job)
            return
        scoring = job if isinstance(job, Scoring) else None
        if isinstance(job, Probe):
            scoring = self._scorings.get(job)
        if scoring is not None:
            for probe in scoring.probes:
                self._scorings.pop(probe, None)
                probe.stop_requested = True
            scoring.on_done(failure)

    def _drop(self, failure: AlignError) -> None:
        """End everything that is read, written or waited for."""
        for each in (*self._batch.clear(), *self._alone):
            if isinstance(each, Reply | Scoring):
                each.on_done(failure)
        for scoring in dict.fromkeys(self._scorings.values()):
            scoring.on_done(failure)
        self._scorings.clear()
        self._alone.clear()


def _is_lost(error: Exception, device: torch.device) -> bool:
    """Is the process's hold of the GPU broken (an assertion on the device, an illegal access)?"""
    lost = getattr(torch, "AcceleratorError", None)
    return device.type == "cuda" and lost is not None and isinstance(error, lost)


def _settle(
    loop: asyncio.AbstractEventLoop,
    future: asyncio.Future[Generation] | asyncio.Future[ChoiceProbabilities],
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
