"""The state of a recording at one moment: each sample's state and the texts so far."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from align_tui.monitor.feeds.replay_clock import ROUNDING_S, characters_at
from align_tui.monitor.feeds.timeline import Recording
from align_tui.monitor.feeds.written import NOTHING, Written, written
from align_tui.monitor.run_state import RunState, SampleKey
from align_tui.monitor.snapshot import Cell

if TYPE_CHECKING:
    from collections.abc import Iterable

    from align_tui.config.study import Study
    from align_tui.store.database import Database
    from align_tui.store.results import Result, StoredResponse


class ReplayedRun:
    """Every sample as it was at the playhead. A step forward costs only what happened since."""

    def __init__(self, study: Study) -> None:
        self.board = RunState(study)
        self._applied = -1.0
        self._begun = self._finished = 0
        self._running: set[SampleKey] = set()

    def apply(
        self,
        recording: Recording,
        inherited: Iterable[tuple[SampleKey, Cell]],
        at: float,
        *,
        ended: bool,
    ) -> None:
        """Bring the samples to their state at second `at`; going back begins from the start.

        With `ended` this is the end of the recording, and all samples have ended, even if rounding
        puts one later.
        """
        if at < self._applied or self._applied < 0:
            self.board.load((), inherited)
            self._running.clear()
            for state in recording.states:
                place = (state.scenario, state.profile, state.repeat)
                self.board.put(place, Cell(state.id, "pending"))
            self._begun = self._finished = 0
        until = float("inf") if ended else at
        begun = bisect_right(recording.by_start, until, key=lambda event: event.started)
        finished = bisect_right(recording.ends, until)
        for event in recording.by_start[self._begun : begun]:
            if event.ended > until:
                self.board.put(event.place, Cell(event.cell.sample, "running"))
                self._running.add(event.place)
        for event in recording.by_end[self._finished : finished]:
            self.board.put(event.place, event.cell)
            self._running.discard(event.place)
        self._begun, self._finished, self._applied = begun, finished, at

    def decided(self, recording: Recording, shown: int) -> int:
        """The scenario that is being decided; of several the shown one, if it is among them."""
        running = {place[0] for place in self._running}
        if shown in running:
            return shown
        if running:
            return min(running)
        if self._finished:
            return recording.by_end[self._finished - 1].place[0]
        return recording.by_start[0].place[0] if recording.by_start else 0


class ReplayedTexts:
    """The replies to the samples on the shown scenario, as far as they were written."""

    def __init__(self) -> None:
        self.results: dict[int, Result] = {}
        self._replies: dict[int, list[StoredResponse]] = {}

    def turn_to(self, db: Database, run: str, scenario: int) -> None:
        """Read the results on another scenario; its replies are read when they are needed."""
        from align_tui.store.results import results_at

        self.results = {r.sample: r for r in results_at(db, run, scenario)}
        self._replies.clear()

    def replies(self, db: Database, sample: int) -> list[StoredResponse]:
        """The replies of one sample, in order."""
        from align_tui.store.results import responses_of

        if sample not in self._replies:
            self._replies[sample] = responses_of(db, sample)
        return self._replies[sample]

    def waits(self, db: Database, sample: int, moment: float) -> bool:
        """True if no model had begun to read for the sample, at a moment since the epoch.

        A reply's mark without characters says when its model began; a reply of an earlier version
        from a server has none, and counts as begun.
        """
        replies, result = self.replies(db, sample), self.results.get(sample)
        begins = [reply.timeline[0] for reply in replies if reply.timeline]
        if not begins or result is None or any(characters for _, characters in begins):
            return False
        return moment - result.started + ROUNDING_S < min(at for at, _ in begins)

    def writing(self, db: Database, sample: int, moment: float) -> Written:
        """The text of a sample at a moment, in seconds since the epoch."""
        replies, result = self.replies(db, sample), self.results.get(sample)
        if not replies or result is None:
            return NOTHING
        elapsed = moment - result.started + ROUNDING_S
        begun = sum(characters_at(reply.timeline, elapsed) > 0 for reply in replies)
        length = characters_at(replies[0].timeline, elapsed)
        return written(replies[0].raw[:length], begun)
