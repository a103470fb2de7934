"""Words for states, failures and workers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from align_tui.core.text.display import one_line, plain
from align_tui.core.text.plurals import counted
from align_tui.core.time_spent import TimeSpent
from align_tui.tui.format.bars import seconds
from align_tui.tui.format.key_names import KeyNames

if TYPE_CHECKING:
    from align_tui.monitor.rows import Annotation, Cancelled, Result, WorkerRow

KINDS = {
    "backbone": "The model cannot be used",
    "out_of_memory": "Out of memory",
    "package": "A package is missing",
    "server": "The server cannot be used",
    "unreachable": "The server cannot be reached",
    "busy": "The server is overloaded",
    "key": "The server refuses the API key",
    "too_long": "The prompt is too long for the model",
    "reply": "The reply cannot be read",
    "truncated": "The reply was cut",
    "adm": "The decision-maker failed",
    "config": "This profile cannot be used",
    "store": "The database failed",
    "error": "Something went wrong",
}
GO_ON = ": press {study.pause} to resume"


def error_words(result: Result | None) -> tuple[str, str]:
    """(what happened, the error message) of a failure, safe to show."""
    if result is None:
        return ("failed", "")
    kind = result.error_kind or "error"
    return KINDS.get(kind, one_line(kind, 60)), plain(result.error_message or "")


def cancelled_words(cancelled: Cancelled) -> str:
    """The notice after a run was stopped: `stopped: 12 samples are left`."""
    left = cancelled.pending + cancelled.running
    if not left:
        return "nothing is left to decide"
    return f"stopped: {counted(left, 'sample is', 'samples are')} left"


def percent(share: float | None) -> str:
    """` 40 %`, or "" if the share is not known."""
    return "" if share is None else f" {100 * max(0.0, min(1.0, share)):.0f} %"


def worker_state(worker: WorkerRow) -> str:
    """`loading demo 40 %`: the state that a worker reports."""
    detail = one_line(worker.detail, 60)
    state = one_line(worker.state, 30)
    if worker.is_blocked:
        return state  # the detail is of what it did before
    if detail and detail.lower().startswith(state.lower()):
        state = ""
    joint = ": " if state == "waiting" else " "
    return joint.join(part for part in (state, detail) if part) + percent(worker.progress)


def silent_words(silent: Sequence[WorkerRow]) -> str:
    """`worker 3fa91c77 does not answer`, or `is blocked` if it answers but takes no samples."""
    blocked = all(worker.is_blocked for worker in silent)
    if len(silent) > 1:
        number = counted(len(silent), "worker")
        return f"{number} {'are blocked' if blocked else 'do not answer'}"
    return f"worker {silent[0].id[:8]} {'is blocked' if blocked else 'does not answer'}"


def spent_words(spent: TimeSpent) -> str:
    """`queued 31 s, reading 4.0 s, writing 2.0 s`."""
    parts = (("queued", spent.queued_s), ("reading", spent.reading_s), ("writing", spent.writing_s))
    return ", ".join(f"{what} {seconds(took)}" for what, took in parts)


def queued_words(ahead: int | None) -> str:
    """`queued: 12 before it`."""
    if ahead is None:
        return "queued"
    return f"queued: {ahead} before it" if ahead else "queued: the next"


def waiting_words(
    workers: Sequence[WorkerRow],
    state: str,
    starting: bool,
    keys: KeyNames,
    ahead: int | None = None,
    silent: Sequence[WorkerRow] = (),
) -> str:
    """Why a queued sample does not run yet; `ahead` is the number of samples queued before it."""
    if state in ("paused", "stopped"):
        return keys.sentence(state, GO_ON)
    loading = [worker for worker in workers if worker.state == "loading"]
    if loading:
        return f"waiting: {worker_state(loading[0])}"
    silent = (*silent, *(worker for worker in workers if worker.is_blocked))
    workers = [worker for worker in workers if not worker.is_blocked]
    if any(worker.state != "starting" for worker in workers):
        return queued_words(ahead)
    starting = starting or bool(workers)
    if silent:
        return f"waiting: {silent_words(silent)}, starting another"
    if starting:
        return "waiting for the worker to start"
    return keys.sentence("no worker runs", ": press {study.pause}")


def at_work_words(running: int, in_worker: int, *, short: bool = False) -> str:
    """`5 writing, 59 queued in worker`: the running samples, `in_worker` of which wait there.

    A `short` text has `queued` alone.
    """
    queued = f"{in_worker} queued" + ("" if short else " in worker")
    writing = running - in_worker
    if not in_worker:
        return f"{running} writing"
    return f"{writing} writing, {queued}" if writing > 0 else queued


def running_words(
    workers: Sequence[WorkerRow],
    needs_model: bool,
    silent: Sequence[WorkerRow] = (),
    *,
    begun: bool = True,
) -> str:
    """What a running sample does before its first word; not `begun`: it waits in its worker."""
    if silent and not workers:
        return f"waiting: {silent_words(silent)}"
    loading = [worker for worker in workers if worker.state == "loading"]
    if loading:
        return f"waiting: {worker_state(loading[0])}"
    held = [worker for worker in workers if worker.state == "waiting"]
    if needs_model and held:
        return worker_state(held[0])
    if needs_model and workers and not any(worker.model for worker in workers):
        return "waiting for the model"
    if not begun:
        return "queued in the worker"
    return "reading" if needs_model else "deciding"


def annotation_words(annotation: Annotation | None) -> str:
    """`bookmarked, you disagree`: the user's annotation of a decision, or ""."""
    if annotation is None:
        return ""
    words = {"agree": "you agree", "disagree": "you disagree", "unsure": "you are unsure"}
    parts = ["bookmarked"] if annotation.bookmarked else []
    return ", ".join([*parts, words[annotation.verdict]] if annotation.verdict in words else parts)


def origin_words(run: str) -> str:
    """`from k3f9`: the run in which an inherited decision was made, by the end of its id."""
    return f"from {one_line(run).rpartition('-')[2]}"


def gigabytes(megabytes: float) -> str:
    """`61 GB`, `1.2 GB`, `240 MB`."""
    if megabytes < 1000:
        return f"{megabytes:.0f} MB"
    size = megabytes / 1000
    return f"{size:.1f} GB" if size < 10 else f"{size:.0f} GB"


def model_names(worker: WorkerRow) -> list[str]:
    """The models that the worker holds, without their folders."""
    names = [one_line(name.strip()).rstrip("/") for name in worker.model.split(",")]
    return [name.rsplit("/", 1)[-1] for name in names if name]
