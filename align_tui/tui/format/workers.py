"""The workers, a line each: on the screen, in the help and on the command line."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.cells import cell_len

from align_tui.core.text.display import one_line
from align_tui.monitor.snapshot import Snapshot
from align_tui.tui.format.bars import clock
from align_tui.tui.format.glyphs import Glyphs
from align_tui.tui.format.overview import Part
from align_tui.tui.format.overview import told as nothing
from align_tui.tui.format.status_text import gigabytes, model_names, worker_state
from align_tui.tui.format.styled_text import Line, Span, cut, fit

if TYPE_CHECKING:
    from align_tui.monitor.rows import WorkerRow

TITLES = ("worker", "state", "model", "device", "memory", "tok/s", "samples", "since", "process")
SAMPLES = "samples: being written + taken and waiting"
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
    """A line each, columns aligned, and below it what went wrong or had to be changed.

    `gone` are those whose process ended without a word; of those in `workers` some may not answer.
    Samples are those being written and,
    behind the plus, those that it has taken and that still wait. What is not wide enough loses
    the columns on the right, then the ends of models and states, all with a mark.
    """
    none = "-" if glyphs.ascii else "–"
    every = [(worker, False) for worker in workers] + [(worker, True) for worker in gone]
    texts = [_texts(worker, lost, none) for worker, lost in every]
    sizes = [max(cell_len(row[i]) for row in [TITLES, *texts]) for i in range(len(TITLES))]
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
        for said, how in ((worker.error, "failed"), (worker.notes, "quiet")):
            if said:
                sign = f"{glyphs.marks['failed']} " if how == "failed" else ""
                lines.append(cut(((f"    {sign}{one_line(said)}", how),), width, glyphs.more))
    return tuple(lines)


def _fitting(sizes: list[int], room: int) -> tuple[int, int]:
    """How many columns fit, and the blanks between them.

    `sizes` of state and model are made smaller where that is needed.
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


def queue_line(snapshot: Snapshot, glyphs: Glyphs) -> Line:
    """What waits, here and in all, and how long it will take."""
    depth, counts = snapshot.queue, snapshot.counts
    said = f"queue: {counts.pending} of this run pending"
    if depth is not None and depth.samples > counts.pending:
        said += f", {depth.samples} in all {depth.runs} runs"
    out: list[Span] = [(f" {said} {glyphs.sep} {counts.running} running", "text")]
    if snapshot.left_s is not None and counts.open:
        out.append((f" {glyphs.sep} left {clock(snapshot.left_s)}", "text"))
    return tuple(out)


def lines_wanted(snapshot: Snapshot) -> int:
    """The queue, the heading, a line each and what they say."""
    every = (*snapshot.workers, *snapshot.silent, *snapshot.lost)
    said = sum(bool(worker.error) + bool(worker.notes) for worker in every)
    return 2 + len(every) + said if every else 2


def workers_part(
    snapshot: Snapshot, starts: Sequence[tuple[str, str]], width: int, height: int, glyphs: Glyphs
) -> Part:
    """The queue and the workers; `starts` are (key, what it does) of what starts one."""
    if snapshot.transport is not None:
        why = "a replay asks no model: who works is shown while a run is decided"
        return nothing(why, width, glyphs)
    there = (*snapshot.workers, *snapshot.silent)
    every = len(there) + len(snapshot.lost)
    told = f" {glyphs.sep} {len(there)} alive"
    if snapshot.silent:
        told += f", {len(snapshot.silent)} silent"
    if snapshot.lost:
        told += f", {len(snapshot.lost)} gone"
    told += f" {glyphs.sep} {SAMPLES}" if every else ""
    lines = [queue_line(snapshot, glyphs)]
    if not there:
        lines.append(_none(starts))
    if every:
        headed = height > 1 + every
        lines += worker_table(there, snapshot.lost, width, glyphs, headed=headed)
    shown = lines[:height]
    return Part(tuple(shown), ((told, "quiet"),), len(lines) - len(shown))


def _none(starts: Sequence[tuple[str, str]]) -> Line:
    out: list[Span] = [(" no worker runs", "warn")]
    for number, (key, does) in enumerate(starts):
        out += [(": " if number == 0 else ", ", "text"), (key, "key"), (f" {does}", "text")]
    return tuple(out)
