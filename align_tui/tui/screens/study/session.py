"""What is open on the study screen: a study, its run, and the ways to the store and from it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from align_tui.monitor.feeds.feed import SLOW_S, Feed
from align_tui.monitor.feeds.live import LiveFeed
from align_tui.monitor.snapshot import Snapshot
from align_tui.tui.format.panes import current
from align_tui.tui.screens.study.listed import ListedScenarios
from align_tui.tui.screens.study.views.registry import Views
from align_tui.tui.store_thread import Post, StoreThread, fail_in_loop

if TYPE_CHECKING:
    from align_tui.config.profile import Profile
    from align_tui.config.study import Study
    from align_tui.monitor.rows import Database
    from align_tui.monitor.snapshot import Shown
    from align_tui.tui.format.glyphs import Glyphs
    from align_tui.tui.launch import Launch
    from align_tui.tui.screens.study.view_state import ViewState

T = TypeVar("T")


class Session:
    """Knows no widget. `snapshot` is the newest; `removed` are columns, the last one first.

    The feed calls `deliver` in its own thread; `post` brings what a thread has found to the event
    loop, and `failed` is told there what went wrong, with a hint.
    """

    def __init__(
        self,
        launch: Launch,
        study: Study,
        glyphs: Glyphs,
        *,
        replay: bool,
        deliver: Callable[[Snapshot], None],
        post: Post,
        failed: Callable[[str, str], None],
    ) -> None:
        self.launch, self.study, self.glyphs, self.replay = launch, study, glyphs, replay
        self.post = post
        self.run = launch.run
        self.snapshot = Snapshot(run=launch.run)
        self.planned = sum(1 for _ in study.pairs())
        self.scenarios = ListedScenarios(study)
        self.views = Views()
        self.removed: list[Profile] = []
        self.feed = self._make_feed(deliver)
        self.feed.least_s = SLOW_S if launch.low_bandwidth else 0.0
        self.feed.broke = lambda error: fail_in_loop(post, error)
        self.store = StoreThread(launch.database, post, failed)

    def _make_feed(self, deliver: Callable[[Snapshot], None]) -> Feed:
        launch = self.launch
        if self.replay:
            from align_tui.monitor.feeds.replay import ReplayFeed

            assert launch.run is not None, "only a run is replayed"
            return ReplayFeed(launch.database, self.study, launch.run, deliver, launch.speed)
        return LiveFeed(launch.database, self.study, launch.run, deliver)

    def do(self, job: Callable[[Database], T], then: Callable[[T], None]) -> None:
        """Have `job` done in the thread for the store, and `then` called with its result."""
        self.store.do(job, then)

    def show(self, state: ViewState) -> None:
        """Have the feed deliver what is looked at."""
        self.feed.show(state.scenario, state.repeat)

    def attach(self, run: str) -> None:
        """Follow that run from now on; read it afresh where it is the one that is followed."""
        assert isinstance(self.feed, LiveFeed), "a replay stays with its run"
        if run != self.run:
            self.run = run
            self.feed.attach(run)
        else:
            self.feed.reload()

    def reload(self) -> None:
        """Read the run afresh: this process just changed it."""
        if isinstance(self.feed, LiveFeed):
            self.feed.reload()

    def focused(self, state: ViewState) -> Shown | None:
        """What the focused pane shows; of a scenario just turned to, what the list knows."""
        panes = self.snapshot.panes
        if state.focus >= len(panes):
            return None
        return current(panes[state.focus], self.snapshot, state.scenario)[0]

    def end(self) -> None:
        """Let go of the database."""
        self.feed.stop()
        self.feed.join()
        self.store.close()
