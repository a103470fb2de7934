"""A replay ends like the live screen, and its text grows as it was written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from align_tui.config.study import Study
from align_tui.core.replies import reasoning_so_far
from align_tui.monitor.feeds.live import LiveFeed
from align_tui.monitor.feeds.replay import ReplayFeed
from align_tui.monitor.feeds.replay_clock import second_of
from align_tui.monitor.feeds.replayed import ReplayedTexts
from align_tui.monitor.snapshot import Snapshot
from align_tui.store.database import Database
from align_tui.store.results import responses_of
from align_tui.tui.application import AlignApp
from align_tui.tui.format.glyphs import UNICODE
from align_tui.tui.format.transport import track
from align_tui.tui.launch import Launch
from align_tui.tui.screens.study.replay import ReplayScreen


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
        for name in ("run", "state", "scenario", "rows", "panes", "tallies", "overview", "counts"):
            assert getattr(ours, name) == getattr(theirs, name), name


def test_text_grows_and_seeking_back_takes_it_away(
    path: Path, finished: tuple[str, Study], db: Database
) -> None:
    run, study = finished
    feed = ReplayFeed(path, study, run, lambda snapshot: None)
    feed.head.playing = False
    start = feed.tick(db)
    assert start is not None and start.transport is not None
    assert start.counts.done == 0 and start.counts.pending >= 20
    seen, scored, pairs = [], [], []
    for step in range(21):
        feed.head.at = start.transport.length * step / 20
        snapshot = feed.tick(db)
        assert snapshot is not None
        seen.append(snapshot.counts.done + snapshot.counts.failed)
        scored.append(sum(course.all[-1][0] for course in snapshot.overview.courses))
        agreed = snapshot.overview.agreements[0]
        pairs.append(sum(found.pairs for found in agreed if found is not None))
    assert seen == sorted(seen) and seen[-1] == 24
    assert scored == sorted(scored) and scored[-1] > scored[10] > 0
    assert pairs == sorted(pairs) and pairs[-1] == 17  # one of the second profile's failed
    feed.head.at = start.transport.length / 2
    half = feed.tick(db)
    assert half is not None
    assert sum(course.all[-1][0] for course in half.overview.courses) == scored[10]
    feed.head.at = 0.0
    again = feed.tick(db)
    assert again is not None and again.rows == start.rows and again.tallies == ()
    assert again.overview == start.overview


def test_stepping_by_token_sample_and_scenario(
    path: Path, finished: tuple[str, Study], db: Database
) -> None:
    """Each step stops at the moment at which something was written, ended or begun."""
    run, study = finished
    sample = spread_out(db, run)
    feed = ReplayFeed(path, study, run, lambda snapshot: None, now=lambda: 0.0)

    def step(order: Callable[[int], None], by: int) -> Snapshot:
        order(by)
        while feed._orders:
            feed._orders.popleft()()
        snapshot = feed.tick(db)
        assert snapshot is not None
        return snapshot

    feed.head.playing = False
    feed.tick(db)
    timeline = responses_of(db, sample)[0].timeline
    for number, (second, length) in enumerate(timeline, start=1):
        snapshot = step(feed.seek_token, 1)
        assert snapshot.transport is not None and not snapshot.transport.playing
        if feed.head.at >= 10.0:
            break
        assert feed.head.at == pytest.approx(second, abs=1e-5)
        raw = responses_of(db, sample)[0].raw[:length]
        assert snapshot.panes[0].text == reasoning_so_far(raw)
        if number > 1:
            step(feed.seek_token, -1)
            assert feed.head.at == pytest.approx(timeline[number - 2][0], abs=1e-5)
            step(feed.seek_token, 1)
    assert number > 20
    assert step(feed.seek_decision, 1).counts.done == 1 and feed.head.at == pytest.approx(10.0)
    assert step(feed.seek_decision, 1).counts.done == 2 and feed.head.at == pytest.approx(20.0)
    for scenario in range(1, 6):
        snapshot = step(feed.seek_scenario, 1)
        assert snapshot.scenario == scenario and snapshot.panes[0].status == "running"
        assert feed.head.at == pytest.approx(40.0 * scenario)
    assert step(feed.seek_scenario, -1).scenario == 4
    step(feed.seek_scenario, 1)
    assert step(feed.seek_scenario, 1).transport == step(feed.seek_decision, 1).transport
    assert feed.head.at == feed.head.length == pytest.approx(240.0)


def spread_out(db: Database, run: str) -> int:
    """Let the samples of a run take ten seconds each, in sequence; return the first one's id."""
    rows = db.read("SELECT id FROM samples WHERE run=? ORDER BY scenario, profile", (run,))
    for number, row in enumerate(rows):
        began = 1_760_000_000.0 + 10 * number
        values = (began, began + 10.0, row["id"])
        with db.write() as connection:
            connection.execute("UPDATE results SET started=?, finished=? WHERE sample=?", values)
            connection.execute(
                "UPDATE responses SET timeline=("
                "  SELECT json_group_array(json_array(json_extract(value, '$[0]') * 45,"
                "  json_extract(value, '$[1]'))) FROM json_each(timeline)) WHERE sample=?",
                (row["id"],),
            )
    return int(rows[0]["id"])


