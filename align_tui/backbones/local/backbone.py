"""A loaded model behind a thread of its own: requests come in from the event loop."""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import torch

from align_tui.backbones.base import ModelInfo, OnText, Request
from align_tui.backbones.local.batch import DecodeBatch
from align_tui.backbones.local.cache import batchable
from align_tui.backbones.local.chat import render
from align_tui.backbones.local.grammar import Grammars
from align_tui.backbones.local.load import Loaded
from align_tui.backbones.local.plain import PlainGenerator
from align_tui.backbones.local.row import Row
from align_tui.backbones.local.sampling import make_generator
from align_tui.backbones.local.scoring import choice_probabilities
from align_tui.core.decisions import Generation, Message
from align_tui.core.errors import AlignError, BackboneError, Cancelled, OutOfMemory

MAX_ROWS = {"cpu": 8, "mps": 16}
MAX_ROWS_CUDA = 64
Outcome = Generation | tuple[float, ...] | BaseException


@dataclass(eq=False)
class _Scoring:
    sequences: list[list[int]]
    on_done: Callable[[tuple[float, ...] | BaseException], None]


class LocalBackbone:
    """One model of this process. Its methods belong to the event loop, the rest to its thread."""

    def __init__(self, loaded: Loaded) -> None:
        self._loaded = loaded
        self._grammars, note = _grammars(loaded)
        self._batched = self._grammars is not None and batchable(loaded.model)
        if self._grammars is not None and not self._batched:
            note = "its cache cannot be batched: one reply at a time"
        backend = "llguidance" if self._grammars is not None else "outlines_core"
        self._plain = PlainGenerator(loaded, backend)
        self.info: ModelInfo = replace(loaded.info, notes=(note,) if note else ())
        self._inbox: queue.SimpleQueue[Row | _Scoring | None] = queue.SimpleQueue()
        self._waiting: deque[Row] = deque()
        self._batch = DecodeBatch(loaded.model, loaded.device)
        self._tokens = 0
        self._max_rows = MAX_ROWS.get(loaded.device.type, MAX_ROWS_CUDA)
        self._thread = threading.Thread(target=self._run, name="model", daemon=True)
        self._thread.start()

    async def generate(self, request: Request, on_text: OnText) -> Generation:
        """One constrained reply; cancelling the task stops it within one token."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Generation] = loop.create_future()
        prompt, ids = render(self._loaded.tokenizer, request.messages)
        self._check_length(len(ids), request.sampling.max_tokens)
        grammars = self._grammars
        row = Row(
            request=request,
            prompt=prompt,
            ids=ids,
            prompt_tokens=len(ids),
            matcher=grammars.matcher(request.schema) if grammars is not None else None,
            tokenizer=grammars.tokens if grammars is not None else None,
            stream=make_generator(request.sampling),
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

    async def score(self, messages: Sequence[Message], replies: Sequence[str]) -> tuple[float, ...]:
        """Probabilities (sum 1) of half-written replies that differ in the choice alone."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[tuple[float, ...]] = loop.create_future()
        _, ids = render(self._loaded.tokenizer, messages)
        tokenizer = self._loaded.tokenizer
        tails = tokenizer(list(replies), add_special_tokens=False)["input_ids"]
        sequences = [[*ids, *tail] for tail in tails]
        self._check_length(max(len(s) for s in sequences), 0)
        job = _Scoring(sequences, lambda outcome: _settle(loop, future, outcome))
        self._inbox.put(job)
        return await future

    def tokens_generated(self) -> int:
        """Tokens written since the model was loaded."""
        return self._tokens + sum(row.tokens for row in tuple(self._batch.rows))

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
            while self._take_in(block=not self._batch.rows and not self._waiting):
                self._guarded(self._turn)
        for row in [*self._batch.clear(), *self._waiting]:
            row.on_done(Cancelled("The worker is ending"))

    def _take_in(self, *, block: bool) -> bool:
        """Sort what has come in; False when it is time to end."""
        while True:
            try:
                job = self._inbox.get(block=block)
            except queue.Empty:
                return True
            if job is None:
                return False
            if isinstance(job, _Scoring):
                self._guarded(partial(self._score, job), job)
            else:
                self._waiting.append(job)
                block = False

    def _turn(self) -> None:
        while self._waiting and len(self._batch.rows) < self._max_rows:
            row = self._waiting.popleft()
            if row.stop_requested:
                continue
            self._guarded(partial(self._start, row), row)
        for row in self._batch.step():
            self._end(row)

    def _start(self, row: Row) -> None:
        if self._batched and row.request.engine == "batched":
            self._batch.join(row)
        else:
            self._plain.run(row)
        if row.finish is not None:
            self._end(row)

    def _end(self, row: Row) -> None:
        self._tokens += row.tokens
        row.on_done(row.result())

    def _score(self, job: _Scoring) -> None:
        try:
            job.on_done(choice_probabilities(self._batch, job.sequences))
        except ValueError as error:
            job.on_done(BackboneError(f"The choices cannot be told apart: {error}"))

    def _guarded(self, work: Callable[[], None], job: Row | _Scoring | None = None) -> None:
        """Run `work`; what it raises ends the jobs it touched, and never this thread."""
        try:
            work()
            return
        except (torch.OutOfMemoryError, MemoryError) as error:
            failure: AlignError = OutOfMemory(
                f"{self._loaded.device} ran out of memory while {self.info.name} wrote",
                "Shorten the scenario, lower decoding.max_tokens, or take a smaller model.",
            )
            failure.__cause__ = error
        except AlignError as error:
            failure = error
        except Exception as error:  # whatever a model's own code raises is told to who asked
            failure = BackboneError(f"{self.info.name} failed: {type(error).__name__}: {error}")
            failure.__cause__ = error
        hit = [job] if job is not None else self._batch.clear()
        if isinstance(failure, OutOfMemory):
            self._batch.prefixes.clear()
            if self._loaded.device.type == "cuda":
                torch.cuda.empty_cache()
        for each in hit:
            each.on_done(failure)


def _grammars(loaded: Loaded) -> tuple[Grammars | None, str]:
    vocabulary = int(loaded.model.config.get_text_config().vocab_size)
    try:
        return Grammars(loaded.tokenizer, vocabulary), ""
    except (ValueError, RuntimeError) as error:
        return None, f"llguidance does not know its tokenizer ({error}): one reply at a time"


def _settle(
    loop: asyncio.AbstractEventLoop,
    future: asyncio.Future[Generation] | asyncio.Future[tuple[float, ...]],
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
