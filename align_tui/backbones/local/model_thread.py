"""The thread of one loaded model: it takes jobs, runs the batch and ends each job."""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable
from functools import partial

import torch

from align_tui.backbones.local.batch import DecodeBatch
from align_tui.backbones.local.budget import device_budget
from align_tui.backbones.local.device_errors import is_lost
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
    """Runs the replies and scorings of one model in its own thread.

    Any thread may call `put` and `tokens_generated`. The model's thread calls a job's `on_done`
    once, with the outcome or with the error that ended the job.
    """

    def __init__(
        self, loaded: Loaded, vocabulary: int, grammar_backend: str, *, batched: bool
    ) -> None:
        """`vocabulary` is how many tokens the grammars know; without `batched` each job runs alone.

        `grammar_backend` is outlines' name of the backend that constrains replies that run alone.
        """
        self._loaded = loaded
        self._batched = batched
        self._inbox: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self.hf_generator = HfGenerator(loaded, grammar_backend)
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
        """Sentences that a user must know about how it runs."""
        return (*self.budget.notes, *self.batch.notes)

    def put(self, job: Job) -> None:
        """Queue a reply to write, or choices to score."""
        self._inbox.put(job)

    def tokens_generated(self) -> int:
        """Tokens written since the model was loaded."""
        seats = tuple(self.batch.seats)
        return self._tokens + sum(seat.tokens for seat in seats if isinstance(seat, Reply))

    def close(self) -> None:
        """End all jobs, and free the device's memory."""
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
        """Take new jobs; False when the thread has to end."""
        # Held up, wait for the event loop: it is about to send the scoring of the first choice.
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
        self.hf_generator.run(reply)
        self._end(reply)

    def _score_alone(self, job: Scoring) -> None:
        if not any(probe.stop_requested for probe in job.probes):
            self.hf_generator.read(job.probes)
            job.on_done(self._probabilities(job))

    def _end(self, reader: Reader) -> None:
        if isinstance(reader, Reply):
            self._tokens += reader.tokens
            reader.on_done(reader.failure or reader.result())
        elif isinstance(reader, Probe) and reader in self._scorings:
            scoring = self._scorings.pop(reader)
            if not any(probe in self._scorings for probe in scoring.probes):
                # The reader has left the batch, and so have others that end after it: a failure
                # here (its logits may not fit a second time) concerns this job alone.
                self._guarded(partial(self._end_scoring, scoring), scoring)

    def _end_scoring(self, scoring: Scoring) -> None:
        stopped = any(probe.stop_requested for probe in scoring.probes)
        scoring.on_done(Cancelled("stopped") if stopped else self._probabilities(scoring))

    def _probabilities(self, scoring: Scoring) -> ChoiceProbabilities | AlignError:
        """The probabilities, or the error for logits that are not finite."""
        for probe in scoring.probes:
            if not is_finite(torch.cat(probe.logits)).all():
                return not_finite(self._loaded.model, self._loaded.info.name, probe.ids)
        return scoring.probabilities()

    def _guarded(self, work: Callable[[], None], job: Job | None = None) -> None:
        """Run `work`; an error ends the job at fault, and never this thread.

        Without a `job` the batch ran: reading each reader alone finds the one at fault.
        """
        try:
            work()
            return
        except (torch.OutOfMemoryError, MemoryError) as error:
            # Replies keep their text, and their tokens are read again.
            alone = self.batch.retreat() if job is None else job
            if self._loaded.device.type == "cuda":
                torch.cuda.empty_cache()
            if alone is not None:
                self._fail(alone, self._too_large(error))
            return
        except AlignError as error:
            failure: AlignError = error
        except Exception as error:  # a model's own code may raise anything
            if is_lost(error, self._loaded.device):
                self._lose(error)
                return
            failure = BackboneError(
                f"{self._loaded.info.name} failed: {type(error).__name__}: {error}"
            )
            failure.__cause__, failure.unforeseen = error, True
        for reader in self.batch.isolate() if job is None else (job,):
            self._fail(reader, failure)

    def _lose(self, error: Exception) -> None:
        """The device is unusable in this process: end all jobs, and refuse later ones."""
        self._lost = DeviceLost(
            f"{self._loaded.device} failed while {self._loaded.info.name} ran: {error}",
            "This worker ends, and another worker takes its samples over.",
        )
        self._lost.__cause__ = error
        self._drop(self._lost)

    def _too_large(self, cause: BaseException) -> OutOfMemory:
        error = OutOfMemory(
            f"{self._loaded.device} ran out of memory while {self._loaded.info.name} wrote",
            "Shorten the scenario, lower decoding.max_tokens, or use a smaller model.",
        )
        error.__cause__ = cause
        return error

    def _fail(self, job: Reader | Scoring, failure: AlignError) -> None:
        """End one reply, or the scoring that a probe belongs to."""
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
        """End all running and waiting jobs."""
        for each in (*self.batch.clear(), *self._alone):
            if isinstance(each, Reply | Scoring):
                each.on_done(failure)
        for scoring in dict.fromkeys(self._scorings.values()):
            scoring.on_done(failure)
        self._scorings.clear()
        self._alone.clear()
