"""A replay ends with the same screen as the live run, cell by cell; so does its recording."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyte
import pytest

from align_tui.cli.screen import record_replay
from align_tui.config.attributes import load_attributes
from align_tui.config.study import Study
from align_tui.core.errors import ConfigError, OutputError
from align_tui.core.targets import Target
from align_tui.monitor.findings import read_findings
from align_tui.services import queueing
from align_tui.store import runs, workers
from align_tui.store.database import Database
from align_tui.studies import edits
from align_tui.tui.application import AlignApp
from align_tui.tui.asciicast import record
from align_tui.tui.launch import Launch
from align_tui.tui.screens.study.screen import StudyScreen
from tests.tui import fakes

# Every scenario, then every view of the overview except the workers, which a replay does not have.
TURNS = [("g", 0), ("j", 1), ("j", 2), ("o", 2), ("o", 2), ("o", 2)]
Cell = tuple[str, str]  # its text, and its style


def cells_of(app: AlignApp) -> list[list[Cell]]:
    """Every cell of the screen, row by row; for a blank only the visible style counts."""
    screen = app.screen_stack[-1]
    rows = []
    for strip in screen._compositor.render_strips():
        row: list[Cell] = []
        for text, style, _ in strip:
            shows = style and (style.bgcolor, style.reverse and style.color, style.underline)
            row += [(sign, str(style if sign.strip() else shows)) for sign in text]
        rows.append(row)
    return rows


def words(rows: list[list[Cell]]) -> list[str]:
    return ["".join(sign for sign, _ in row) for row in rows]


def study_screen(app: AlignApp) -> StudyScreen:
    found = app.screen_stack[-1]
    assert isinstance(found, StudyScreen)
    return found


async def read(app: AlignApp, pilot: Any, wait: Any, scenario: int) -> list[list[Cell]]:
    """The screen once everything of that scenario is painted."""
    screen = study_screen(app)
    await wait(pilot, lambda: screen.snapshot.scenario == screen.state.scenario == scenario)
    await wait(pilot, lambda: all(shown.result for shown in screen.snapshot.panes))
    before: list[list[Cell]] = []
    while (now := cells_of(app)) != before:
        before = now
        await pilot.pause(0.1)
    return now


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("size", "child"), [((80, 24), False), ((120, 40), False), ((120, 40), True)]
)
async def test_cell_by_cell(
    path: Path, db: Database, wait: Any, size: tuple[int, int], child: bool
) -> None:
    """A live screen that watched the run, and a replay of it with a line more.

    Of a child run only the changed column is its own.
    """
    study = fakes.study(3)
    run = runs.create_run(db, study, {})
    worker = fakes.FakeWorker(db, study)
    if child:
        for claimed in worker.claim(12):
            worker.finish(claimed)
        targets = (Target("fairness", 1.0),)
        changed = edits.with_targets(study, 1, targets, load_attributes())
        run, study = queueing.run_changed(db, changed, run, {})[0], changed.study
        worker.study = study
    live = AlignApp(Launch(path, study, run, False), study)
    seen = []
    async with live.run_test(size=size) as pilot:
        screen = study_screen(live)
        while batch := worker.claim(4):
            worker.write(batch[0], worker.raw(batch[0])[0][:60])
            await pilot.pause(0.05)
            for claimed in batch:
                if (claimed.scenario, claimed.profile) == (1, 1):
                    worker.fail(claimed, "truncated", "The reply was cut at 9 tokens")
                else:
                    worker.finish(claimed, took=0.2)
        workers.unregister(db, worker.id)
        # Before the first snapshot nothing is open either, and no worker is known.
        await wait(pilot, lambda: screen.snapshot.counts.total)
        await wait(pilot, lambda: screen.snapshot.counts.open == 0 and not screen.snapshot.workers)
        found = read_findings(db, run, study)
        await wait(pilot, lambda: screen.snapshot.findings == found)
        for key, scenario in TURNS:
            await pilot.press(key)
            seen.append(await read(live, pilot, wait, scenario))
    replay = AlignApp(Launch(path, study, run, False, replay=True, speed=64.0), study)
    width, height = size
    async with replay.run_test(size=(width, height + 1)) as pilot:
        screen = study_screen(replay)
        await pilot.press("end", "g")
        await wait(pilot, lambda: screen.snapshot.counts.open == 0 and screen.snapshot.transport)
        await wait(pilot, lambda: screen.snapshot.transport.following is False)  # type: ignore[union-attr]
        for theirs, (key, scenario) in zip(seen, TURNS, strict=True):
            await pilot.press(key)
            ours = await read(replay, pilot, wait, scenario)
            assert "├" in words(ours)[-2] and "space pla" in words(ours)[-1]
            del ours[-2]  # the timeline
            assert words(ours)[0].rstrip().endswith("replay")
            word = words(ours)[0].rindex("replay")
            assert words(theirs)[0][word:].strip() == ""
            ours[0][word:], theirs[0][word:] = [], []
            for number, (their_row, our_row) in enumerate(zip(theirs[:-1], ours[:-1], strict=True)):
                if " retry" in words([their_row])[0]:  # and a replay has no key for that
                    assert " retry" not in words([our_row])[0]
                    continue
                assert our_row == their_row, f"row {number} of scenario {scenario} after {key}"


async def replayed(path: Path, study: Study, run: str, size: tuple[int, int], wait: Any) -> Any:
    """The words of a replay's last frame, played on the screen."""
    app = AlignApp(Launch(path, study, run, False, replay=True, speed=0.25), study)
    async with app.run_test(size=size) as pilot:
        screen = study_screen(app)
        await wait(pilot, lambda: screen.snapshot.counts.open == 0 and screen.snapshot.counts.done)
        return words(await read(app, pilot, wait, screen.snapshot.scenario))


