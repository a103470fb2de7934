"""Finished runs of other programs: what a reader of such files returns, and how one is found."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from align_tui.core.alignment.ranking import Ranking
from align_tui.core.attributes import Attributes
from align_tui.core.decisions import Step, UsedExample
from align_tui.core.predictions import Predictions, Relevance
from align_tui.core.scenarios import Scenario
from align_tui.core.targets import Targets


@dataclass(frozen=True, slots=True)
class Recorded:
    """One decision, with the indices of its scenario and choice; an unknown `latency_s` is 0.

    `choice` is None for an open answer, whose words are `answer`. `repeat` counts the decisions on
    one scenario from 0. What the decision was made of is there if the file has it.
    """

    scenario: int
    choice: int | None
    reasoning: str
    probabilities: tuple[float, ...] | None
    latency_s: float
    notes: tuple[str, ...] = ()
    predictions: Predictions | None = None
    relevance: Relevance | None = None
    ranking: Ranking | None = None
    steps: tuple[Step, ...] = ()
    examples: tuple[UsedExample, ...] = ()
    repeat: int = 0
    answer: str = ""


@dataclass(frozen=True, slots=True)
class RecordedRun:
    """One decision-maker's run; `written` is the time of its records (s since 1970).

    `profile` is the name of the profile that `align-tui export` wrote the files for, or empty.
    A run without `targets` is scored against each of `scored_against`.
    """

    place: str
    name: str
    adm: str
    model: str
    targets: Targets
    scenarios: tuple[Scenario, ...]
    decisions: tuple[Recorded, ...]
    written: float
    notes: tuple[str, ...]
    profile: str = ""
    scored_against: tuple[Targets, ...] = ()

    @property
    def repeats(self) -> int:
        """How often each scenario was decided, at most."""
        return 1 + max((decision.repeat for decision in self.decisions), default=0)


ReadRun = Callable[[Path, Attributes, Mapping[str, float] | None], RecordedRun]


@dataclass(frozen=True, slots=True)
class RunFormat:
    """One format of finished runs.

    `find` lists the runs at a path, a file or a folder; it is empty if there is none of this
    format. `read` reads one of them; it raises DatasetError.
    """

    name: str
    description: str
    find: Callable[[Path], Sequence[Path]]
    read: ReadRun
