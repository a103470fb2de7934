"""The live feed: it reads what changed in the database."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from align_tui.core.margins import margin_of
from align_tui.core.text.display import one_line
from align_tui.core.time_left import TimeLeft
from align_tui.monitor.feeds.bases import Bases
from align_tui.monitor.feeds.before import DecisionsBefore
from align_tui.monitor.feeds.cuts import Cuts
from align_tui.monitor.feeds.doubts import RunFindings
from align_tui.monitor.feeds.feed import MANY_S, ONE_S, Feed
from align_tui.monitor.feeds.inherited import InheritedDecisions
from align_tui.monitor.feeds.panes import shown_panes, shown_repeat
from align_tui.monitor.feeds.streams import Streams
from align_tui.monitor.feeds.thoughts import Thoughts
from align_tui.monitor.run_state import RunState
from align_tui.monitor.snapshot import Cell, Snapshot

if TYPE_CHECKING:
    from align_tui.config.study import Study
    from align_tui.core.time_spent import TimeSpent
    from align_tui.store.database import Database
    from align_tui.store.leases import Watch
    from align_tui.store.queue import Depth
    from align_tui.store.results import Result
    from align_tui.store.workers import WorkerRow

CHECK_S = 0.5  # seconds between two looks at the workers and the counts
DEPTH_S = 2.0  # between two counts of all pending samples, which take 20 ms for 200,000
PAGE = 500


class LiveFeed(Feed):
    """Follows one run and the workers; while there is no run, only the workers."""

    def __init__(
        self, database: Path, study: Study, run: str | None, deliver: Callable[[Snapshot], None]
    ) -> None:
        super().__init__(database, study, run, deliver)
        self._board = RunState(study)
        self._ancestry = InheritedDecisions(study)
        self._before = DecisionsBefore(study)
        self._streams, self._thoughts, self._bases = Streams(), Thoughts(), Bases()
        self._cuts = Cuts()
        self._findings = RunFindings(study)
        self._results: dict[int, Result] = {}  # on the shown scenario
        self._ahead: dict[int, int] = {}  # of pending samples on the shown scenario
        self._started: dict[int, float | None] = {}  # of all running samples
        self._attempts: dict[int, int] = {}  # of all running samples
        self._holders: dict[int, str] = {}  # the workers of all running samples
        self._in_worker: frozenset[int] = frozenset()  # running samples that wait in their worker
        self._seq = 0
        self._stale, self._turned = True, True
        self._version: int | None = None
        self._checked = -CHECK_S  # by the monotonic clock
        self._watch: Watch | None = None
        self._workers: tuple[WorkerRow, ...] = ()
        self._silent: tuple[WorkerRow, ...] = ()
        self._lost: tuple[WorkerRow, ...] = ()
        self._depth: Depth | None = None
        self._depth_at = -DEPTH_S
        self._spent: TimeSpent | None = None
        self._worker_error = ""
        self._time_left, self._ends = TimeLeft(), 0

    def attach(self, run: str) -> None:
        """Follow a run from now on."""

        def go() -> None:
            self.run, self._stale = run, True
            self._time_left, self._ends = TimeLeft(), 0

        self.order(go)

    def reload(self) -> None:
        """Read the whole state again, since this process just changed it."""

        def go() -> None:
            self._stale = True

        self.order(go)

    def turned(self) -> None:
        """Have the next tick read the shown scenario again."""
        self._turned = True
        self._version = None

    def interval(self) -> float:
        """Deliver twice as often when a single pane streams."""
        return ONE_S if len(self._streams) == 1 else MANY_S

    def tick(self, db: Database) -> Snapshot | None:
        """Read what changed, in one consistent view of the database."""
        now = time.monotonic()
        check = now - self._checked >= CHECK_S
        version = db.version()
        changed = self._version != version or self._stale or self._turned
        # Without a change it checks every CHECK_S: a worker may die, and elapsed times grow.
        if not changed and not check:
            return None
        if check:
            db.check_there()
        self._version = version
        state, error = "", ""
        with db.snapshot():
            if check:
                self._checked = now
                self._look_at_workers(db, now)
            if self.run is not None:
                state, error = self._read_run(db, self.run, check)
                self.annotations.read(db, self.run, version)
                if not error:
                    self._findings.read(db, self.run, self._seq, now)
        if not error and self._board.counts().open and state == "active" and not self._workers:
            error = self._worker_error
        return Snapshot(
            run=self.run,
            state=state,
            scenario=self.scenario,
            rows=self._board.rows(),
            panes=shown_panes(
                self._board.row(self.scenario),
                self._cuts.marked(self._ancestry.results | self._results),
                self._thoughts.found,
                self._bases.found,
                self._streams.so_far,
                self._started,
                time.time(),
                self.repeat,
                self.annotations.current,
                self._ahead,
                self._blocked(),
                self._before.found,
                self._in_worker,
            )
            if self.study.scenarios
            else (),
            tallies=self._board.tallies(),
            overview=self._board.overview(),
            counts=self._board.counts(),
            workers=self._workers,
            silent=self._silent,
            lost=self._lost,
            queue=self._depth,
            spent=self._spent,
            in_worker=len(self._in_worker),
            left_s=self._left(now, state),
            error=error,
            annotations=self.annotations.current,
            findings=self._findings.found,
        )

    def _read_run(self, db: Database, run: str, check: bool) -> tuple[str, str]:
        from align_tui.store.runs import state_of

        state = state_of(db, run)
        if state is None:
            return "", "This run is no longer in the database"
        if self._stale:
            self._load(db, run)
        else:
            self._read_results(db, run)
            self._read_running(db, run)
            if check and (self._differs(db, run) or self._ancestry.refresh(db, run)):
                self._load(db, run)
        if self._turned or check:
            self._read_ahead(db, run)
        if self._turned:
            self._read_scenario(db, run)
        self._read_text(db)
        ended = self._ancestry.results | self._results
        self._thoughts.read(db, ended)
        self._bases.read(db, ended)
        if self.study.scenarios:
            self._before.read(db, run, self.scenario, self._board.row(self.scenario))
        self._cuts.read(db, ended)
        return state, ""

    def _load(self, db: Database, run: str) -> None:
        """Read every sample's state; later ticks read only what changes."""
        from align_tui.store.results import last_seq, states

        self._ancestry.refresh(db, run)
        self._board.load(states(db, run), self._ancestry.cells)
        self._seq = last_seq(db, run)
        self._stale, self._turned = False, True
        self._read_running(db, run)

    def _read_results(self, db: Database, run: str) -> None:
        from align_tui.store.results import results_after, scores_of

        while page := results_after(db, run, self._seq, PAGE):
            scores = scores_of(db, [result.sample for result in page])
            for result in page:
                found = scores[result.sample]
                cell = Cell(
                    result.sample,
                    "failed" if result.error_kind else "done",
                    result.choice,
                    tuple((target, score.correct) for target, score in found.items()),
                    result.finished,
                    margin=margin_of(result.probabilities),
                )
                self._board.put((result.scenario, result.profile, result.repeat), cell)
                self._ends += 1
                if result.scenario == self.scenario:
                    self._results[result.sample] = result
            self._seq = page[-1].seq
            if len(page) < PAGE:
                break

    def _read_running(self, db: Database, run: str) -> None:
        from align_tui.store.queue import running

        found = running(db, run)
        now_running = {each.id: each.started for each in found}
        for each in found:
            place = (each.scenario, each.profile, each.repeat)
            cell = self._board.places.get(each.id)
            known = self._board.get(place) if cell is not None else None
            now = Cell(each.id, "running", begun=each.begun)
            if known != now:
                self._board.put(place, now)
        for sample in self._started:
            place_of = self._board.places.get(sample)
            if sample not in now_running and place_of is not None:
                cell_there = self._board.get(place_of)
                if cell_there is not None and cell_there.status == "running":
                    self._board.set_status(sample, "pending")  # its worker put it back
        self._started = now_running
        self._attempts = {each.id: each.attempt for each in found}
        self._holders = {each.id: each.worker for each in found}
        self._in_worker = frozenset(each.id for each in found if not each.begun)

    def _differs(self, db: Database, run: str) -> bool:
        """True if the database counts other samples by status than this feed."""
        from align_tui.store.queue import by_status

        ours = self._board.counts()
        return by_status(db, run) != {
            name: n
            for name, n in (
                ("done", ours.done),
                ("failed", ours.failed),
                ("running", ours.running),
                ("pending", ours.pending),
            )
            if n
        }

    def _read_scenario(self, db: Database, run: str) -> None:
        from align_tui.store.results import results_at

        self._results = {r.sample: r for r in results_at(db, run, self.scenario)}
        if self.study.scenarios:
            self._ancestry.look_at(db, self._board.row(self.scenario))
        self._streams.clear()
        self._turned = False

    def _read_text(self, db: Database) -> None:
        row = self._board.row(self.scenario)
        running = {
            cell.sample: self._attempts.get(cell.sample)
            for repeats in row
            for cell in repeats
            if cell is not None and cell.status == "running"
        }
        self._streams.watch(running)
        self._streams.read(db)

    def _read_ahead(self, db: Database, run: str) -> None:
        from align_tui.store.queue import ahead

        row = self._board.row(self.scenario)
        cells = [repeats[shown_repeat(repeats, self.repeat)] for repeats in row]
        waiting = [cell.sample for cell in cells if cell is not None and cell.status == "pending"]
        # Without a worker the queue does not move, and the panes say that instead.
        self._ahead = ahead(db, run, waiting) if waiting and self._workers else {}

    def _look_at_workers(self, db: Database, now: float) -> None:
        from align_tui.store.leases import Watch
        from align_tui.store.queue import depth
        from align_tui.store.time_spent import recent

        if self._watch is None:
            self._watch = Watch()
        seen = self._watch.look(db)
        self._workers = (*seen.answering, *seen.blocked)
        self._silent, self._lost = seen.silent, seen.gone
        if now - self._depth_at >= DEPTH_S:
            self._depth, self._depth_at = depth(db), now
            self._spent = recent(db, self.run) if self.run is not None else None
        known = (*self._workers, *seen.silent, *seen.gone)
        failed = [worker.error for worker in known if worker.error]
        self._worker_error = one_line(failed[-1] or "") if failed else ""

    def _blocked(self) -> dict[int, str]:
        """The messages about samples that block their workers, by sample."""
        errors = {w.id: one_line(w.error or "") for w in self._workers if w.is_blocked}
        if not errors:
            return {}
        return {sample: errors[w] for sample, w in self._holders.items() if errors.get(w)}

    def _left(self, now: float, state: str) -> float | None:
        """Seconds until the run ends; None while they are not known within a factor of two."""
        counts = self._board.counts()
        working = state == "active" and bool(counts.running) and bool(self._workers)
        self._time_left.look(now, self._ends, working=working)
        if state != "active" or not self._workers or self._board.is_unmeasured():
            return None
        left = self._time_left.seconds(counts.open)
        # In whole seconds, so that the estimate alone does not make ten new snapshots a second.
        return None if left is None else float(round(left))
