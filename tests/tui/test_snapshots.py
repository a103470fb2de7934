"""Snapshots of eight screens with their styles, as files that a reviewer can read.

ALIGN_TUI_RENEW=1 pytest tests/tui/test_snapshots.py    # renews them; then read the diff
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from align_tui.config.study import Study
from align_tui.store import launch as store_launch
from align_tui.store import runs, workers
from align_tui.store.database import Database
from align_tui.tui.application import AlignApp
from align_tui.tui.launch import Launch
from align_tui.tui.screens.study.screen import StudyScreen
from tests.tui import fakes

FOLDER = Path(__file__).parent / "snapshots"
RUN = "20250701-120000-demo"
STARTED = 1_751_371_200.0
# The size, the keys that open the screen, and words that it shows once all is painted.
SCREENS: dict[str, tuple[tuple[int, int], tuple[str, ...], bool, str]] = {
    "main-80x24": ((80, 24), (), False, "stronger"),
    "main-120x40": ((120, 40), ("j",), False, "stronger"),
    "groups-80x24": ((80, 24), ("l", "y", "J"), False, "moral desert"),
    "groups-200x50": ((200, 50), ("2", "y"), False, "moral desert"),
    "compare-120x40": ((120, 40), ("c", "n"), False, "sign-flip"),
    "runs-100x30": ((100, 30), ("r",), False, "0/4  .00"),
    "replay-100x30": ((100, 30), ("space", "end"), True, "24/24"),
    "inside-100x30": ((100, 30), ("i", "tab"), False, "decision 2/8"),
}


def styled(app: AlignApp) -> str:
    """The screen's rows, and below each its styles by cells: `0-4 bold #ffffff on #000000`."""
    lines: list[str] = []
    _, height = app.size
    for strip in app.screen._compositor.render_strips()[:height]:
        lines.append("".join(segment.text for segment in strip).rstrip())
        at, styles = 0, list[str]()
        for segment in strip.simplify():
            end = at + segment.cell_length
            if segment.style and (segment.text.strip() or segment.style.bgcolor):
                styles.append(f"{at}-{end} {str(segment.style).partition(' link ')[0]}")
            at = end
        lines.append(f"    {'; '.join(styles)}")
    return "\n".join(lines) + "\n"


@pytest.fixture
def run(db: Database, monkeypatch: pytest.MonkeyPatch) -> tuple[str, Study]:
    """The run of `finished`, with a fixed time and name."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    monkeypatch.setattr(runs, "new_run_id", lambda: RUN)
    monkeypatch.setattr(
        "align_tui.tui.screens.runs.presenter.time", SimpleNamespace(time=lambda: STARTED)
    )
    study = fakes.study(6)
    runs.create_run(db, study, {"python": "3"})
    worker = fakes.FakeWorker(db, study)
    while batch := worker.claim(4):
        for claimed in batch:
            if (claimed.scenario, claimed.profile) == (2, 1):
                worker.fail(claimed, "truncated", "The reply was cut at 9 tokens")
            else:
                worker.finish(claimed, took=0.2)
    workers.unregister(db, worker.id)
    with db.write() as connection:
        connection.execute("UPDATE runs SET created=?", (STARTED,))
        connection.execute(
            "UPDATE results SET started=?1+(seq-1)/4, finished=?1+(seq-1)/4+1", (STARTED,)
        )
    return RUN, study


@pytest.mark.parametrize("name", SCREENS)
async def test_it_looks_as_it_did(
    path: Path, run: tuple[str, Study], wait: Any, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(store_launch, "ensure_worker", lambda db: None)
    size, keys, replay, there = SCREENS[name]
    app = AlignApp(Launch(path, None, run[0], False, replay=replay), run[1])
    async with app.run_test(size=size) as pilot:
        base = app.screen
        assert isinstance(base, StudyScreen)
        await wait(pilot, lambda: base.snapshot.panes and (replay or base.snapshot.findings))
        for key in keys:
            await pilot.press(key)
        base.host.say("")  # a notice goes by itself after some seconds
        await wait(pilot, lambda: there in styled(app))
        before, seen = "", styled(app)
        while before != seen:  # a notice or a text may still come
            await pilot.pause(0.3)
            before, seen = seen, styled(app)
    kept = FOLDER / f"{name}.txt"
    if os.environ.get("ALIGN_TUI_RENEW"):
        kept.write_text(seen, encoding="utf-8")
    assert seen == kept.read_text(encoding="utf-8"), "renew it if this is meant: see above"
