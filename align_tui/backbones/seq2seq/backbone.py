"""A loaded encoder-decoder model as a backbone: it rates, explains and writes statements."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from align_tui.backbones.base import ModelInfo
from align_tui.backbones.local.bounds import bounds_of
from align_tui.backbones.local.literal_text import LiteralEncoder
from align_tui.backbones.local.load import Loaded
from align_tui.backbones.seq2seq.jobs import Job, Question, Row, Search, Writing
from align_tui.backbones.seq2seq.model_thread import Seq2SeqThread
from align_tui.backbones.seq2seq.tasks import Task, templates_of
from align_tui.core.errors import BackboneError
from align_tui.core.kaleido import statement_of
from align_tui.core.statements import Statement, StatementRating

RELEVANCE: Final = ("Yes", "No")
VALENCE: Final = ("Supports", "Opposes", "Either")
EXPLANATION_TOKENS: Final = 160
STATEMENT_TOKENS: Final = 40
MOST_STATEMENTS: Final = 200
"""The most statements of one search: each is a beam, and takes memory."""


class Seq2SeqBackbone:
    """One encoder-decoder model of this process. Its methods belong to the event loop."""

    def __init__(self, loaded: Loaded) -> None:
        self._loaded = loaded
        self._encoder = LiteralEncoder(loaded.tokenizer)
        self._bounds = bounds_of(loaded.model, loaded.info.name)
        self._templates, self._notes = templates_of(loaded.model.config, loaded.info.name)
        self._relevance = self._first_tokens(RELEVANCE)
        self._valence = self._first_tokens(VALENCE)
        self._thread = Seq2SeqThread(loaded)

    @property
    def info(self) -> ModelInfo:
        """Facts about the loaded model, with notes on how it runs."""
        return replace(self._loaded.info, notes=(*self._notes, *self._thread.room.notes))

    async def rate(
        self, action: str, statements: Sequence[Statement]
    ) -> tuple[StatementRating, ...]:
        """The rating of each statement for the action, in the order of the statements.

        Relevance is the probability of `Yes` against `No`; valence compares the probabilities of
        `Supports`, `Opposes` and `Either`, each by its first token. Raises BackboneError.
        """
        asked: tuple[tuple[Task, tuple[int, ...]], ...] = (
            ("relevance", self._relevance),
            ("valence", self._valence),
        )
        questions = [
            (self._ids(task, action, statement), tokens)
            for statement in statements
            for task, tokens in asked
        ]
        found = await self._ask(
            lambda job: [
                Question(job, place, ids, tokens=tokens)
                for place, (ids, tokens) in enumerate(questions)
            ]
        )
        pairs = zip(found[::2], found[1::2], strict=True)
        return tuple(
            StatementRating(relevant[0], *valence)  # type: ignore[index,misc]  # as questions answer
            for relevant, valence in pairs
        )

    async def explain(self, action: str, statements: Sequence[Statement]) -> tuple[str, ...]:
        """The model's reason for the rating of each statement, written greedily."""
        texts = [self._ids("explanation", action, statement) for statement in statements]
        found = await self._ask(
            lambda job: [
                Writing(job, place, ids, most_tokens=EXPLANATION_TOKENS)
                for place, ids in enumerate(texts)
            ]
        )
        return tuple(self._text(each) for each in found)

    async def suggest(
        self, action: str, most: int, seed: int | None = None
    ) -> tuple[Statement, ...]:
        """At most `most` different statements that bear on the action, the likeliest first.

        They come from a beam search of `most` beams, or are drawn by `seed`. A text that is no
        statement (a kind, a colon and words) is left out. Raises BackboneError.
        """
        if not 1 <= most <= MOST_STATEMENTS:
            raise BackboneError(
                f"{most} statements were asked for, and a search finds 1 to {MOST_STATEMENTS}"
            )
        ids = self._ids("generate", action)
        [found] = await self._ask(
            lambda job: [Search(job, 0, ids, most_tokens=STATEMENT_TOKENS, count=most, seed=seed)]
        )
        made: dict[Statement, None] = {}
        for each in found:  # type: ignore[attr-defined]  # a search finds a list
            with contextlib.suppress(ValueError):
                made[statement_of(self._text(each))] = None
        return tuple(made)

    def tokens_generated(self) -> int:
        """Tokens written since the model was loaded."""
        return self._thread.tokens

    def close(self) -> None:
        """Stop the thread and free the device's memory."""
        if self._loaded.info.files is not None:
            self._loaded.info.files.stop()
        self._thread.close()

    async def _ask(self, rows_of: Callable[[Job], Sequence[Row]]) -> Sequence[object]:
        """The results of a job's rows; cancelling the task drops the rows that wait."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Sequence[object]] = loop.create_future()

        def settle(outcome: Sequence[object] | BaseException) -> None:
            if future.done():
                return
            if isinstance(outcome, BaseException):
                future.set_exception(outcome)
            else:
                future.set_result(outcome)

        def on_done(outcome: Sequence[object] | BaseException) -> None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: nothing waits any more
                loop.call_soon_threadsafe(settle, outcome)

        job = Job(on_done)
        rows = rows_of(job)
        if not rows:
            return ()
        job.results = [None] * len(rows)
        self._thread.put(rows)
        try:
            return await future
        except asyncio.CancelledError:
            job.stop_requested = True
            raise

    def _ids(self, task: Task, action: str, statement: Statement | None = None) -> tuple[int, ...]:
        """The tokens of a task's text, in which nothing of action or statement is a control token.

        Raises PromptTooLong or BackboneError for a text that the model cannot read.
        """
        text = self._templates[task].fill(action, statement)
        ids = tuple(self._encoder.encode(self._encoder.guard(text), special=True))
        self._bounds.check(ids, len(ids))
        return ids

    def _text(self, ids: object) -> str:
        # A writing and each text of a search answer with a list of ids.
        decoded = self._loaded.tokenizer.decode(ids, skip_special_tokens=True)  # type: ignore[arg-type]
        return str(decoded).strip()

    def _first_tokens(self, words: Sequence[str]) -> tuple[int, ...]:
        """The first token of each word; raises BackboneError if two words share it."""
        ids = [self._encoder.encode(word) for word in words]
        firsts = tuple(each[0] for each in ids if each)
        if len(set(firsts)) < len(words):
            raise BackboneError(
                f"{self._loaded.info.name} cannot rate statements: its tokenizer begins "
                f"{', '.join(words)} with the same token"
            )
        return firsts
