"""A replay ends where the live screen did, and its text grows as it was written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from align_tui.config.study import Study
from align_tui.store.database import Database
from align_tui.tui.application import AlignApp
from align_tui.tui.feeds.live import LiveFeed
from align_tui.tui.feeds.replay import ReplayFeed
from align_tui.tui.launch import Launch
from align_tui.tui.screens.replay import ReplayScreen


def test_the_end_of_a_replay_is_the_end_of_the_run(
    path: Path, finished: tuple[str, Study], db: Database
) -> None:
    run, study = finished
    live = LiveFeed(path, study, run, lambda snapshot: None)
    replay = ReplayFeed(path, study, run, lambda snapshot: None, speed=1e9)
    for scenario in range(len(study.scenarios)):
        live.scenario = replay.scenario = scenario
        live.turned()
        replay.turned()
        replay.following = False
        replay.tick(db)
        theirs, ours = live.tick(db), replay.tick(db)
        assert theirs is not None and ours is not None and ours.transport is not None
        assert ours.transport.at == ours.transport.length
        for name in ("run", "state", "scenario", "rows", "panes", "tallies", "counts"):
            assert getattr(ours, name) == getattr(theirs, name), name


def test_text_grows_and_seeking_back_takes_it_away(
    path: Path, finished: tuple[str, Study], db: Database
) -> None:
    run, study = finished
    feed = ReplayFeed(path, study, run, lambda snapshot: None)
    feed.playing = False
    start = feed.tick(db)
    assert start is not None and start.transport is not None
    assert start.counts.done == 0 and start.counts.pending >= 20
    seen = []
    for step in range(21):
        feed.at = start.transport.length * step / 20
        snapshot = feed.tick(db)
        assert snapshot is not None
        seen.append(snapshot.counts.done + snapshot.counts.failed)
    assert seen == sorted(seen) and seen[-1] == 24
    feed.at = 0.0
    again = feed.tick(db)
    assert again is not None and again.rows == start.rows and again.tallies == ()


@pytest.mark.asyncio
async def test_the_transport_keys(path: Path, finished: tuple[str, Study], wait: Any) -> None:
    run, study = finished
    app = AlignApp(Launch(path, study, run, False, replay=True, speed=0.25), study)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = app.screen_stack[-1]
        assert isinstance(screen, ReplayScreen)

        def now() -> Any:
            return screen.snapshot.transport

        await wait(pilot, now)
        await pilot.press("space")
        await wait(pilot, lambda: not now().playing)
        await pilot.press("home")
        await wait(pilot, lambda: now().at == 0.0)
        await pilot.press("plus", "plus", "less_than_sign")
        await wait(pilot, lambda: now().speed == 0.5)
        await pilot.press("shift+right")
        await wait(pilot, lambda: screen.snapshot.counts.done >= 1)
        await pilot.press("shift+left")
        await wait(pilot, lambda: now().at == 0.0)
        await pilot.press("right")
        await wait(pilot, lambda: now().at > 0.0)
        await pilot.press("left")
        await wait(pilot, lambda: now().at == 0.0)
        await pilot.press("j")
        await wait(pilot, lambda: not now().following)
        await pilot.press("end", "f")
        await wait(pilot, lambda: now().following and now().at == now().length)
        assert screen.look.scenario == screen.snapshot.scenario
        assert screen.snapshot.counts.done == 23 and screen.snapshot.counts.failed == 1
        await pilot.press("q")
