"""The screen of a child run: it shows inherited decisions, and only the rest is run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from align_tui.config.attributes import load_attributes
from align_tui.config.study import Study
from align_tui.core.targets import Target
from align_tui.monitor.feeds.live import LiveFeed
from align_tui.monitor.feeds.replay import ReplayFeed
from align_tui.monitor.snapshot import Counts, Snapshot
from align_tui.services import queueing
from align_tui.store import launch as store_launch
from align_tui.store import results, run_annotations, runs
from align_tui.store.columns import read_columns
from align_tui.store.database import Database, open_database
from align_tui.studies import edits
from align_tui.tui.dialogs.edit import EditDialog
from align_tui.tui.screens.compare.screen import CompareScreen
from align_tui.tui.screens.decision.screen import DecisionScreen
from tests.tui import fakes
from tests.tui.test_screen import opened, screen_of, words

TARGETS = (Target("fairness", 1.0),)


@pytest.fixture(autouse=True)
def no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_launch, "ensure_worker", lambda db: None)


@pytest.fixture
def child(db: Database, finished: tuple[str, Study]) -> tuple[str, Study, str]:
    """(id, study, parent) of a run in which one profile was steered and nothing is decided yet.

    The parent has six scenarios and four profiles, and failed at (2, 1); the third is steered.
    """
    parent, study = finished
    changed = edits.with_targets(study, 2, TARGETS, load_attributes())
    run, asked = queueing.run_changed(db, changed, parent, {})
    assert asked == 6
    return run, changed.study, parent


def decide(db: Database, study: Study) -> None:
    worker = fakes.FakeWorker(db, study)
    while batch := worker.claim(8):
        for claimed in batch:
            worker.finish(claimed)


def live_state(path: Path, db: Database, run: str, study: Study, scenario: int = 0) -> Snapshot:
    feed = LiveFeed(path, study, run, lambda snapshot: None)
    feed.scenario = scenario
    snapshot = feed.tick(db)
    assert snapshot is not None
    return snapshot


def test_what_holds_counts_like_any_decision(
    path: Path, db: Database, child: tuple[str, Study, str]
) -> None:
    run, study, parent = child
    snapshot = live_state(path, db, run, study, 2)
    assert snapshot.counts == Counts(pending=6, inherited=17)
    assert snapshot.counts.total == snapshot.counts.open == 6
    assert [shown.status for shown in snapshot.panes] == ["done", "absent", "pending", "done"]
    assert [shown.origin for shown in snapshot.panes] == [parent, None, None, parent]
    assert "stronger claim" in snapshot.panes[0].text and snapshot.panes[0].result is not None
    before = {(t.profile, t.target): t.all for t in results.tallies(db, parent)}
    now = {(t.profile, t.target): t.all for t in snapshot.tallies}
    assert now[3, "risk_aversion=1.0"] == before[3, "risk_aversion=1.0"]
    assert now[0, "moral_desert=1.0"] == before[0, "moral_desert=1.0"]
    # Nothing aims there any more, and the new target is scored of the old decision.
    assert (0, "moral_desert=0.0") in before and (0, "moral_desert=0.0") not in now
    # Nothing was copied, and other places count only the run's own decisions.
    assert len(results.states(db, run)) == 6 and results.tallies(db, run) == []
    assert [len(column.outcomes) for column in read_columns(db, run)] == [0, 0, 0, 0]
    compared = read_columns(db, run, inherited=True)
    assert [len(column.outcomes) for column in compared] == [6, 5, 0, 6]


def test_a_parent_that_decides_on_is_followed_and_a_deleted_one_is_missed(
    path: Path, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("align_tui.monitor.feeds.live.CHECK_S", 0.0)
    study = fakes.study(2)
    parent = runs.create_run(db, study, {})
    changed = edits.with_targets(study, 1, TARGETS, load_attributes())
    run, _ = queueing.run_changed(db, changed, parent, {})
    study = changed.study
    other = open_database(path)
    feed = LiveFeed(path, study, run, lambda snapshot: None)

    def counts() -> Counts:
        snapshot = feed.tick(other)
        assert snapshot is not None
        return snapshot.counts

    assert counts() == Counts(pending=2)
    decide(db, study)  # both runs
    assert counts() == Counts(done=2, inherited=6)
    runs.delete_run(db, parent)
    assert counts() == Counts(done=2)
    other.close()


def test_a_replay_starts_with_it_and_ends_as_the_screen_does(
    path: Path, db: Database, child: tuple[str, Study, str]
) -> None:
    run, study, _ = child
    decide(db, study)
    replay = ReplayFeed(path, study, run, lambda snapshot: None, now=lambda: 0.0)
    replay.following = False
    first = replay.tick(db)
    assert first is not None and (first.counts.open, first.counts.inherited) == (6, 17)
    for scenario in range(6):
        replay.scenario = scenario
        replay.turned()
        replay.head.at = replay.head.length
        theirs, ours = live_state(path, db, run, study, scenario), replay.tick(db)
        assert ours is not None
        for name in ("run", "scenario", "rows", "panes", "tallies", "counts"):
            assert getattr(ours, name) == getattr(theirs, name), name
    replay.head.at = 0.0
    again = replay.tick(db)
    assert again is not None and again.rows == first.rows


@pytest.mark.asyncio
async def test_only_what_is_missing_is_asked(
    path: Path, db: Database, child: tuple[str, Study, str], wait: Any
) -> None:
    run, study, parent = child
    app = opened(path, study, run)
    async with app.run_test(size=(145, 40)) as pilot:
        screen = screen_of(app)
        await wait(pilot, lambda: screen.snapshot.counts.inherited == 17)
        await wait(pilot, lambda: f"from {parent[-4:]}" in words(app))
        assert "17 from earlier runs" in words(app) and "0/7" in words(app)
        decide(db, study)
        await wait(pilot, lambda: screen.snapshot.counts.done == 6)
        await pilot.press("enter")
        await wait(
            pilot,
            lambda: "all profiles have decided this scenario, or are queued for it" in words(app),
        )
        await pilot.press("a")  # the sample that failed in the parent was never decided
        await wait(pilot, lambda: screen.snapshot.counts.pending == 1)
        decide(db, study)
        await wait(pilot, lambda: screen.snapshot.counts.done == 7)
        await pilot.press("a")
        await wait(pilot, lambda: "the whole study is already decided or queued" in words(app))
        assert screen.snapshot.counts == Counts(done=7, inherited=17)
    own = {(state.scenario, state.profile) for state in results.states(db, run)}
    assert own == {(2, 1), *((scenario, 2) for scenario in range(6))}


@pytest.mark.asyncio
async def test_keys_work_on_decisions_of_another_run(
    path: Path, db: Database, child: tuple[str, Study, str], wait: Any
) -> None:
    run, study, parent = child
    app = opened(path, study, run)
    async with app.run_test(size=(145, 40)) as pilot:
        screen = screen_of(app)
        await wait(pilot, lambda: screen.snapshot.counts.inherited == 17)
        await wait(pilot, lambda: screen.snapshot.panes[3].result is not None)
        await pilot.press("4", "b")
        await wait(pilot, lambda: fakes.is_bookmarked(screen.snapshot.panes[3]))
        await pilot.press("V")
        await wait(pilot, lambda: "you agree" in words(app))
        sample = screen.snapshot.panes[3].sample
        assert sample is not None and run_annotations.annotation_of(db, sample).bookmarked
        assert sample in {state.id for state in results.states(db, parent)}

        await pilot.press("i")
        await wait(pilot, lambda: isinstance(app.screen, DecisionScreen))
        await wait(pilot, lambda: "risk_aversion=1.0: " in words(app))
        await pilot.press("escape", "1", "i")  # scored against the targets of this run
        await wait(pilot, lambda: isinstance(app.screen, DecisionScreen))
        await wait(pilot, lambda: "fairness=1.0: " in words(app))
        assert "moral_desert=0.0" not in words(app)
        await pilot.press("escape", "slash", *"stronger")
        await wait(pilot, lambda: "17 found" in words(app))
        await pilot.press("enter")
        await wait(pilot, lambda: len(screen.state.hits) == 17)

        await pilot.press("c")
        await wait(pilot, lambda: isinstance(app.screen, CompareScreen))
        await wait(pilot, lambda: "same choice" in words(app))
        await pilot.press("escape", "4", "E")  # beside the original, which is inherited again
        await wait(pilot, lambda: isinstance(app.screen, EditDialog))
        await pilot.press("f2")
        await wait(pilot, lambda: screen_of(app).state.focus == 4)
        fresh = screen_of(app)
        await wait(pilot, lambda: fresh.snapshot.counts == Counts(pending=1, inherited=17))
        await wait(pilot, lambda: fresh.snapshot.panes[3].origin == parent)


@pytest.mark.asyncio
async def test_a_run_that_is_being_read_says_so(
    path: Path, db: Database, child: tuple[str, Study, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It does not say that nothing is decided, which it cannot know yet."""
    run, study, _ = child
    monkeypatch.setattr(LiveFeed, "start", lambda self: None)
    app = opened(path, study, run)
    async with app.run_test(size=(145, 40)) as pilot:
        await pilot.pause()
        assert "reading the run" in words(app)
        assert "Nothing is decided" not in words(app) and "to decide" not in words(app)


@pytest.mark.asyncio
async def test_a_run_that_only_inherits_can_be_replayed(
    path: Path, db: Database, finished: tuple[str, Study], wait: Any
) -> None:
    """For example a run with one column less: nothing happens in it, so it ends as it begins."""
    parent, study = finished
    changed = edits.without_column(study, 0, load_attributes())
    run, asked = queueing.run_changed(db, changed, parent, {})
    assert asked == 0
    app = opened(path, changed.study, run, replay=True)
    async with app.run_test(size=(100, 30)) as pilot:
        screen = screen_of(app)
        await wait(pilot, lambda: screen.snapshot.counts == Counts(inherited=17))
        await pilot.press("right", "end", "home", "space", "full_stop", "j")
        await wait(pilot, lambda: "stronger" in words(app) and "from " in words(app))
        assert screen.snapshot.counts == Counts(inherited=17)
