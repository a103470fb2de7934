"""The replaying feed: it plays stored results and their timed texts by a clock of its own."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from align_tui.monitor.feeds.bases import Bases
from align_tui.monitor.feeds.before import DecisionsBefore
from align_tui.monitor.feeds.cuts import Cuts
from align_tui.monitor.feeds.feed import ONE_S, Feed
from align_tui.monitor.feeds.inherited import InheritedDecisions
from align_tui.monitor.feeds.panes import shown_panes
from align_tui.monitor.feeds.playhead import Playhead
from align_tui.monitor.feeds.replay_clock import nearest, second_of
from align_tui.monitor.feeds.replayed import ReplayedRun, ReplayedTexts
from align_tui.monitor.feeds.thoughts import Thoughts
from align_tui.monitor.feeds.timeline import Recording, read_recording, token_seconds
from align_tui.monitor.findings import read_findings
from align_tui.monitor.snapshot import Shown, Snapshot, Transport

if TYPE_CHECKING:
    from align_tui.config.study import Study
    from align_tui.core.findings.base import Finding
    from align_tui.monitor.feeds.written import Written
    from align_tui.store.database import Database


class ReplayFeed(Feed):
    """Plays a run. It reads texts for the shown scenario only.

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
        self.head = Playhead(speed, now)
        self.following = True
        self._replayed = ReplayedRun(study)
        self._texts = ReplayedTexts()
        self._ancestry = InheritedDecisions(study)
        self._before = DecisionsBefore(study)
        self._thoughts, self._bases, self._cuts = Thoughts(), Bases(), Cuts()
        self._recording: Recording | None = None
        self._token_steps = 0
        self._tokens: list[float] | None = None  # of the shown scenario, read when needed
        self._turned = True
        self._findings: tuple[Finding, ...] | None = None  # read when they are needed

    # Orders from the event loop

    def toggle(self) -> None:
        """Play or pause; at the end, play from the start."""
        self.order(self.head.toggle)

    def seek(self, seconds: float, *, absolute: bool = False) -> None:
        """Move the playhead by, or to, a number of seconds of playing."""
        self.order(lambda: self.head.go(seconds if absolute else self.head.at + seconds))

    def seek_share(self, share: float) -> None:
        """Move the playhead to a share of the whole recording, from 0 to 1."""
        self.order(lambda: self.head.go(share * self.head.length))

    def seek_words(self, words: str, refuse: Callable[[], None]) -> None:
        """Move to the second that the text names; call `refuse` if it names none."""

        def go() -> None:
            second = second_of(words, self.head.length)
            refuse() if second is None else self.head.go(second)

        self.order(go)

    def seek_decision(self, step: int) -> None:
        """Move to the decision before or after the playhead."""

        def go() -> None:
            found = nearest(self._recording.ends, self.head.at, step) if self._recording else None
            self.head.go_to_end(step) if found is None else self.head.go(found)

        self.order(go)

    def seek_scenario(self, step: int) -> None:
        """Move to the first decision on the scenario before or after, and show that scenario."""

        def go() -> None:
            head, recording = self.head, self._recording
            found = recording.scenario_near(head.at, step) if recording else None
            if found is None:
                head.go_to_end(step)
                return
            head.go(found[0])
            self.scenario, self.repeat, self.following = found[1], None, True
            self.turned()

        self.order(go)

    def seek_token(self, step: int) -> None:
        """Pause, and move to the last or next second at which a text on the scenario grows."""

        def go() -> None:
            self.head.playing = False
            self._token_steps += step  # the next tick reads when the texts grow

        self.order(go)

    def change_speed(self, step: int) -> None:
        """Play faster (1) or slower (-1)."""
        self.order(lambda: self.head.change_speed(step))

    def follow(self) -> None:
        """Always show the scenario that is being decided."""

        def go() -> None:
            self.following, self.repeat = True, None

        self.order(go)

    def show(self, scenario: int, repeat: int | None = None) -> None:
        """Show a scenario that the user chose, and do not follow the decisions any more."""

        def go() -> None:
            self.following = False
            self.scenario, self.repeat = scenario, repeat
            self.turned()

        self.order(go)

    # The feed's own thread

    def opened(self, db: Database) -> None:
        """Read the recording before any order, so that a seek covers all of it."""
        self._read(db)

    def turned(self) -> None:
        """Read texts for another scenario."""
        self._turned = True

    def interval(self) -> float:
        """Deliver twenty frames a second, so that playing is smooth."""
        return ONE_S

    def tick(self, db: Database) -> Snapshot | None:
        """Advance the clock, apply what happened until then, and make a snapshot."""
        recording, head, replayed = self._read(db), self.head, self._replayed
        head.advance()
        if self._token_steps:
            self._step_tokens(db, recording)
        ended = head.at >= head.length
        replayed.apply(recording, self._ancestry.cells, head.at, ended=ended)
        if self.following:
            decided = replayed.decided(recording, self.scenario)
            if decided != self.scenario:
                self.scenario = decided
                self.turned()
        if self._turned:
            self._read_scenario(db)
        assert self.run is not None
        annotations = self.annotations.read(db, self.run, db.version())
        board = replayed.board
        return Snapshot(
            run=self.run,
            state=recording.state,
            scenario=self.scenario,
            rows=board.rows(),
            panes=self._panes(db, recording.clock.moment(head.at)),
            tallies=board.tallies(),
            overview=board.overview(),
            counts=board.counts(),
            transport=Transport(
                at=head.at,
                length=head.length,
                playing=head.playing,
                speed=head.speed,
                ticks=recording.ticks,
                following=self.following,
                shortened_s=recording.clock.shortened_s,
            ),
            annotations=annotations,
            findings=self._doubts(db) if ended else (),
        )

    def _doubts(self, db: Database) -> tuple[Finding, ...]:
        """The findings of the whole run: a replay ends with them, as the live screen does."""
        if self._findings is None:
            assert self.run is not None, "only a run is replayed"
            self._findings = read_findings(db, self.run, self.study)
        return self._findings

    def _read(self, db: Database) -> Recording:
        if self._recording is None:
            assert self.run is not None
            self._recording = read_recording(db, self.run)
            self._ancestry.refresh(db, self.run)
            self._replayed.board.load((), self._ancestry.cells)
            self.head.begin(self._recording.clock.length)
        return self._recording

    def _read_scenario(self, db: Database) -> None:
        assert self.run is not None
        self._texts.turn_to(db, self.run, self.scenario)
        if self.study.scenarios:
            self._ancestry.look_at(db, self._replayed.board.row(self.scenario))
        ended = self._ancestry.results | self._texts.results
        self._thoughts.read(db, ended)
        self._bases.read(db, ended)
        self._cuts.read(db, ended)
        self._tokens = None
        self._turned = False

    def _step_tokens(self, db: Database, recording: Recording) -> None:
        if self._turned:
            self._read_scenario(db)
        if self._tokens is None:
            results, replies = self._texts.results.values(), self._texts.replies
            texts = [(each, replies(db, each.sample)) for each in results]
            self._tokens = token_seconds(recording.clock, texts)
        step = 1 if self._token_steps > 0 else -1
        for _ in range(abs(self._token_steps)):
            found = nearest(self._tokens, self.head.at, step)
            if found is None:  # something may still happen on another scenario
                found = nearest(recording.edges, self.head.at, step)
            self.head.go_to_end(step) if found is None else self.head.go(found)
        self._token_steps = 0

    def _panes(self, db: Database, moment: float) -> tuple[Shown, ...]:
        if not self.study.scenarios:
            return ()
        results = self._texts.results
        started: dict[int, float | None] = {
            sample: result.started for sample, result in results.items()
        }

        def writing(sample: int) -> Written:
            return self._texts.writing(db, sample, moment)

        row, annotations = self._replayed.board.row(self.scenario), self.annotations.current
        known = self._cuts.marked(self._ancestry.results | results)
        thoughts = self._thoughts.found
        bases, repeat = self._bases.found, self.repeat
        assert self.run is not None, "only a run is replayed"
        self._before.read(db, self.run, self.scenario, row)
        before = self._before.found
        in_worker = {
            cell.sample
            for repeats in row
            for cell in repeats
            if cell is not None
            and cell.status == "running"
            and self._texts.waits(db, cell.sample, moment)
        }
        return shown_panes(
            *(row, known, thoughts, bases, writing, started, moment, repeat, annotations),
            *({}, {}, before, in_worker),
        )
