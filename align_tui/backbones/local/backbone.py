"""A loaded model as a backbone: the event loop sends requests, and a thread answers them."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace

from align_tui.backbones.base import ChoiceScoringRequest, ModelInfo, OnText, Request
from align_tui.backbones.local.load import Loaded, attention_of
from align_tui.backbones.local.model_thread import ModelThread
from align_tui.backbones.local.scoring import Scoring
from align_tui.backbones.local.selfcheck import unbatchable
from align_tui.backbones.local.tokens import RequestTokenizer
from align_tui.core.decisions import ChoiceProbabilities, Generation
from align_tui.core.errors import BackboneError

Outcome = Generation | ChoiceProbabilities | BaseException


class LocalBackbone:
    """One model of this process. Its methods belong to the event loop."""

    def __init__(self, loaded: Loaded) -> None:
        self._loaded = loaded
        self._tokenizer = RequestTokenizer(loaded)
        self._notes = self._tokenizer.notes
        if self._tokenizer.grammars is not None:
            self._notes = unbatchable(loaded.model)
        backend = "llguidance" if self._tokenizer.grammars is not None else "outlines_core"
        self._thread = ModelThread(
            loaded, self._tokenizer.vocabulary, backend, batched=not self._notes
        )

    @property
    def info(self) -> ModelInfo:
        """Facts about the loaded model, with notes on how it runs."""
        info = self._loaded.info
        facts = {**info.facts, **attention_of(self._loaded.model)}
        return replace(info, notes=(*self._notes, *self._thread.notes), facts=facts)

    async def generate(self, request: Request, on_text: OnText) -> Generation:
        """Write one reply under its schema; cancelling the task stops it within one token."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Generation] = loop.create_future()
        reply = self._tokenizer.reply(
            request, on_text, lambda outcome: _settle(loop, future, outcome)
        )
        self._thread.put(reply)
        try:
            made = await future
        except asyncio.CancelledError:
            reply.stop_requested = True
            raise
        self._tokenizer.remember(reply, made)
        return made

    async def score(self, request: ChoiceScoringRequest) -> ChoiceProbabilities:
        """Probabilities of the choices (they sum to 1) and the choice drawn, from one pass."""
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
            raise BackboneError(f"The model cannot tell the choices apart: {error}") from error
        self._thread.put(job)
        try:
            return await future
        except asyncio.CancelledError:
            for probe in job.probes:
                probe.stop_requested = True
            raise

    def tokens_generated(self) -> int:
        """Tokens written since the model was loaded."""
        return self._thread.tokens_generated()

    def close(self) -> None:
        """Stop the thread and free the device's memory."""
        if self._loaded.info.files is not None:
            self._loaded.info.files.stop()
        self._thread.close()


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

    with contextlib.suppress(RuntimeError):  # the loop is closed: nothing waits any more
        loop.call_soon_threadsafe(settle)
