"""A snapshot: what a screen knows at one moment. It does not change; all feeds make the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

from align_tui.monitor.overview import NOTHING, Overview

if TYPE_CHECKING:
    from align_tui.core.findings.base import Finding
    from align_tui.core.time_spent import TimeSpent
    from align_tui.store.basis import Basis
    from align_tui.store.queue import Depth
    from align_tui.store.results import Result, Tally
    from align_tui.store.run_annotations import Annotation
    from align_tui.store.workers import WorkerRow

Status = Literal["absent", "pending", "running", "done", "failed"]


@dataclass(frozen=True, slots=True)
class Cell:
    """The state of one sample, for its mark.

    `scores` are (target id, is it right). `origin` is the run that decided it, if that is an
    ancestor of the shown one. It was decided or failed at `ended`, in seconds since the epoch.
    `margin` (0 to 1) is by how much the highest probability exceeds the second. `begun` is as in
    Shown.
    """

    sample: int
    status: Status
    choice: int | None = None
    scores: tuple[tuple[str, bool | None], ...] = ()
    ended: float | None = None
    origin: str | None = None
    margin: float | None = None
    begun: bool = True


Repeats: TypeAlias = tuple[Cell | None, ...]  # None: no such sample yet
Cells: TypeAlias = tuple[Repeats, ...]  # by profile


@dataclass(frozen=True, slots=True)
class Counts:
    """The number of a run's samples by status, and of the decisions that it inherits."""

    done: int = 0
    failed: int = 0
    running: int = 0
    pending: int = 0
    inherited: int = 0

    @property
    def total(self) -> int:
        """The number of the run's own samples."""
        return self.done + self.failed + self.running + self.pending

    @property
    def known(self) -> int:
        """The number of the run's own samples and of the inherited decisions."""
        return self.total + self.inherited

    @property
    def open(self) -> int:
        """The number of pending and running samples."""
        return self.running + self.pending


@dataclass(frozen=True, slots=True)
class Shown:
    """What a pane shows: one sample of a profile on the shown scenario.

    `text` is the reasoning so far and `thinking` the thinking before it, both safe to show.
    `thinking_tokens` is 0 while it is unknown. `streams` counts the replies that have begun.
    `ahead` counts the samples queued before a pending one; None if it is unknown. `origin` is as
    in Cell. `blocked` is the message about a sample whose code holds up its worker, else empty.
    `before` is the parent run's decision in the same place, where a what-if changed it. `begun` is
    False for a running sample that waits in its worker: no model reads or writes for it yet.
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
    before: Result | None = None
    begun: bool = True


@dataclass(frozen=True, slots=True)
class Transport:
    """The position of a replay; times are in seconds of the shortened recording."""

    at: float
    length: float
    playing: bool
    speed: float
    ticks: tuple[tuple[float, int, Cell], ...]  # (end, profile, how it ended)
    following: bool
    shortened_s: float


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that the screen draws, except the study and what the user chose to look at.

    `workers` answer, `silent` ones showed no sign of life for a lease, the processes of `lost` ones
    are gone. `queue` counts the pending samples of all runs; None if the feed did not read it.
    `spent` are medians of the newest decisions. `in_worker` of the running samples wait inside
    their worker: no model reads or writes for them yet.
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
    spent: TimeSpent | None = None
    in_worker: int = 0
    left_s: float | None = None
    error: str = ""
    transport: Transport | None = None
    annotations: Mapping[int, Annotation] = field(default_factory=dict)  # by sample
    findings: tuple[Finding, ...] = ()  # what makes numbers doubtful; empty in a replay

    @property
    def reading(self) -> bool:
        """True if the feed has not read the run yet."""
        return self.run is not None and not self.rows and not self.error
