"""The thread of one loaded model: it takes jobs in, runs the batch and ends each job."""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable
from functools import partial

import torch

from align_tui.backbones.local.batch import DecodeBatch
from align_tui.backbones.local.budget import device_budget
from align_tui.backbones.local.finite_logits import is_finite, not_finite
from align_tui.backbones.local.hf_generate import HfGenerator
from align_tui.backbones.local.load import Loaded
from align_tui.backbones.local.reader import Probe, Reader
from align_tui.backbones.local.reply import Reply
from align_tui.backbones.local.scoring import Scoring
from align_tui.core.decisions import ChoiceProbabilities
from align_tui.core.errors import (
    AlignError,
    BackboneError,
    Cancelled,
    DeviceLost,
    OutOfMemory,
)

HELD_UP_S = 0.005
Job = Reply | Scoring


class ModelThread:
    """Replies and scorings of one model, in a thread of its own.

    `put` and `tokens_generated` may be called from any thread. A job's `on_done` is called in the
    model's thread, once: with its outcome, or with the error that ended it.
    """

    def __init__(
        self, loaded: Loaded, vocabulary: int, grammar_backend: str, *, batched: bool
    ) -> None:
        """`vocabulary` is how many tokens the grammars know; without `batched` each job runs alone.

        `grammar_backend` is outlines' name of what holds the schema of a reply that is alone.
        """
        self._loaded = loaded
        self._batched = batched
        self._inbox: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self.one_by_one = HfGenerator(loaded, grammar_backend)
        self.budget = device_budget(loaded.model, loaded.device)
        self.batch = DecodeBatch(
            loaded.model, loaded.device, self.budget, vocabulary, loaded.info.name
        )
        self._alone: deque[Job] = deque()
        self._scorings: dict[Probe, Scoring] = {}
        self._tokens = 0
        self._lost: DeviceLost | None = None
        self._thread = threading.Thread(target=self._run, name="model", daemon=True)
        self._thread.start()

    @property
    def notes(self) -> tuple[str, ...]:
        """What a user must know of how it runs."""
        return (*self.budget.notes, *self.batch.notes)

    def put(self, job: Job) -> None:
        """Have a reply written, or choices scored."""
        self._inbox.put(job)

    def tokens_generated(self) -> int:
        """Tokens written since the model was loaded."""
        seats = tuple(self.batch.seats)
        return self._tokens + sum(seat.tokens for seat in seats if isinstance(seat, Reply))

    def close(self) -> None:
        """End what is being written or read, and free the device's memory."""
        self._inbox.put(None)
        self._thread.join(timeout=30)
        self.batch.clear()
        if self._loaded.device.type == "cuda":
            torch.cuda.empty_cache()

    # --- in the model's thread -------------------------------------------------------------

    def _run(self) -> None:
        with torch.inference_mode():
            while self._take_in(block=self.batch.is_idle and not self._alone):
                self._guarded(self._turn)
        self._drop(Cancelled("The worker is ending"))

    def _take_in(self, *, block: bool) -> bool:
        """Sort what has come in; False when it is time to end."""
        # Held up, it is the event loop's turn: what scores the first choice is about to come.
        wait = HELD_UP_S if self.batch.is_held_up else None
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
                    self.batch.add(job)
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
            self.batch.add(probe)

    def _turn(self) -> None:
        if self._alone:
            job = self._alone.popleft()
            if isinstance(job, Scoring):
                self._guarded(partial(self._score_alone, job), job)
            elif not job.stop_requested:
                self._guarded(partial(self._write_alone, job), job)
        for reader in self.batch.step():
            self._end(reader)

    def _write_alone(self, reply: Reply) -> None:
        self.one_by_one.run(reply)
        self._end(reply)

    def _score_alone(self, job: Scoring) -> None:
        if not any(probe.stop_requested for probe in job.probes):
            self.one_by_one.read(job.probes)
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
                return not_finite(self._loaded.model, self._loaded.info.name, probe.ids)
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
            alone = self.batch.retreat() if job is None else job
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
            failure = BackboneError(
                f"{self._loaded.info.name} failed: {type(error).__name__}: {error}"
            )
            failure.__cause__, failure.unforeseen = error, True
        for reader in self.batch.isolate() if job is None else (job,):
            self._fail(reader, failure)

    def _lose(self, error: Exception) -> None:
        """The device can do nothing more in this process: everyone is told, and who comes too."""
        self._lost = DeviceLost(
            f"{self._loaded.device} failed while {self._loaded.info.name} ran: {error}",
            "The worker ends, and another takes its samples up.",
        )
        self._lost.__cause__ = error
        self._drop(self._lost)

    def _too_large(self, cause: BaseException) -> OutOfMemory:
        error = OutOfMemory(
            f"{self._loaded.device} ran out of memory while {self._loaded.info.name} wrote",
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
        for each in (*self.batch.clear(), *self._alone):
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