def test_a_recording_plays_to_the_end_state(
    path: Path, finished: tuple[str, Study], tmp_path: Path, wait: Any
) -> None:
    run, study = finished
    file = tmp_path / "run.cast"
    launch = Launch(path, study, run, False, replay=True, speed=0.25)
    shares: list[float] = []
    record(launch, study, file, (100, 30), shares.append)
    assert shares == sorted(shares) and shares[0] == 0.0 and shares[-1] == 1.0
    head, *lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    assert (head["version"], head["width"], head["height"]) == (2, 100, 30)
    assert [line[0] for line in lines] == sorted(line[0] for line in lines)
    assert {line[1] for line in lines} == {"o", "m"}
    screen = pyte.Screen(100, 30)
    stream = pyte.Stream(screen)
    pictures = []
    for _, code, data in lines:
        if code == "o":
            stream.feed(data)
            pictures.append("\n".join(screen.display))
    assert "0/24" in pictures[1] and "24/24" not in pictures[1]
    first = next(second for second, code, data in lines if code == "o" and "24/24" in data)
    assert first > 0  # the run took its time
    end = screen.display
    assert end == asyncio.run(replayed(path, study, run, (100, 30), wait))
    assert "24/24" in end[0] and end[0].rstrip().endswith("replay")
    assert "‖" in end[-2] and "●┤" in end[-2]
    assert any("1 failed" in row for row in end)
    assert not list(tmp_path.glob("*.tmp"))


def test_the_command_records_without_a_terminal(
    path: Path, finished: tuple[str, Study], tmp_path: Path
) -> None:
    run, _ = finished
    file = tmp_path / "run.cast"
    command = [sys.executable, "-m", "align_tui", "replay", run, "--db", str(path)]
    options = ["--speed", "64", "--size", "80x24", "--record", str(file)]
    done = subprocess.run(
        [*command, *options], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=200
    )
    assert (done.returncode, done.stdout, done.stderr.strip()) == (0, "", str(file))
    head = json.loads(file.read_text(encoding="utf-8").splitlines()[0])
    assert (head["width"], head["height"], head["title"]) == (80, 24, "demo")


@pytest.mark.parametrize("size", ["80", "80x", "x24", "10x10", "80x9999", "-80x24"])
def test_a_size_that_is_none_is_refused(path: Path, size: str) -> None:
    with pytest.raises(ConfigError, match=rf"(--size .*|the size ){re.escape(size)}"):
        record_replay(None, path, path.with_suffix(".cast"), speed=1.0, size=size)


def test_a_folder_that_is_not_there_is_told(path: Path, finished: tuple[str, Study]) -> None:
    run, study = finished
    launch = Launch(path, study, run, False, replay=True)
    with pytest.raises(OutputError, match="cannot be written"):
        record(launch, study, path.parent / "nowhere" / "run.cast", (80, 24))
