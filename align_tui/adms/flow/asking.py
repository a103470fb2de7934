"""Ask for one JSON reply of a step, again if it cannot be used, and keep what was said."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from typing import TypeVar

from align_tui.adms.base import Llm
from align_tui.adms.flow.prompts import again
from align_tui.adms.reply import read_object, write_reply
from align_tui.core.decisions import Message, Response, Step
from align_tui.core.errors import ReplyError
from align_tui.core.loose_json import read_loose
from align_tui.core.replies import FREE_TEXT, split_thinking
from align_tui.core.text.plurals import counted
from align_tui.core.types import Json, JsonObject, derive_seed

T = TypeVar("T")
QUOTED = 600  # characters of a reply that could not be used, when it is asked again


@dataclass(frozen=True, slots=True)
class Question:
    """One question of a step: its prompt, and the schema of its reply.

    `attempts` is how often it is asked in all. If it is `free`, the reply is free text, in which
    an object with the keys `required` is looked for; only the last of several attempts is held to
    the schema.
    """

    step: str
    prompt: str
    schema: JsonObject
    attempts: int
    free: bool = False
    required: Sequence[str] = ()

    def is_free(self, attempt: int) -> bool:
        """Is the reply of this attempt (from 0) free text?"""
        return self.free and (attempt + 1 < self.attempts or self.attempts == 1)


@dataclass
class Asker:
    """Asks one sample's questions, and keeps the replies that were used and the steps' times."""

    llm: Llm
    system: str
    responses: list[Response] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    _streams: Iterator[int] = field(default_factory=count)

    @contextmanager
    def timed(self, step: str) -> Iterator[None]:
        """Adds the step with the time that its block takes."""
        begun = time.monotonic()
        yield
        self.steps.append(Step(step, time.monotonic() - begun))

    async def ask_all(
        self,
        questions: Sequence[Question],
        read: Callable[[JsonObject], T],
        told: Callable[[T], str],
    ) -> list[T]:
        """Ask all questions of a step at once; the answers in their order."""
        return await together([self.ask(question, read, told=told) for question in questions])

    async def ask(
        self,
        question: Question,
        read: Callable[[JsonObject], T],
        choice: Callable[[T], int | None] = lambda found: None,
        told: Callable[[T], str] = str,
    ) -> T:
        """Ask one question, and again with the fault while the reply cannot be used.

        `read` raises ReplyError, KeyError, TypeError or ValueError for an object that it cannot
        use. `choice` and `told` give the choice and the readable text of what was read. Raises
        ReplyError after the last attempt.
        """
        stream = next(self._streams)
        opening = (Message("system", self.system), Message("user", question.prompt))
        messages: tuple[Message, ...] = opening
        problem: ReplyError | None = None
        for attempt in range(question.attempts):
            sampling = self.llm.sampling(stream)
            if attempt:  # another seed, so that a drawn reply differs even for an equal prompt
                sampling = replace(sampling, seed=derive_seed(sampling.seed, attempt))
            is_free = question.is_free(attempt)
            schema = FREE_TEXT if is_free else question.schema
            text = ""
            try:
                if is_free:  # a cut text may still hold the object
                    made = await self.llm.generate(messages, schema, sampling, stream=stream)
                    retried = False
                else:
                    made, sampling, retried = await write_reply(
                        self.llm, messages, schema, sampling, stream=stream
                    )
                text = split_thinking(made.text)[1]
                keys = question.required
                found = _read_free(text, keys, read) if is_free else read_object(text, read)
            except ReplyError as error:
                problem = error
                messages = (*opening, *_faulty(text, error))
                continue
            self.responses.append(
                Response(
                    role=question.step,
                    choice=choice(found),
                    reasoning=told(found),
                    messages=messages,
                    schema=schema,
                    sampling=sampling,
                    generation=made,
                    retried=retried or attempt > 0,
                )
            )
            self.notes += [note for note in made.notes if note not in self.notes]
            if attempt:
                held = "; the last time its reply was held to a schema" if question.free else ""
                held = "" if is_free else held
                times = counted(attempt + 1, "time")
                self.notes.append(f"The step {question.step} was asked {times}{held}.")
            return found
        assert problem is not None
        raise ReplyError(
            f"The step {question.step} gave no usable reply in "
            f"{counted(question.attempts, 'attempt')}: {problem.message}",
            problem.hint or "Raise the attempts in [adm], or use a larger model.",
        ) from problem


def _read_free(text: str, required: Sequence[str], read: Callable[[JsonObject], T]) -> T:
    """Read the object in a free text with `read`; raises ReplyError that names the fault."""
    found: dict[str, Json] = read_loose(text, required)
    try:
        return read(found)
    except (KeyError, TypeError, ValueError) as error:
        raise ReplyError(f"The reply does not fit ({error}): {text[:80]!r}") from error


def _faulty(text: str, error: ReplyError) -> tuple[Message, ...]:
    """The turns that tell a model its last reply and what is wrong with it."""
    told = Message("user", again(f"{error.message}."))
    return (Message("assistant", text[:QUOTED]), told) if text.strip() else (told,)


async def together(work: Sequence[Awaitable[T]]) -> list[T]:
    """The results of all, awaited at once, in their order; the first error ends the others."""

    async def one(each: Awaitable[T]) -> T:
        return await each

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(each)) for each in work]
    return [task.result() for task in tasks]
