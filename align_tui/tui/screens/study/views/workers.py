"""Workers: who decides, on which model, how fast, and what waits."""

from __future__ import annotations

from align_tui.monitor.snapshot import Snapshot
from align_tui.tui.format import workers
from align_tui.tui.format.overview import Part
from align_tui.tui.screens.study.views.base import OverviewView, ViewData


def _starts(data: ViewData) -> list[tuple[str, str]]:
    """The keys that start a worker now, each with what else it does."""
    starts = {"study.run_all": "decides the whole study", "study.run_scenario": "this scenario"}
    if data.snapshot.counts.open:
        starts = {"study.pause": "resumes the run and starts one"}
    keys = data.keys
    return [(keys.label(data.glyphs, a), does) for a, does in starts.items() if keys.first(a)]


def lines_wanted(data: ViewData, width: int, height: int) -> int:
    """A line for each worker, and one for what waits."""
    return workers.lines_wanted(data.snapshot)


def part(data: ViewData, width: int, rows: int) -> Part:
    """The workers' lines."""
    return workers.workers_part(data.snapshot, _starts(data), width, rows, data.glyphs)


def shows(snapshot: Snapshot) -> object:
    """Workers, the queue, the counts, and how long the run will still take."""
    live = snapshot.transport is None
    times = (snapshot.left_s, snapshot.spent)
    return (snapshot.workers, snapshot.lost, snapshot.queue, snapshot.counts, times, live)


WORKERS = OverviewView("workers", lines_wanted, part, shows, grows=True)
