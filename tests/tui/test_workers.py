"""The texts about workers: the table, the status line, and why a sample waits."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from align_tui.core.time_spent import TimeSpent
from align_tui.monitor.snapshot import Cell, Counts, Shown, Snapshot, Transport
from align_tui.store import held_samples, launch, queue, runs, workers
from align_tui.store.database import Database
from align_tui.store.workers import WorkerRow
from align_tui.tui.application import AlignApp
from align_tui.tui.exit_message import ExitMessage
from align_tui.tui.format.engine import worker_parts
from align_tui.tui.format.glyphs import ASCII, UNICODE
from align_tui.tui.format.panes import pane_view
from align_tui.tui.format.status import StatusView, status_line
from align_tui.tui.format.status_text import (
    at_work_words,
    running_words,
    spent_words,
    waiting_words,
)
from align_tui.tui.format.styled_text import text_of
from align_tui.tui.format.workers import lines_wanted, worker_table, workers_part
from align_tui.tui.launch import Launch
from align_tui.tui.screens.study.screen import StudyScreen
from tests.tui import fakes
from tests.tui.key_names import STUDY

WIDE = 200


def worker(**extra: Any) -> WorkerRow:
    """A worker that decides with a large model on one GPU of three."""
    known: dict[str, Any] = {
        "id": "3fa91c77aa01",
        "pid": 4711,
        "host": "node7",
        "process_start": 1.0,
        "started": time.mktime((2026, 3, 4, 5, 6, 0, 0, 0, -1)),
        "heartbeat": 2.0,
        "state": "running",
        "detail": "",
        "progress": None,
        "model": "/models/Llama-3.3-70B-Instruct/",
        "device": "cuda:0",
        "memory_mb": 70_500.0,
        "tokens_per_s": 812.4,
        "active": 40,
        "stop": False,
        "error": None,
        "waiting": 12,
        "gpus": "1,2",
    }
    return WorkerRow(**{**known, **extra})


def lines_of(*alive: WorkerRow, gone: tuple[WorkerRow, ...] = (), width: int = WIDE) -> list[str]:
    return [text_of(line) for line in worker_table(alive, gone, width, UNICODE)]


def test_what_a_worker_waits_for_is_told_where_its_samples_are() -> None:
    said = "the server asks to wait 90 s (429)"
    held_samples = worker(state="waiting", detail=said)
    assert said in lines_of(held_samples)[1]
    assert (
        text_of(worker_parts([held_samples], False, WIDE, UNICODE, starting=False))
        .strip()
        .startswith(f"{UNICODE.alive} waiting: {said}")
    )
    assert running_words([held_samples], True) == f"waiting: {said}"
    assert running_words([held_samples], False) == "deciding"  # this profile asks no server


def test_each_worker_is_told_in_a_line() -> None:
    hostile = worker(id="b", notes="out of memory: 450 from now on\x1b[31m", gpus="", stop=True)
    head, first, second, note = lines_of(worker(), hostile)
    assert head.split() == [
        *("worker", "state", "model", "device", "memory", "tok/s", "samples", "since", "process")
    ]
    for said in (
        *("● 3fa91c77 ", "running", " Llama-3.3-70B-Instruct ", "cuda:0 (GPU 1,2)", "70 GB"),
        *(" 812 ", " 28+12 ", "03-04 05:06", "4711 on node7"),
    ):
        assert said in first
    assert "stopping" in second and "(GPU" not in second
    assert note.strip().startswith("out of memory") and "\x1b" not in note
    for column in ("model", "device", "since"):  # aligned under their titles
        assert first[head.index(column) - 1] == " " != first[head.index(column)]
    assert first.index("812") + 3 == head.index("tok/s") + 5


def test_gone_and_broken_workers_say_so() -> None:
    lines = lines_of(worker(error="CUDA is lost"), gone=(worker(id="dead"),))
    assert lines[2].strip() == "! CUDA is lost"
    assert lines[3].startswith("! dead") and " gone " in lines[3]


@pytest.mark.parametrize("width", [40, 60, 80, 100, 140])
def test_what_does_not_fit_is_cut_with_a_mark(width: int) -> None:
    many = worker(model="a-model-of-a-name-" * 4, state="loading", detail="reading weights")
    lines = lines_of(many, width=width)
    assert all(cell_len(line) <= width for line in lines)
    assert "…" in lines[0] and "…" in lines[1]
    assert lines[1].startswith("● 3fa91c77")
    if width >= 80:
        assert "28+12" in lines[1] and "cuda:0" in lines[1]


def test_the_view_tells_queue_and_time_and_what_starts_a_worker() -> None:
    starts = [("space", "resumes the run and starts one")]

    def part_of(snapshot: Snapshot, height: int = 9) -> tuple[list[str], int]:
        part = workers_part(snapshot, starts, 100, height, UNICODE)
        assert len(part.lines) <= height
        return [text_of(line) for line in part.lines], part.hidden

    counts = Counts(done=3, running=2, pending=40)
    depth = queue.Depth(1204, 3)
    base = Snapshot("r", "active", counts=counts, queue=depth, left_s=130.0)
    lines, _ = part_of(base)
    assert (
        lines[0]
        == " this run: 40 pending, 2 waiting · all runs: 1204 pending in 3 runs · left 02:10"
    )
    assert lines[1] == " no worker runs: space resumes the run and starts one"
    two = replace(base, workers=(worker(), worker(id="b")), queue=queue.Depth(40, 1))
    lines, hidden = part_of(two)
    assert lines[0] == " this run: 40 pending, 2 writing · left 02:10"
    assert len(lines) == lines_wanted(two) == 4 and hidden == 0
    lines, hidden = part_of(two, 2)
    assert lines[1].startswith(" ● 3fa91c77") and hidden == 1
    assert "812 tok/s" in lines[1] and "28+12 samples" in lines[1]  # no heading names them
    lines, _ = part_of(replace(base, lost=(worker(),)))
    assert "no worker runs" in lines[1] and lines[-1].startswith(" ! 3fa91c77")
    transport = Transport(0.0, 1.0, True, 1.0, (), True, 0.0)
    lines, _ = part_of(replace(base, transport=transport))
    assert lines == [" a replay asks no model: open the run itself to see its workers"]


@pytest.mark.parametrize("width", [80, 120])
def test_the_top_line_says_that_no_worker_runs_and_what_starts_one(width: int) -> None:
    view = StatusView("study", 45, False, False, False, STUDY)
    counts = Counts(done=3, running=2, pending=40)
    killed = Snapshot("r", "active", counts=counts, lost=(worker(),))
    line = text_of(status_line(view, killed, width, UNICODE))
    assert "! no worker: space starts one" in line and "2 waiting" in line
    assert "writing" not in line and "left" not in line
    for there in (
        replace(killed, workers=(worker(),)),
        replace(killed, state="paused"),
        replace(killed, counts=Counts(done=45)),
        replace(killed, silent=(worker(),)),
    ):
        assert "no worker" not in text_of(status_line(view, there, width, UNICODE))
    starting = replace(view, starting=True)
    assert "no worker" not in text_of(status_line(starting, killed, width, UNICODE))


@pytest.mark.parametrize("width", [60, 80, 120])
def test_what_is_decided_stands_with_what_the_study_plans(width: int) -> None:
    view = StatusView("study", 160, False, False, False, STUDY)
    part = Snapshot("r", "active", counts=Counts(done=4), workers=(worker(),))
    line = text_of(status_line(view, part, width, UNICODE))
    assert "4/160 " in line and "all decided" not in line
    if width >= 120:
        assert "156 not asked" in line
    whole = replace(part, counts=Counts(done=159, failed=1))
    assert "160/160 " in text_of(status_line(view, whole, width, UNICODE))
    child = replace(part, counts=Counts(done=4, inherited=156))
    assert "4/4 " in text_of(status_line(view, child, width, UNICODE))
    left = ExitMessage("r", "stopped", ended=5, total=8, failed=2).farewell()
    assert "3 of 8 decided, 2 failed" in left


def test_the_workers_view_tells_wait_and_work_apart() -> None:
    spent = TimeSpent(31.2, 4.0, 2.04)
    assert spent_words(spent) == "queued 31 s, reading 4.0 s, writing 2.0 s"
    snapshot = Snapshot("r", "active", counts=Counts(done=3), spent=spent)
    line = text_of(workers_part(snapshot, [], 140, 9, UNICODE).lines[0])
    assert line.endswith("a decision: queued 31 s, reading 4.0 s, writing 2.0 s")


def said(*found: WorkerRow, width: int = 120) -> str:
    return text_of(worker_parts(found, False, width, UNICODE, starting=False))


def test_the_status_line_says_one_worker_and_sums_up_several() -> None:
    one, other = worker(), worker(model="demo", tokens_per_s=99.6, memory_mb=1500.0)
    assert said(one) == "● cuda:0 Llama-3.3-70B-Instruct 70 GB 812 tok/s "
    assert said(one, other, other) == "● 3 workers, 2 models 74 GB 1012 tok/s "
    assert said(one, one) == "● 2 workers, Llama-3.3-70B-Instruct 141 GB 1625 tok/s "
    assert said(one, one, width=80) == "● 2 workers, 1 model 1625 tok/s "
    loading = worker(state="loading", detail="loading x", progress=0.4, model="")
    assert said(one, loading, width=80) == "● 2 workers, 1 model, 1 loading 40 % 1625 tok/s "
    assert said(loading).startswith("loading x ") and "40 %" in said(loading)
    assert said(one, worker(error="CUDA is lost")) == "! 1 of 2 workers: CUDA is lost "
    assert said(worker(error="CUDA is lost")) == "! CUDA is lost "
    ascii_line = text_of(worker_parts((one, other), False, 120, ASCII, starting=False))
    assert ascii_line.isascii()


def test_the_queue_counts_what_active_runs_have_pending(database: Database) -> None:
    assert queue.depth(database) == queue.Depth(0, 0)
    study = fakes.study(3)
    first = runs.create_run(database, study, {})
    second = runs.create_run(database, study, {})
    assert queue.depth(database) == queue.Depth(24, 2)
    queue.claim(database, workers.register(database), 5)
    assert queue.depth(database) == queue.Depth(19, 2)
    runs.set_state(database, second, "paused")
    assert queue.depth(database) == queue.Depth(7, 1)
    runs.set_state(database, first, "stopped")
    assert queue.depth(database) == queue.Depth(0, 0)


def test_one_that_does_not_answer_is_never_shown_as_working() -> None:
    silent = worker(heartbeat=9.0, silent=9.0)
    assert silent.is_silent and not worker().is_silent
    counts = Counts(done=3, running=2, pending=40)
    base = Snapshot("r", "active", counts=counts, silent=(silent,))
    view = StatusView("study", 45, False, False, False, STUDY)
    line = text_of(status_line(view, base, 120, UNICODE))
    assert "! worker 3fa91c77 does not answer" in line and "2 waiting" in line
    for word in ("writing", "tok/s", "Llama", UNICODE.alive):
        assert word not in line
    # Beside a worker that works, both are shown.
    both = text_of(status_line(view, replace(base, workers=(worker(id="b"),)), 160, UNICODE))
    assert "does not answer" in both and "812 tok/s" in both and "2 writing" in both
    assert "does not answer, starting another" in waiting_words(
        (), "active", False, STUDY, 3, (silent,)
    )
    assert "does not answer" in running_words((), True, (silent,))
    assert running_words((worker(),), True, (silent,)) == "reading"
    part = workers_part(base, [], 200, 9, UNICODE)
    lines = [text_of(each) for each in part.lines]
    assert lines[-1].startswith(" ! 3fa91c77") and "does not answer" in lines[-1]
    assert "no worker runs" not in "".join(lines) and len(lines) == lines_wanted(base)
    assert "1 silent" in text_of(part.caption)


def test_a_blocked_worker_says_so_in_few_words_and_its_sample_why() -> None:
    why = "scene-1 by mine has blocked the worker for 30 s, at mine.py line 3"
    stuck = worker(state="blocked", detail="loading demo", progress=0.4, error=why)
    counts = Counts(running=2)
    pane = Shown(0, 0, 7, "running", blocked=why)
    base = Snapshot("r", "active", counts=counts, panes=(pane,), workers=(stuck, worker(id="b")))
    view = StatusView("study", 2, False, False, False, STUDY)
    line = text_of(status_line(view, base, 119, UNICODE))
    assert "! worker 3fa91c77 is blocked" in line and "2 writing" in line and "812 tok/s" in line
    assert why in text_of(status_line(view, base, 200, UNICODE))
    both = replace(base, workers=(stuck, stuck))
    assert "! 2 workers are blocked" in text_of(status_line(view, both, 80, UNICODE))
    lines = lines_of(stuck)
    assert lines[1].startswith("! 3fa91c77  blocked ") and "loading" not in lines[1]
    assert "is blocked, starting another" in waiting_words((stuck,), "active", False, STUDY, 3)
    assert (
        waiting_words((stuck, worker(id="b")), "active", False, STUDY, 3) == "queued: 3 before it"
    )
    profile = fakes.study(1).profiles[0]
    shown = pane_view(
        profile, pane, Cell(7, "running"), base, ("A", "B"), None, 60, UNICODE, STUDY,
        scenario=0, repeats=1, focused=True, depth=False, starting=False, greet="",
    )  # fmt: skip
    assert shown.text.startswith(why) and shown.quiet


async def test_the_screen_knows_which_sample_blocks_its_worker(
    path: Path, db: Database, wait: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launch, "ensure_worker", lambda db: None)
    study = fakes.study(1)
    run = runs.create_run(db, study, {})
    stuck, other = fakes.FakeWorker(db, study), fakes.FakeWorker(db, study)
    [sample], [beside] = stuck.claim(1), other.claim(1)
    stuck.beat("running")
    other.beat("running")
    held_samples.complain(db, stuck.id, "mine.py blocks\x1b[31m")
    app = AlignApp(Launch(path, study, run, False), study)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = app.screen_stack[-1]
        assert isinstance(screen, StudyScreen)
        await wait(pilot, lambda: screen.snapshot.counts.running == 2 and screen.snapshot.workers)
        panes = screen.snapshot.panes
        assert panes[sample.profile].blocked == "mine.py blocks\ufffd[31m"
        assert panes[beside.profile].blocked == ""


async def test_a_screen_replaces_a_worker_that_does_not_answer(
    path: Path, db: Database, wait: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALIGN_TUI_LEASE", "0.6")
    asked: list[Path] = []
    monkeypatch.setattr(launch, "ensure_worker", lambda db: asked.append(db.path))
    study = fakes.study(2)
    run = runs.create_run(db, study, {})
    hung = fakes.FakeWorker(db, study)
    hung.beat("running")
    hung.claim(2)
    app = AlignApp(Launch(path, study, run, False), study)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = app.screen_stack[-1]
        assert isinstance(screen, StudyScreen)
        await wait(pilot, lambda: screen.snapshot.silent and not screen.snapshot.workers)
        await wait(pilot, lambda: asked)
        # Other processes see it too, so that a new worker can take over at once.
        assert workers.answering(db) == [] and len(workers.living(db)) == 1
        hung.beat("running")
        await wait(pilot, lambda: screen.snapshot.workers and not screen.snapshot.silent)
        assert len(asked) == 1


@pytest.mark.parametrize("step", [-86_400.0, 86_400.0])
async def test_a_screen_goes_on_when_the_clock_is_set(
    path: Path, db: Database, wait: Any, monkeypatch: pytest.MonkeyPatch, step: float
) -> None:
    monkeypatch.setattr(launch, "ensure_worker", lambda db: None)
    study = fakes.study(2)
    run = runs.create_run(db, study, {})
    writer = fakes.FakeWorker(db, study)
    writer.beat("running")
    app = AlignApp(Launch(path, study, run, False), study)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = app.screen_stack[-1]
        assert isinstance(screen, StudyScreen)
        await wait(pilot, lambda: screen.snapshot.workers)
        real = time.time
        monkeypatch.setattr(time, "time", lambda: real() + step)
        [claimed, *_] = writer.claim(2)
        await wait(pilot, lambda: screen.snapshot.counts.running == 2)
        pane = screen.snapshot.panes[claimed.profile]
        assert pane.elapsed is None or pane.elapsed >= 0
        writer.finish(claimed)
        await wait(pilot, lambda: screen.snapshot.counts.done == 1)
        workers.unregister(db, writer.id)
        await wait(pilot, lambda: screen.snapshot.workers == ())


def test_samples_that_wait_in_their_worker_are_told_apart_from_those_that_are_written() -> None:
    assert at_work_words(64, 59) == "5 writing, 59 queued in worker"
    assert at_work_words(64, 59, short=True) == "5 writing, 59 queued"
    assert at_work_words(64, 0) == "64 writing" and at_work_words(64, 64) == "64 queued in worker"
    held = worker(active=64, waiting=59)
    assert running_words([held], True, begun=False) == "queued in the worker"
    assert running_words([held], True) == "reading"
