"""What every part of the appendix may read: the runs, their columns and their comparisons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from align_tui.config.study import Study
from align_tui.core.findings.base import Finding
from align_tui.monitor.effects import Effects
from align_tui.output.report.compared import Compared
from align_tui.output.report.position import Position
from align_tui.store.database import Database
from align_tui.store.runs import RunRow


@dataclass(frozen=True, slots=True)
class GatheredRun:
    """One run of the report; `versions` are those with which it was made."""

    row: RunRow
    study: Study
    versions: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Gathered:
    """The runs in order, the label of each column, and what was computed of the columns.

    `effects.columns` are the columns of all runs, and `labels` are in the same order.
    """

    db: Database
    runs: tuple[GatheredRun, ...]
    labels: tuple[str, ...]
    effects: Effects
    comparisons: tuple[Compared, ...]
    position: Position
    findings: tuple[tuple[str, Finding], ...]  # each with the id of its run
