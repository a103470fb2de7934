"""The status line at the top: the study, its progress, the time left, and the workers."""

from __future__ import annotations

from dataclasses import dataclass

from align_tui.core.text.display import one_line
from align_tui.core.text.plurals import counted
from align_tui.monitor.snapshot import Counts, Snapshot
from align_tui.tui.format.bars import bar, clock
from align_tui.tui.format.engine import worker_parts
from align_tui.tui.format.glyphs import Glyphs
from align_tui.tui.format.key_names import KeyNames
from align_tui.tui.format.run_names import fit_run_name, subject_and_change
from align_tui.tui.format.status_text import GO_ON, at_work_words
from align_tui.tui.format.styled_text import Line, Span, cells, fit, spread

WIDE = 120  # cells of a screen that has room for a long bar and long words
OPEN_FINDINGS = ": {study.findings}"


@dataclass(frozen=True, slots=True)
class StatusView:
    """What the status line needs besides the snapshot."""

    name: str
    planned: int  # samples of the whole study
    out_of_depth: bool
    starting: bool
    replay: bool
    keys: KeyNames


def status_line(view: StatusView, snapshot: Snapshot, width: int, glyphs: Glyphs) -> Line:
    """The status line; the least important parts are left out if they do not fit."""
    counts = snapshot.counts
    ended, total = counts.done + counts.failed, planned_here(counts, view.planned)
    right: Line = (("replay ", "quiet"),)
    if not view.replay:
        right = worker_parts(
            snapshot.workers,
            view.out_of_depth,
            width,
            glyphs,
            starting=view.starting,
            silent=snapshot.silent,
        )
        if lacks_worker(snapshot, starting=view.starting):
            text = view.keys.sentence("no worker", ": {study.pause} starts one")
            right = ((f"{glyphs.marks['failed']} {text} ", "failed"),)
    if snapshot.error:
        error = fit(one_line(snapshot.error), width // 2, glyphs.more)
        right = ((f"{glyphs.marks['failed']} {error} ", "failed"),)
    parts: list[Line] = [((f" {shown_name(view.name, (), width, glyphs)}  ", "bright"),)]
    if counts.total:
        parts.append(((f"{ended}/{total} ", "text"),))
        size = 16 if width >= WIDE else 8
        full, empty = bar(ended / total, size, glyphs)
        parts.append(((full, "bar"), (empty, "faint"), ("  ", "")))
    elif snapshot.reading:
        parts.append((("reading the run  ", "quiet"),))
    elif view.planned > counts.inherited:
        parts.append(((f"{view.planned - counts.inherited} to decide  ", "quiet"),))
    if snapshot.findings:
        found = counted(len(snapshot.findings), "finding")
        parts.append(((f"{view.keys.sentence(found, OPEN_FINDINGS)}  ", "warn"),))
    parts += _state_parts(snapshot, view, total, width)
    if counts.failed:
        parts.append(((f"{counts.failed} failed  ", "failed"),))
    if snapshot.left_s is not None and counts.open and snapshot.state == "active":
        parts.append(((f"left {clock(snapshot.left_s)}  ", "text"),))
    if counts.inherited:
        parts.append(((f"{counts.inherited} from earlier runs  ", "quiet"),))
    left: list[Span] = []
    room = width - cells(right) - 1
    for part in parts:
        if cells(left) + cells(part) > room and left:
            break
        left.extend(part)
    return spread(left, right, width, glyphs.more)


def shown_name(name: str, among: tuple[str, ...], width: int, glyphs: Glyphs) -> str:
    """The name of a study as the line shows it; the name of a what-if gets more room.

    `among` are the names of the study's profiles and scenarios, which a what-if is named by.
    """
    name = one_line(name)
    room = width // 3 if subject_and_change(name)[1] else width // 4
    return fit_run_name(name, max(12, room), glyphs.more, among)


def planned_here(counts: Counts, planned: int) -> int:
    """Of how many samples this run decides: those that the study plans and it does not inherit."""
    return max(counts.total, planned - counts.inherited)


def lacks_worker(snapshot: Snapshot, *, starting: bool) -> bool:
    """True if samples wait and nobody decides them: no worker runs, and none is being started."""
    busy = snapshot.workers or snapshot.silent or starting
    return bool(snapshot.state == "active" and snapshot.counts.open and not busy)


def _state_parts(snapshot: Snapshot, view: StatusView, total: int, width: int) -> list[Line]:
    counts = snapshot.counts
    if not view.replay and snapshot.state in ("paused", "stopped") and counts.open:
        return [((f"{view.keys.sentence(snapshot.state, GO_ON)}  ", "warn"),)]
    if counts.running and not snapshot.workers and not view.replay:
        return [((f"{counts.running} waiting  ", "warn"),)]
    if counts.running:
        text = at_work_words(counts.running, snapshot.in_worker, short=width < WIDE)
        return [((f"{text}  ", "text"),)]
    if counts.total and not counts.open:
        if counts.total < total:
            return [((f"{total - counts.total} not asked  ", "quiet"),)]
        return [(("all decided  " if not counts.failed else "ended  ", "quiet"),)]
    return []