@pytest.mark.parametrize(
    ("words", "second"),
    [
        ("90", 90.0),
        (" 1:30 ", 90.0),
        ("1:02:03", 3723.0),
        ("25 %", 1000.0),
        ("9:99:99", 4000.0),
        ("200%", 4000.0),
        ("", None),
        ("soon", None),
        ("1:2:3:4", None),
        ("1:30 %", None),
        ("-5", None),
    ],
)
def test_times_as_they_are_typed(words: str, second: float | None) -> None:
    assert second_of(words, 4000.0) == second


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
        await pilot.press("T", "5", "0", "%", "enter")
        await wait(pilot, lambda: now().at == pytest.approx(now().length / 2))
        first, room = track(now(), 120, UNICODE)
        await pilot.click("#transport", offset=(first + room - 1, 0))
        await wait(pilot, lambda: now().at == now().length)
        await pilot.click("#transport", offset=(first, 0))
        await wait(pilot, lambda: now().at == 0.0)
        await pilot.press("T", "x", "enter")
        await wait(pilot, lambda: "not a time" in screen.state.notice)
        await pilot.press("full_stop")
        await wait(pilot, lambda: now().at > 0.0)
        await pilot.press("comma")
        await wait(pilot, lambda: now().at == 0.0)
        await pilot.press("right_square_bracket")
        await wait(pilot, lambda: screen.state.scenario == 1)
        await pilot.press("left_square_bracket")
        await wait(pilot, lambda: now().at == 0.0)
        await pilot.press("j")
        await wait(pilot, lambda: not now().following)
        await pilot.press("end", "f")
        await wait(pilot, lambda: now().following and now().at == now().length)
        assert screen.state.scenario == screen.snapshot.scenario
        assert screen.snapshot.counts.done == 23 and screen.snapshot.counts.failed == 1
        await pilot.press("q")


def test_a_replay_tells_a_sample_that_waits_in_its_worker_from_one_that_is_read(
    path: Path, finished: tuple[str, Study], db: Database
) -> None:
    run, _ = finished
    texts = ReplayedTexts()
    texts.turn_to(db, run, 0)
    sample, result = next((s, r) for s, r in texts.results.items() if responses_of(db, s))
    assert not texts.waits(db, sample, result.started)  # its reply has no mark
    with db.write() as connection:
        connection.execute(
            "UPDATE responses SET timeline=json_insert(timeline, '$[#]', json_array(0.5, 0))"
            " WHERE sample=?",
            (sample,),
        )
        connection.execute(
            "UPDATE responses SET timeline=(SELECT json_group_array(json(value)) FROM"
            " (SELECT value FROM json_each(timeline) ORDER BY json_extract(value, '$[1]')))"
            " WHERE sample=?",
            (sample,),
        )
    texts.turn_to(db, run, 0)
    assert texts.waits(db, sample, result.started + 0.3)
    assert not texts.waits(db, sample, result.started + 0.6)
