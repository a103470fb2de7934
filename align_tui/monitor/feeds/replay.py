"""The replaying feed: stored results and the timing of their text against a clock of its own."""

from __future__ import annotations

import time
from bisect import bisect_right
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from align_tui.monitor.feeds.bases import Bases
from align_tui.monitor.feeds.feed import ONE_S, Feed
from align_tui.monitor.feeds.inherited import InheritedDecisions
from align_tui.monitor.feeds.panes import shown_panes
from align_tui.monitor.feeds.replay_clock import (
    ROUNDING_S,
    characters_at,
    nearest,
    next_speed,
    second_of,
)
from align_tui.monitor.feeds.thoughts import Thoughts
from align_tui.monitor.feeds.timeline import Recording, read_recording, token_seconds
from align_tui.monitor.feeds.written import NOTHING, Written, written
from align_tui.monitor.run_state import RunState, SampleKey
from align_tui.monitor.snapshot import Cell, Shown, Snapshot, Transport

if TYPE_CHECKING:
    from align_tui.config.study import Study
    from align_tui.store.database import Database
    from align_tui.store.results import Result, StoredResponse


class ReplayFeed(Feed):
    """Plays a run. Texts are read for the shown scenario only.

    `now` is the clock that it plays by, in seconds.
    """

    def __init__(
        self,
        database: Path,
        study: Study,
        run: str,
        deliver: Callable[[Snapshot], None],
        speed: float = 1.0,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(database, study, run, deliver)
        self.speed = speed
        self.following = True
        self.playing = True
        self.at = 0.0
        self._now = now
        self._board = RunState(study)
        self._ancestry = InheritedDecisions(study)
        self._recording: Recording | None = None
        self._applied = -1.0
        self._begun = self._finished = 0
        self._running: set[SampleKey] = set()
        self._token_steps = 0
        self._turned = True
        self._tokens: list[float] | None = None
        self._texts: dict[int, list[StoredResponse]] = {}
        self._results: dict[int, Result] = {}
        self._thoughts, self._bases = Thoughts(), Bases()
        self._then = 0.0

    # Orders from the event loop

    def toggle(self) -> None:
        """Play or pause; at the end, play from the start."""

        def go() -> None:
            if not self.playing and self.at >= self.length:
                self.at = 0.0
            self.playing = not self.playing

        self.order(go)

    def seek(self, seconds: float, *, absolute: bool = False) -> None:
        """Move the playhead by, or to, that many seconds of playing."""
        self.order(lambda: self._go(seconds if absolute else self.at + seconds))

    def seek_share(self, share: float) -> None:
        """Move the playhead to that share of the whole, from 0 to 1."""
        self.order(lambda: self._go(share * self.length))

    def seek_words(self, words: str, refuse: Callable[[], None]) -> None:
        """Move to the second that the words name; `refuse` is called when they name none."""

        def go() -> None:
            second = second_of(words, self.length)
            refuse() if second is None else self._go(second)

        self.order(go)

    def seek_decision(self, step: int) -> None:
        """Move to the decision before or after the playhead."""

        def go() -> None:
            found = nearest(self._recording.ends, self.at, step) if self._recording else None
            self._go(found if found is not None else (0.0, self.length)[step > 0])

        self.order(go)

    def seek_scenario(self, step: int) -> None:
        """Move to where the scenario before or after is first decided, and show it."""

        def go() -> None:
            found = self._recording.scenario_near(self.at, step) if self._recording else None
            if found is None:
                self._go((0.0, self.length)[step > 0])
                return
            self._go(found[0])
            self.scenario, self.repeat, self.following = found[1], None, True
            self.turned()

        self.order(go)

    def seek_token(self, step: int) -> None:
        """Pause, and move to where a text on the shown scenario last grew, or next grows."""

        def go() -> None:
            self.playing = False
            self._token_steps += step  # their moments are read with the next tick

        self.order(go)

    def change_speed(self, step: int) -> None:
        """Faster or slower."""

        def go() -> None:
            self.speed = next_speed(self.speed, step)

        self.order(go)

    def follow(self) -> None:
        """Show the scenario that is being decided, wherever it goes."""

        def go() -> None:
            self.following, self.repeat = True, None

        self.order(go)

    def show(self, scenario: int, repeat: int | None = None) -> None:
        """The user steps away from what is being decided."""

        def go() -> None:
            self.following = False
            self.scenario, self.repeat = scenario, repeat
            self.turned()

        self.order(go)

    # The feed's own thread

    @property
    def length(self) -> float:
        """Seconds of playing in all; 0 before the recording is read."""
        return self._recording.clock.length if self._recording is not None else 0.0

    def opened(self, db: Database) -> None:
        """Read the recording: whoever seeks at once seeks in all of it."""
        self._read(db)

    def turned(self) -> None:
        """Texts are read for another scenario."""
        self._turned = True

    def interval(self) -> float:
        """Playing is smooth: twenty frames a second."""
        return ONE_S

    def tick(self, db: Database) -> Snapshot | None:
        """Advance the clock, apply what it passed, and show it."""
        recording = self._read(db)
        now = self._now()
        if self.playing:
            self._go(self.at + (now - self._then) * self.speed)
            self.playing = self.at < recording.clock.length
        self._then = now
        if self._token_steps:
            self._step_tokens(db, recording)
        self._apply(recording)
        if self.following:
            self._follow(recording)
        if self._turned:
            self._read_scenario(db)
        assert self.run is not None
        said = self.annotations.read(db, self.run, db.version())
        return Snapshot(
            run=self.run,
            state=recording.state,
            scenario=self.scenario,
            rows=self._board.rows(),
            panes=self._panes(db, recording.clock.moment(self.at)),
            tallies=self._board.tallies(),
            overview=self._board.overview(),
            counts=self._board.counts(),
            transport=Transport(
                at=self.at,
                length=recording.clock.length,
                playing=self.playing,
                speed=self.speed,
                ticks=recording.ticks,
                following=self.following,
                shortened_s=recording.clock.shortened_s,
            ),
            annotations=said,
        )

    def _read(self, db: Database) -> Recording:
        if self._recording is None:
            assert self.run is not None
            self._recording = read_recording(db, self.run)
            self._ancestry.refresh(db, self.run)
            self._board.load((), self._ancestry.cells)
            self._then = self._now()
        return self._recording

    def _go(self, to: float) -> None:
        self.at = min(self.length, max(0.0, to))

    def _apply(self, recording: Recording) -> None:
        """Bring the board to the playhead; going back begins from the start."""
        if self.at < self._applied or self._applied < 0:
            self._board.load((), self._ancestry.cells)
            self._running.clear()
            for state in recording.states:
                place = (state.scenario, state.profile, state.repeat)
                self._board.put(place, Cell(state.id, "pending"))
            self._begun = self._finished = 0
        at = self.at if self.at < self.length else float("inf")
        begun = bisect_right(recording.by_start, at, key=lambda event: event.started)
        ended = bisect_right(recording.ends, at)
        for event in recording.by_start[self._begun : begun]:
            if event.ended > at:
                self._board.put(event.place, Cell(event.cell.sample, "running"))
                self._running.add(event.place)
        for event in recording.by_end[self._finished : ended]:
            self._board.put(event.place, event.cell)
            self._running.discard(event.place)
        self._begun, self._finished, self._applied = begun, ended, self.at

    def _follow(self, recording: Recording) -> None:
        running = {place[0] for place in self._running}
        if self.scenario in running:
            return
        if running:
            wanted = min(running)
        elif self._finished:
            wanted = recording.by_end[self._finished - 1].place[0]
        else:
            wanted = recording.by_start[0].place[0] if recording.by_start else 0
        if wanted != self.scenario:
            self.scenario = wanted
            self.turned()

    def _read_scenario(self, db: Database) -> None:
        from align_tui.store.results import results_at

        assert self.run is not None
        self._results = {r.sample: r for r in results_at(db, self.run, self.scenario)}
        if self.study.scenarios:
            self._ancestry.look_at(db, self._board.row(self.scenario))
        ended = self._ancestry.results | self._results
        self._thoughts.read(db, ended)
        self._bases.read(db, ended)
        self._texts.clear()
        self._tokens = None
        self._turned = False

    def _step_tokens(self, db: Database, recording: Recording) -> None:
        if self._turned:
            self._read_scenario(db)
        if self._tokens is None:
            texts = [(each, self._replies(db, each.sample)) for each in self._results.values()]
            self._tokens = token_seconds(recording.clock, texts)
        step = 1 if self._token_steps > 0 else -1
        for _ in range(abs(self._token_steps)):
            found = nearest(self._tokens, self.at, step)
            if found is None:  # on another scenario something may still happen
                found = nearest(recording.edges, self.at, step)
            self._go(found if found is not None else (0.0, self.length)[step > 0])
        self._token_steps = 0

    def _panes(self, db: Database, moment: float) -> tuple[Shown, ...]:
        if not self.study.scenarios:
            return ()
        started: dict[int, float | None] = {
            sample: result.started for sample, result in self._results.items()
        }

        def writing(sample: int) -> Written:
            return self._writing(db, sample, moment)

        row, said = self._board.row(self.scenario), self.annotations.said
        results = self._ancestry.results | self._results
        thoughts, bases = self._thoughts.found, self._bases.found
        return shown_panes(
            row, results, thoughts, bases, writing, started, moment, self.repeat, said, {}, {}
        )

    def _replies(self, db: Database, sample: int) -> list[StoredResponse]:
        from align_tui.store.results import responses_of

        if sample not in self._texts:
            self._texts[sample] = responses_of(db, sample)
        return self._texts[sample]

    def _writing(self, db: Database, sample: int, moment: float) -> Written:
        replies, result = self._replies(db, sample), self._results.get(sample)
        if not replies or result is None:
            return NOTHING
        elapsed = moment - result.started + ROUNDING_S
        begun = sum(1 for reply in replies if reply.timeline and reply.timeline[0][0] <= elapsed)
        length = characters_at(replies[0].timeline, elapsed)
        return written(replies[0].raw[:length], begun)
