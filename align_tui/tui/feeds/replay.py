"""The replaying feed: stored results and the timing of their text against a clock of its own."""

from __future__ import annotations

import time
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from align_tui.core.replies import reasoning_so_far
from align_tui.core.text import plain
from align_tui.tui.board import Board, Place, cell_of
from align_tui.tui.feeds.feed import ONE_S, Feed
from align_tui.tui.feeds.panes import read_remarks, shown_panes
from align_tui.tui.snapshot import Cell, Shown, Snapshot, Transport
from align_tui.tui.view.recording import characters_at, decision_near, make_clock
from align_tui.tui.view.transport import next_speed

if TYPE_CHECKING:
    from align_tui.config.study import Study
    from align_tui.store.database import Database
    from align_tui.store.results import Result, SampleState, StoredResponse


@dataclass(frozen=True, slots=True)
class Event:
    """A sample that ran: when (in seconds of playing), and what it ended as."""

    place: Place
    started: float
    ended: float
    real_start: float
    cell: Cell


class ReplayFeed(Feed):
    """Plays a run. Texts are read for the shown scenario only."""

    def __init__(
        self,
        database: Path,
        study: Study,
        run: str,
        deliver: Callable[[Snapshot], None],
        speed: float = 1.0,
    ) -> None:
        super().__init__(database, study, run, deliver)
        self.speed = speed
        self.following = True
        self.playing = True
        self.at = 0.0
        self._board = Board(study)
        self._clock = make_clock(())
        self._events: list[Event] = []
        self._ticks: tuple[tuple[float, int, Cell], ...] = ()
        self._states: list[SampleState] = []
        self._state = ""
        self._applied = -1.0
        self._begun = self._finished = 0
        self._by_start: list[Event] = []
        self._loaded = False
        self._turned = True
        self._texts: dict[int, list[StoredResponse]] = {}
        self._results: dict[int, Result] = {}
        self._remarks: dict[int, str] = {}
        self._then = 0.0

    # Orders from the event loop

    def toggle(self) -> None:
        """Play or pause; at the end, play from the start."""

        def go() -> None:
            if not self.playing and self.at >= self._clock.length:
                self.at = 0.0
            self.playing = not self.playing

        self.order(go)

    def seek(self, seconds: float, *, absolute: bool = False) -> None:
        """Move the playhead by, or to, that many seconds of playing."""

        def go() -> None:
            to = seconds if absolute else self.at + seconds
            self.at = min(self._clock.length, max(0.0, to))

        self.order(go)

    def seek_decision(self, step: int) -> None:
        """Move to the decision before or after the playhead."""

        def go() -> None:
            found = decision_near([tick[0] for tick in self._ticks], self.at, step)
            ends = (0.0, self._clock.length)
            self.at = found if found is not None else ends[step > 0]

        self.order(go)

    def change_speed(self, step: int) -> None:
        """Faster or slower."""

        def go() -> None:
            self.speed = next_speed(self.speed, step)

        self.order(go)

    def follow(self) -> None:
        """Show the scenario that is being decided, wherever it goes."""

        def go() -> None:
            self.following = True

        self.order(go)

    def show(self, scenario: int, repeat: int | None = None) -> None:
        """The user steps away from what is being decided."""

        def go() -> None:
            self.following = False
            self.scenario, self.repeat = scenario, repeat
            self.turned()

        self.order(go)

    # The feed's own thread

    def turned(self) -> None:
        """Texts are read for another scenario."""
        self._turned = True

    def interval(self) -> float:
        """Playing is smooth: twenty frames a second."""
        return ONE_S

    def tick(self, db: Database) -> Snapshot | None:
        """Advance the clock, apply what it passed, and show it."""
        now = time.monotonic()
        if not self._loaded:
            self._load(db)
            self._then = now
        if self.playing:
            self.at = min(self._clock.length, self.at + (now - self._then) * self.speed)
            if self.at >= self._clock.length:
                self.playing = False
        self._then = now
        self._apply()
        if self.following:
            self._follow()
        if self._turned:
            self._read_scenario(db)
        moment = self._clock.moment(self.at)
        return Snapshot(
            run=self.run,
            state=self._state,
            scenario=self.scenario,
            rows=self._board.rows(),
            panes=self._panes(db, moment),
            tallies=self._board.tallies(),
            counts=self._board.counts(),
            transport=Transport(
                at=self.at,
                length=self._clock.length,
                playing=self.playing,
                speed=self.speed,
                ticks=self._ticks,
                following=self.following,
                shortened_s=self._clock.shortened_s,
            ),
        )

    def _load(self, db: Database) -> None:
        from align_tui.store.results import all_results, states

        assert self.run is not None
        head = db.one("SELECT state FROM runs WHERE id=?", (self.run,))
        self._state = str(head["state"]) if head is not None else ""
        self._states = states(db, self.run)
        final = {state.id: state for state in self._states}
        periods = [
            (result.sample, result.started, result.finished)
            for result in all_results(db, self.run)
            if result.sample in final
        ]
        self._clock = make_clock((start, end) for _, start, end in periods)
        for sample, start, end in periods:
            state = final[sample]
            place = (state.scenario, state.profile, state.repeat)
            second = self._clock.second
            self._events.append(Event(place, second(start), second(end), start, cell_of(state)))
        self._events.sort(key=lambda event: event.ended)
        self._by_start = sorted(self._events, key=lambda event: event.started)
        self._ticks = tuple((event.ended, event.place[1], event.cell) for event in self._events)
        self._loaded = True

    def _apply(self) -> None:
        """Bring the board to the playhead; going back begins from the start."""
        if self.at < self._applied or self._applied < 0:
            self._board.load(())
            for state in self._states:
                place = (state.scenario, state.profile, state.repeat)
                self._board.put(place, Cell(state.id, "pending"))
            self._begun = self._finished = 0
        at = self.at if self.at < self._clock.length else float("inf")
        begun = bisect_right(self._by_start, at, key=lambda event: event.started)
        ended = bisect_right(self._events, at, key=lambda event: event.ended)
        for event in self._by_start[self._begun : begun]:
            if event.ended > at:
                self._board.put(event.place, Cell(event.cell.sample, "running"))
        for event in self._events[self._finished : ended]:
            self._board.put(event.place, event.cell)
        self._begun, self._finished, self._applied = begun, ended, self.at

    def _follow(self) -> None:
        running = [
            event.place[0]
            for event in self._by_start[: self._begun]
            if event.ended > self.at and self.at < self._clock.length
        ]
        if self.scenario in running:
            return
        if running:
            wanted = min(running)
        elif self._finished:
            wanted = self._events[self._finished - 1].place[0]
        else:
            wanted = self._by_start[0].place[0] if self._by_start else 0
        if wanted != self.scenario:
            self.scenario = wanted
            self.turned()

    def _read_scenario(self, db: Database) -> None:
        from align_tui.store.results import results_at

        assert self.run is not None
        self._results = {r.sample: r for r in results_at(db, self.run, self.scenario)}
        self._remarks = read_remarks(db, self.run, self.scenario)
        self._texts.clear()
        self._turned = False

    def _panes(self, db: Database, moment: float) -> tuple[Shown, ...]:
        if not self.study.scenarios:
            return ()
        started: dict[int, float | None] = {
            sample: result.started for sample, result in self._results.items()
        }

        def writing(sample: int) -> tuple[str, int]:
            return self._writing(db, sample, moment)

        row = self._board.row(self.scenario)
        return shown_panes(row, self._results, writing, started, moment, self.repeat, self._remarks)

    def _writing(self, db: Database, sample: int, moment: float) -> tuple[str, int]:
        from align_tui.store.results import responses_of

        if sample not in self._texts:
            self._texts[sample] = responses_of(db, sample)
        replies, result = self._texts[sample], self._results.get(sample)
        if not replies or result is None:
            return "", 0
        elapsed = moment - result.started
        begun = sum(1 for reply in replies if reply.timeline and reply.timeline[0][0] <= elapsed)
        length = characters_at(replies[0].timeline, elapsed)
        return plain(reasoning_so_far(replies[0].raw[:length])), begun
