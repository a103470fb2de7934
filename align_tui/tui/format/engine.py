"""The right end of the status line: the workers with their models and speed, or their errors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from align_tui.core.text.display import one_line
from align_tui.core.text.plurals import counted
from align_tui.tui.format.bars import bar
from align_tui.tui.format.glyphs import Glyphs
from align_tui.tui.format.status_text import (
    gigabytes,
    model_names,
    percent,
    silent_words,
    worker_state,
)
from align_tui.tui.format.styled_text import Line, Span, fit

if TYPE_CHECKING:
    from align_tui.monitor.rows import WorkerRow

MEMORY_WIDTH, MODEL_WIDTH = 120, 100  # cells of a screen that has room for them


def worker_parts(
    workers: Sequence[WorkerRow],
    depth: bool,
    width: int,
    glyphs: Glyphs,
    *,
    starting: bool,
    silent: Sequence[WorkerRow] = (),
) -> Line:
    """One worker: device, model, memory, speed. Several: their number, models and sums.

    `silent` and blocked workers come first.
    """
    blocked = [worker for worker in workers if worker.is_blocked]
    if silent or blocked:
        others = [worker for worker in workers if not worker.is_blocked]
        troubles = [silent_words(each) for each in (silent, blocked) if each]
        if blocked and width >= MEMORY_WIDTH:
            troubles[-1] += f": {one_line(blocked[0].error or '', width // 2)}"
        rest = worker_parts(others, depth, width, glyphs, starting=starting)
        return ((f"{glyphs.marks['failed']} {', '.join(troubles)} ", "failed"), *rest)
    if not workers:
        return (("worker starting ", "quiet"),) if starting else ()
    several = len(workers) > 1
    broken = [worker for worker in workers if worker.error]
    if broken:
        words = one_line(broken[0].error or "", max(20, width // 2))
        which = f"{len(broken)} of {counted(len(workers), 'worker')}: " if several else ""
        return ((f"{glyphs.marks['failed']} {which}{words} ", "failed"),)
    loading = [worker for worker in workers if worker.state == "loading"]
    if loading and not several:
        return _loading(loading[0], glyphs)
    active = any(worker.active for worker in workers)
    spans: list[Span] = [(f"{glyphs.alive} ", "bar" if active else "quiet")]
    text = _several(workers, loading, width, glyphs) if several else _one(workers[0])
    spans.append((text, "text"))
    if depth:
        spans.append((" out of its depth", "warn"))
    memory = sum(worker.memory_mb or 0 for worker in workers)
    if memory and width >= MEMORY_WIDTH:
        spans.append((f" {gigabytes(memory)}", "quiet"))
    speed = sum(worker.tokens_per_s for worker in workers)
    if speed:
        spans.append((f" {speed:.0f} tok/s", "text"))
    spans.append((" ", ""))
    return tuple(spans)


def _loading(worker: WorkerRow, glyphs: Glyphs) -> Line:
    text = one_line(worker.detail or worker.state, 40)
    if worker.progress is None:
        return ((f"{text} ", "text"),)
    full, empty = bar(worker.progress, 8, glyphs)
    return (
        (f"{text} ", "text"),
        (full, "bar"),
        (empty, "faint"),
        (f"{percent(worker.progress)} ", "text"),
    )


def _one(worker: WorkerRow) -> str:
    if worker.state == "waiting":
        return worker_state(worker)
    if not worker.model:
        return "waiting for the model" if worker.active else worker_state(worker)
    return " ".join([one_line(worker.device, 12), one_line(", ".join(model_names(worker)), 28)])


def _several(
    workers: Sequence[WorkerRow], loading: Sequence[WorkerRow], width: int, glyphs: Glyphs
) -> str:
    """`3 workers, 2 models, 1 loading 40 %`."""
    models = list(dict.fromkeys(name for worker in workers for name in model_names(worker)))
    parts = [counted(len(workers), "worker")]
    if len(models) == 1 and width >= MODEL_WIDTH:
        parts.append(fit(models[0], 28, glyphs.more))
    elif models:
        parts.append(counted(len(models), "model"))
    if loading:
        parts.append(f"{len(loading)} loading{percent(loading[0].progress)}")
    return ", ".join(parts)
