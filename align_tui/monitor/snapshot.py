"""What the screen knows at one moment: immutable, and the same from every feed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

from align_tui.monitor.overview import NOTHING, Overview

if TYPE_CHECKING:
    from align_tui.store.basis import Basis
    from align_tui.store.queue import Depth
    from align_tui.store.results import Result, Tally
    from align_tui.store.run_annotations import Annotation
    from align_tui.store.workers import WorkerRow

Status = Literal["absent", "pending", "running", "done", "failed"]


@dataclass(frozen=True, slots=True)
class Cell:
    """Where one sample stands, as far as marks go; `scores` by target id.

    `origin` is the run that it was decided in, where that is an ancestor of the shown one; `ended`
    when it was decided or failed, in seconds since the epoch.
    """

    sample: int
    status: Status
    choice: int | None = None
    scores: tuple[tuple[str, bool | None], ...] = ()
    ended: float | None = None
    origin: str | None = None


Repeats: TypeAlias = tuple[Cell | None, ...]  # None: not queued
Cells: TypeAlias = tuple[Repeats, ...]  # by profile


@dataclass(frozen=True, slots=True)
class Counts:
    """How many samples of the run stand where, and how many decisions it inherited."""

    done: int = 0
    failed: int = 0
    running: int = 0
    pending: int = 0
    inherited: int = 0

    @property
    def total(self) -> int:
        """All that were queued in the run itself."""
        return self.done + self.failed + self.running + self.pending

    @property
    def known(self) -> int:
        """All that is shown of them, and of what was inherited."""
        return self.total + self.inherited

    @property
    def open(self) -> int:
        """What is not ended yet."""
        return self.running + self.pending


@dataclass(frozen=True, slots=True)
class Shown:
    """What a pane shows: one sample of a profile on the shown scenario.

    `text` is the reasoning as far as it has come, `thinking` what the model thought before that
    reply, both safe to show; `thinking_tokens` is how long the thinking is, 0 where that is not
    known yet. `streams` counts the generations that have begun; `annotation` is what the user said
    of the decision; `ahead` how many are queued before a sample that waits, where that is known;
    `origin` is as in Cell; `blocked` what is said of a sample whose code holds up its worker;
    `basis` what a decision was made of beside a model's replies.
    """

    profile: int
    repeat: int = 0
    sample: int | None = None
    status: Status = "absent"
    text: str = ""
    streams: int = 0
    elapsed: float | None = None
    result: Result | None = None
    scores: tuple[tuple[str, bool | None], ...] = ()
    annotation: Annotation | None = None
    ahead: int | None = None
    origin: str | None = None
    thinking: str = ""
    thinking_tokens: int = 0
    blocked: str = ""
    basis: Basis | None = None


@dataclass(frozen=True, slots=True)
class Transport:
    """Where a replay stands; times in seconds of the shortened recording."""

    at: float
    length: float
    playing: bool
    speed: float
    ticks: tuple[tuple[float, int, Cell], ...]  # when a sample of which profile ended, and as what
    following: bool
    shortened_s: float


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that the screen draws but for the study itself and what the user chose to look at.

    `workers` answer, `silent` live but have not for a lease, `lost` ended without a word; `queue`
    is what waits in all runs, None where that was not looked up.
    """

    run: str | None = None
    state: str = ""
    scenario: int = 0
    rows: tuple[Cells, ...] = ()
    panes: tuple[Shown, ...] = ()
    tallies: tuple[Tally, ...] = ()
    overview: Overview = NOTHING
    counts: Counts = Counts()
    workers: tuple[WorkerRow, ...] = ()
    silent: tuple[WorkerRow, ...] = ()
    lost: tuple[WorkerRow, ...] = ()
    queue: Depth | None = None
    left_s: float | None = None
    error: str = ""
    transport: Transport | None = None
    annotations: Mapping[int, Annotation] = field(default_factory=dict)  # by sample

    @property
    def reading(self) -> bool:
        """Is there a run of which nothing is known yet?"""
        return self.run is not None and not self.rows and not self.error
