"""The table of workers, for the screen, the help and the command line."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.cells import cell_len

from align_tui.core.text.display import one_line
from align_tui.core.text.plurals import counted
from align_tui.monitor.snapshot import Snapshot
from align_tui.tui.format.bars import clock
from align_tui.tui.format.glyphs import Glyphs
from align_tui.tui.format.overview import Part
from align_tui.tui.format.overview import message_part as nothing
from align_tui.tui.format.status_text import (
    at_work_words,
    gigabytes,
    model_names,
    spent_words,
    worker_state,
)
from align_tui.tui.format.styled_text import Line, Span, cells, cut, fit

if TYPE_CHECKING:
    from align_tui.monitor.rows import WorkerRow

TITLES = ("worker", "state", "model", "device", "memory", "tok/s", "samples", "since", "process")
SAMPLES = "samples: writing + queued in worker"
RIGHT = (4, 5, 6)  # columns of numbers
KEPT = 7  # columns that are cut rather than left out
LEAST = {1: 7, 2: 8}  # cells that state and model keep when there is little room


def _texts(worker: WorkerRow, gone: bool, none: str) -> list[str]:
    state = "stopping" if worker.stop else worker_state(worker)
    if gone or worker.is_silent:
        state = "gone" if gone else "does not answer"
    device = one_line(worker.device, 20) or none
    if worker.gpus:
        device = f"{device} (GPU {one_line(worker.gpus, 20)})"
    return [
        worker.id[:8],
        state,
        ", ".join(model_names(worker)) or none,
        device,
        gigabytes(worker.memory_mb) if worker.memory_mb else none,
        f"{worker.tokens_per_s:.0f}",
        f"{worker.active - worker.waiting}+{worker.waiting}",
        time.strftime("%m-%d %H:%M", time.localtime(worker.started)),
        f"{worker.pid} on {one_line(worker.host, 30)}",
    ]


def worker_table(
    workers: Sequence[WorkerRow],
    gone: Sequence[WorkerRow],
    width: int,
    glyphs: Glyphs,
    *,
    headed: bool = True,
) -> tuple[Line, ...]:
    """One line for each worker, with its error and notes below.

    `gone` are workers whose process ended without a notice. Workers in `workers` may be silent. The
    column of samples has those for which a model reads or writes and, after the plus, those that
    wait in the worker. If there is no room, columns on the right are left out, then models and
    states are cut, each with an ellipsis.
    """
    none = "-" if glyphs.ascii else "–"
    every = [(worker, False) for worker in workers] + [(worker, True) for worker in gone]
    texts = [_texts(worker, lost, none) for worker, lost in every]
    for row in texts if not headed else ():
        row[5], row[6] = row[5] + " tok/s", row[6] + " samples"  # numbers that no heading explains
    rows = [TITLES, *texts] if headed else texts
    sizes = [max((cell_len(row[i]) for row in rows), default=0) for i in range(len(TITLES))]
    shown, gap = _fitting(sizes, width - 2)
    lines: list[Line] = []
    if headed:
        more = f" {glyphs.more}" if shown < len(TITLES) else ""
        head = _aligned(TITLES, sizes, shown, gap, glyphs) + more
        lines.append(cut((("  " + head, "quiet"),), width, glyphs.more))
    for (worker, lost), row in zip(every, texts, strict=True):
        mark: Span = (f"{glyphs.alive} ", "bar" if worker.active else "quiet")
        if lost or worker.is_silent or worker.is_blocked:
            mark = (f"{glyphs.marks['failed']} ", "failed")
        style = "quiet" if lost else "text"
        lines.append(
            cut((mark, (_aligned(row, sizes, shown, gap, glyphs), style)), width, glyphs.more)
        )
        for text, style in ((worker.error, "failed"), (worker.notes, "quiet")):
            if text:
                sign = f"{glyphs.marks['failed']} " if style == "failed" else ""
                lines.append(cut(((f"    {sign}{one_line(text)}", style),), width, glyphs.more))
    return tuple(lines)


def _fitting(sizes: list[int], room: int) -> tuple[int, int]:
    """(how many columns fit, the blanks between them).

    Makes the `sizes` of state and model smaller if needed.
    """
    shown, gap = len(sizes), 2

    def over() -> int:
        return max(0, sum(sizes[:shown]) + gap * (shown - 1) - room)

    while shown > KEPT and over():
        shown -= 1
    for column in (2, 1):
        sizes[column] = max(min(LEAST[column], sizes[column]), sizes[column] - over())
    if over():
        gap = 1
    return shown, gap


def _aligned(
    texts: Sequence[str], sizes: Sequence[int], shown: int, gap: int, glyphs: Glyphs
) -> str:
    parts = []
    for column in range(shown):
        text = fit(texts[column], sizes[column], glyphs.more)
        blanks = " " * (sizes[column] - cell_len(text))
        parts.append(blanks + text if column in RIGHT else text + blanks)
    return (" " * gap).join(parts)


def queue_line(snapshot: Snapshot, width: int, glyphs: Glyphs) -> Line:
    """The samples that wait in this run and in all runs, the time left, and what a decision takes.

    Parts at the end are left out if they do not fit whole.
    """
    depth, counts = snapshot.queue, snapshot.counts
    at_work = at_work_words(counts.running, snapshot.in_worker)
    if not snapshot.workers:
        at_work = f"{counts.running} waiting"
    text = f" this run: {counts.pending} pending, {at_work}"
    parts: list[Span] = []
    if depth is not None and depth.samples > counts.pending:
        parts.append((f"all runs: {depth.samples} pending in {counted(depth.runs, 'run')}", "text"))
    if snapshot.left_s is not None and counts.open:
        parts.append((f"left {clock(snapshot.left_s)}", "text"))
    if snapshot.spent is not None:
        parts.append((f"a decision: {spent_words(snapshot.spent)}", "quiet"))
    out: list[Span] = [(text, "text")]
    for part, style in parts:
        span = (f" {glyphs.sep} {part}", style)
        if cells(out) + cells((span,)) <= width:
            out.append(span)
    return tuple(out)


def lines_wanted(snapshot: Snapshot) -> int:
    """The number of lines: the queue, the heading, and each worker with its messages."""
    every = (*snapshot.workers, *snapshot.silent, *snapshot.lost)
    messages = sum(bool(worker.error) + bool(worker.notes) for worker in every)
    return 2 + len(every) + messages if every else 2


def workers_part(
    snapshot: Snapshot, starts: Sequence[tuple[str, str]], width: int, height: int, glyphs: Glyphs
) -> Part:
    """The queue and the workers; `starts` are (key, description) of the keys that start one."""
    if snapshot.transport is not None:
        why = "a replay asks no model: open the run itself to see its workers"
        return nothing(why, width, glyphs)
    there = (*snapshot.workers, *snapshot.silent)
    every = len(there) + len(snapshot.lost)
    caption = f" {glyphs.sep} {len(there)} alive"
    if snapshot.silent:
        caption += f", {len(snapshot.silent)} silent"
    if snapshot.lost:
        caption += f", {len(snapshot.lost)} gone"
    caption += f" {glyphs.sep} {SAMPLES}" if every else ""
    lines = [queue_line(snapshot, width, glyphs)]
    if not there:
        lines.append(_none(starts))
    if every:
        headed = height > 1 + every
        table = worker_table(there, snapshot.lost, width - 1, glyphs, headed=headed)
        lines += [((" ", ""), *line) for line in table]
    shown = lines[:height]
    return Part(tuple(shown), ((caption, "quiet"),), len(lines) - len(shown))


def _none(starts: Sequence[tuple[str, str]]) -> Line:
    out: list[Span] = [(" no worker runs", "warn")]
    for number, (key, does) in enumerate(starts):
        out += [(": " if number == 0 else ", ", "text"), (key, "key"), (f" {does}", "text")]
    return tuple(out)
