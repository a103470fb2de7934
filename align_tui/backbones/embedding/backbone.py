"""A loaded embedding model as a backbone: the event loop sends texts, and a thread embeds them."""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from align_tui.backbones.base import ModelInfo
from align_tui.backbones.embedding.pooling import Mode, pooled
from align_tui.core.errors import AlignError, BackboneError, Cancelled, NotFinite, OutOfMemory

Vector = tuple[float, ...]
MOST_AT_ONCE = 64  # texts
MOST_TOKENS = 16_384  # of a step, with padding
MOST_CACHED = 50_000  # vectors


@dataclass(frozen=True, slots=True)
class _Job:
    texts: tuple[str, ...]
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[tuple[Vector, ...]]

    def settle(self, outcome: tuple[Vector, ...] | BaseException) -> None:
        """Hand the outcome to the event loop."""

        def settle() -> None:
            if self.future.done():
                return
            if isinstance(outcome, BaseException):
                self.future.set_exception(outcome)
            else:
                self.future.set_result(outcome)

        with contextlib.suppress(RuntimeError):  # the loop is closed: nothing waits any more
            self.loop.call_soon_threadsafe(settle)


class EmbeddingBackbone:
    """One embedding model of this process. Its methods belong to the event loop.

    Its thread takes all texts that wait and embeds them together, each distinct text once; it keeps
    the vectors of the last 50,000. So the examples of a profile are embedded once for all samples.
    """

    def __init__(
        self,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerBase,
        device: torch.device,
        mode: Mode,
        longest: int,
        info: ModelInfo,
    ) -> None:
        """`mode` says how tokens are pooled; a text is cut after its first `longest` tokens."""
        self._model, self._tokenizer, self._device = model, tokenizer, device
        self._mode: Mode = mode
        self._longest = longest
        self._info = info
        self._known: OrderedDict[str, Vector] = OrderedDict()
        self._inbox: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self.read = 0  # texts that the model has read, for tests
        self._thread = threading.Thread(target=self._run, name="embedding", daemon=True)
        self._thread.start()

    @property
    def info(self) -> ModelInfo:
        """Facts about the loaded model."""
        return self._info

    async def embed(self, texts: Sequence[str]) -> tuple[Vector, ...]:
        """One unit vector for each text, in the order of the texts; all have the same size."""
        loop = asyncio.get_running_loop()
        job = _Job(tuple(texts), loop, loop.create_future())
        self._inbox.put(job)
        return await job.future

    def tokens_generated(self) -> int:
        """0: it writes no text."""
        return 0

    def close(self) -> None:
        """Stop the thread, and free the device's memory."""
        if self.info.files is not None:
            self.info.files.stop()
        self._inbox.put(None)
        self._thread.join(timeout=30)
        del self._model
        if self._device.type == "cuda":
            torch.cuda.empty_cache()

    # --- in the model's thread -------------------------------------------------------------

    def _run(self) -> None:
        with torch.inference_mode():
            while (jobs := self._waiting()) is not None:
                for job in jobs:
                    if not job.future.cancelled():
                        job.settle(self._outcome(job, jobs))

    def _waiting(self) -> list[_Job] | None:
        """The jobs that wait, at least one; None when the thread has to end."""
        jobs = [self._inbox.get()]
        with contextlib.suppress(queue.Empty):
            while True:
                jobs.append(self._inbox.get_nowait())
        if None in jobs:
            for job in jobs:
                if job is not None:
                    job.settle(Cancelled("The worker is ending"))
            return None
        return [job for job in jobs if job is not None]

    def _outcome(self, job: _Job, jobs: Sequence[_Job]) -> tuple[Vector, ...] | AlignError:
        try:
            wanted = [text for each in (job, *jobs) for text in each.texts]
            self._embed([text for text in dict.fromkeys(wanted) if text not in self._known])
            found = tuple(self._known[text] for text in job.texts)
        except Exception as error:  # a model's own code may raise anything
            return self._failure(error)
        self._forget(keep=len(set(wanted)))
        return found

    def _failure(self, error: Exception) -> AlignError:
        if isinstance(error, AlignError):
            return error
        if isinstance(error, (torch.OutOfMemoryError, MemoryError)):
            return OutOfMemory(f"{self._info.name} ran out of memory on {self._device}")
        failure = BackboneError(f"{self._info.name} failed: {type(error).__name__}: {error}")
        failure.__cause__, failure.unforeseen = error, True
        return failure

    def _embed(self, texts: Sequence[str]) -> None:
        """Embed the texts, those of like length together, and keep the vectors."""
        if not texts:
            return
        ids = self._tokenizer(list(texts), truncation=True, max_length=self._longest)["input_ids"]
        order = sorted(range(len(texts)), key=lambda i: len(ids[i]))
        start = 0
        while start < len(order):
            # The last one of a part is the longest, which all others are padded to.
            end = start + 1
            while end < min(len(order), start + MOST_AT_ONCE) and (
                len(ids[order[end]]) * (end - start + 1) <= MOST_TOKENS
            ):
                end += 1
            part = order[start:end]
            for i, vector in zip(part, self._vectors([ids[i] for i in part]), strict=True):
                self._known[texts[i]] = vector
            start = end

    def _vectors(self, ids: Sequence[Sequence[int]]) -> list[Vector]:
        batch = self._tokenizer.pad({"input_ids": [list(row) for row in ids]}, return_tensors="pt")
        mask = batch["attention_mask"].to(self._device)
        out = self._model(input_ids=batch["input_ids"].to(self._device), attention_mask=mask)
        vectors = pooled(out.last_hidden_state, mask, self._mode).cpu()
        if not torch.isfinite(vectors).all():
            raise NotFinite(
                f"{self._info.name} gives vectors that are not finite",
                "Try --set models.embedding.dtype=float32",
            )
        self.read += len(ids)
        return [tuple(row) for row in vectors.tolist()]

    def _forget(self, keep: int) -> None:
        while len(self._known) > max(MOST_CACHED, keep):
            self._known.popitem(last=False)
