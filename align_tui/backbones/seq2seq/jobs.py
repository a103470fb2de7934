"""What the event loop asks of the model's thread: texts to answer by one token, texts to write."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

Probabilities = tuple[float, ...]


@dataclass(eq=False)
class Job:
    """Texts of one request. The thread calls `on_done` once, with all results or with an error.

    `results` has one for each text: the probabilities of its tokens, or the ids that were written.
    After `stop_requested` nobody waits for them.
    """

    on_done: Callable[[Sequence[object] | BaseException], None]
    results: list[object] = field(default_factory=list)
    stop_requested: bool = False
    is_done: bool = False

    def end(self, failure: BaseException | None = None) -> None:
        """Tell whoever waits, once: the results, or the failure."""
        if not self.is_done:
            self.is_done = True
            self.on_done(self.results if failure is None else failure)

    @property
    def is_wanted(self) -> bool:
        """Does anybody wait for the job?"""
        return not self.is_done and not self.stop_requested


@dataclass(eq=False)
class Row:
    """One text of a job: its tokens, and the job and place that its result belongs to.

    `alone`: a batch with it failed, so it is read by itself.
    """

    job: Job
    place: int
    ids: tuple[int, ...]
    alone: bool = False

    def keep(self, result: object) -> None:
        """Store the row's result; ends the job with its last one."""
        self.job.results[self.place] = result
        if all(each is not None for each in self.job.results):
            self.job.end()


@dataclass(eq=False)
class Question(Row):
    """A text that is answered by one of a few `tokens`: their probabilities are the result."""

    tokens: tuple[int, ...] = ()


@dataclass(eq=False)
class Writing(Row):
    """A text that is answered by a text of at most `most_tokens`, written greedily."""

    most_tokens: int = 0


@dataclass(eq=False)
class Search(Row):
    """A text that is answered by `count` texts: a beam search, or drawn by the seed."""

    most_tokens: int = 0
    count: int = 1
    seed: int | None = None
