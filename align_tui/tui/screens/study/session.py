"""What the study screen has open: a study, its run, the feed, and the store's thread."""

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
    """`snapshot` is the newest one; `removed` are the removed columns, the newest first.

    The feed calls `deliver` in its own thread. `post` calls a function in the event loop. `failed`
    gets the message and the hint of an error there. The session knows no widget.
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

    def do(
        self, job: Callable[[Database], T], then: Callable[[T], None], *, holds: bool = False
    ) -> None:
        """Call `job` in the store's thread, and `then` in the event loop with its result.

        With `holds` further keys wait for `then`, because it changes what they mean.
        """
        self.store.do(job, then, holds=holds)

    def show(self, state: ViewState) -> None:
        """Ask the feed for the scenario and repeat that the user looks at."""
        self.feed.show(state.scenario, state.repeat)

    def attach(self, run: str) -> None:
        """Follow that run from now on; if it is followed already, read it again."""
        assert isinstance(self.feed, LiveFeed), "a replay stays with its run"
        if run != self.run:
            self.run = run
            self.feed.attach(run)
        else:
            self.feed.reload()

    def reload(self) -> None:
        """Read the run again, after this process has changed it."""
        if isinstance(self.feed, LiveFeed):
            self.feed.reload()

    def focused(self, state: ViewState) -> Shown | None:
        """The sample of the focused pane; right after a move, only what the list knows of it."""
        panes = self.snapshot.panes
        if state.focus >= len(panes):
            return None
        return current(panes[state.focus], self.snapshot, state.scenario)[0]

    def end(self) -> None:
        """Stop the feed and close the database."""
        self.feed.stop()
        self.feed.join()
        self.store.close()
