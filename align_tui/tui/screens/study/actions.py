"""What the study screen has the store do, and what it says about it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from align_tui.core.text.display import one_line
from align_tui.monitor.feeds.feed import SLOW_S, Feed
from align_tui.monitor.feeds.live import LiveFeed
from align_tui.services import queueing
from align_tui.tui.exit_message import ExitMessage
from align_tui.tui.format.panes import current
from align_tui.tui.format.status_text import silent_words
from align_tui.tui.store_thread import StoreThread, raiser

if TYPE_CHECKING:
    from align_tui.monitor.snapshot import Shown
    from align_tui.store.database import Database
    from align_tui.tui.format.decision_detail import Section
    from align_tui.tui.screens.study.screen import StudyScreen

T = TypeVar("T")
LONG = 2_000  # samples of a study that is written in more than a moment
VERDICT_WORDS = {
    "agree": "your verdict: you agree",
    "disagree": "your verdict: you disagree",
    "unsure": "your verdict: you are unsure",
    None: "your verdict is taken back",
}


class StudyActions:
    """Orders to the feed and the desk. Nothing here waits for the database."""

    def __init__(self, screen: StudyScreen) -> None:
        self.screen = screen
        self.run = screen.launch.run
        self.feed: Feed = self.make_feed()
        self.feed.least_s = SLOW_S if screen.launch.low_bandwidth else 0.0
        self.feed.broke = lambda error: self._post(raiser(error))
        self._replaced: set[str] = set()  # workers that do not answer, once another was started
        self.desk = StoreThread(screen.launch.database, self._post, screen.complain)

    def make_feed(self) -> Feed:
        """The feed of this kind of screen."""
        launch = self.screen.launch
        if self.screen.REPLAY:
            from align_tui.monitor.feeds.replay import ReplayFeed

            assert launch.run is not None
            deliver = self.screen.deliver
            return ReplayFeed(launch.database, self.screen.study, launch.run, deliver, launch.speed)
        return LiveFeed(launch.database, self.screen.study, launch.run, self.screen.deliver)

    def _post(self, what: Callable[[], None]) -> None:
        self.screen.post_message(self.screen.Then(what))

    def begin(self) -> None:
        """After the first frame."""
        self.feed.start()
        if self.run is None:
            self._look_for_models()
        if self.screen.launch.autostart and not self.screen.REPLAY:
            self.run_all()

    def _look_for_models(self) -> None:
        """Say of a study that was not asked yet which models would have to be fetched."""
        from align_tui.config.hub import missing_models

        def then(missing: tuple[str, ...]) -> None:
            self.screen.look.missing = missing
            self.screen.repaint()

        self.do(lambda _: missing_models(self.screen.study.profiles), then)

    def end(self) -> None:
        """Before the screen goes."""
        self.feed.stop()
        self.feed.join()
        self.desk.close()

    def show(self) -> None:
        """Have the feed deliver what is looked at."""
        self.feed.show(self.screen.look.scenario, self.screen.look.repeat)

    def do(self, job: Callable[[Database], T], then: Callable[[T], None]) -> None:
        """A job for the desk."""
        self.desk.do(job, then)

    def watch(self) -> None:
        """Once a second: is there a worker that ended with an error, or that does not answer?"""
        self._replace_silent()
        code = self.desk.worker_ended()
        if code and self.screen.snapshot.counts.open:
            from align_tui.store.launch import log_tail

            said = f"The worker ended with status {code}; press space to start another"
            self.do(lambda _: log_tail(), lambda tail: self.screen.complain(said, tail))

    def _replace_silent(self) -> None:
        """Start another worker where those that are there do not answer or are blocked; say so."""
        snapshot, counts = self.screen.snapshot, self.screen.snapshot.counts
        blocked = [worker for worker in snapshot.workers if worker.is_blocked]
        silent = (*snapshot.silent, *blocked)
        if (
            not silent
            or len(blocked) < len(snapshot.workers)
            or snapshot.state != "active"
            or not counts.open
        ):
            return
        fresh = {worker.id for worker in silent} - self._replaced
        if not fresh:
            return
        self._replaced |= fresh

        def started(new: bool) -> None:
            if new:
                self.screen.say(f"{silent_words(silent)}: another is started")

        self.desk.ensure_worker(started, silent)

    def _attach(self, run: str) -> None:
        assert isinstance(self.feed, LiveFeed)
        if run != self.run:
            self.run = run
            self.feed.attach(run)
        else:
            self.feed.reload()

    def _start_worker(self) -> None:
        self.screen.put_away()
        if not self.screen.snapshot.workers:
            self.screen.look.starting = True
            self.screen.repaint()

        def started(new: bool) -> None:
            if not new and self.screen.snapshot.workers:
                self.screen.look.starting = False

        self.desk.ensure_worker(started, self.screen.snapshot.silent)

    def go_on(self, said: str) -> None:
        """Have what is queued decided, and say what this is."""
        self._start_worker()
        self.screen.say(said)

    def writing(self) -> None:
        """Say that a long study is being written: it takes a second for 10,000 scenarios."""
        size = self.screen.painter.planned
        if size > LONG:
            self.screen.say(f"queueing: a study of {size} decisions is written first")

    def _written(self, run: str) -> None:
        if self.screen.painter.planned > LONG:
            self.screen.say("")
        self._attach(run)

    def run_here(self) -> None:
        """Queue this scenario for all profiles."""
        self.screen.trusting.before(self.screen.study, self._run_here)

    def _run_here(self) -> None:
        screen, number = self.screen, self.screen.look.scenario
        if not screen.study.scenarios:
            return

        def job(db: Database) -> tuple[str, int, int]:
            versions = screen.launch.versions
            return queueing.run_scenario(db, screen.study, self.run, number, versions)

        def then(done: tuple[str, int, int]) -> None:
            run, new, again = done
            self._written(run)
            if new or again or screen.snapshot.counts.open:
                self._start_worker()
            if again:
                screen.say(f"asked again: {again} that failed")
            elif not new:
                screen.say("everyone was asked here already")

        self.writing()
        self.do(job, then)

    def ask_again(self) -> None:
        """Queue the focused sample again, which failed; the others stay as they are."""
        screen, run, shown = self.screen, self.run, self._focused()
        if run is None or shown is None or shown.status != "failed" or shown.sample is None:
            screen.say("nothing failed here: x asks again where something did")
            return
        place, sample = (screen.look.scenario, shown.profile, shown.repeat), shown.sample

        def then(again: int) -> None:
            self._attach(run)
            if again:
                self._start_worker()
            screen.say("asked again" if again else "someone else asked again already")

        def ask() -> None:
            self.do(lambda db: queueing.ask_again(db, screen.study, run, place, sample), then)

        screen.trusting.before(screen.study, ask)

    def run_all(self) -> None:
        """Queue the whole study."""
        self.screen.trusting.before(self.screen.study, self._run_all)

    def _run_all(self) -> None:
        screen = self.screen

        def then(done: tuple[str, int]) -> None:
            run, new = done
            self._written(run)
            if new or screen.snapshot.counts.open:
                self._start_worker()
            elif not new:
                screen.say("the whole study was asked already")

        self.writing()
        self.do(
            lambda db: queueing.run_all(db, screen.study, self.run, screen.launch.versions), then
        )

    def pause(self) -> None:
        """Pause what runs, or go on."""
        screen, snapshot = self.screen, self.screen.snapshot
        run = self.run
        if run is None:
            screen.say("nothing runs yet: enter asks for this scenario, a for all")
        elif not snapshot.counts.open:
            screen.say("nothing is left to decide")
        elif snapshot.state == "active" and (snapshot.workers or screen.look.starting):
            self._set_state(run, "paused", lambda: screen.say("paused; what runs may finish"))
        else:
            screen.trusting.before(
                screen.study, lambda: self._set_state(run, "active", self._start_worker)
            )

    def _set_state(self, run: str, state: str, then: Callable[[], None]) -> None:
        def after(_: None) -> None:
            if isinstance(self.feed, LiveFeed):
                self.feed.reload()
            then()

        self.do(lambda db: queueing.set_state(db, run, state), after)

    def look_inside(self) -> None:
        """Read the focused decision's replies and open them."""
        screen = self.screen
        shown = self._focused()
        if shown is None or shown.sample is None or shown.status not in ("done", "failed"):
            screen.say("there is something inside once it is decided")
            return
        sample, scenario = shown.sample, screen.study.scenarios[screen.look.scenario]
        profile = screen.study.profiles[shown.profile]

        def job(db: Database) -> tuple[Section, ...]:
            from align_tui.monitor.decision_detail import read_detail
            from align_tui.tui.format.decision_detail import sections

            detail = read_detail(db, screen.study.rule, profile, scenario, shown)
            return sections(detail, screen.glyphs)

        def then(sections: tuple[Section, ...]) -> None:
            from align_tui.tui.screens.decision.screen import DecisionScreen

            name = f"{shown.origin or self.run}-{sample}"
            screen.app.push_screen(DecisionScreen(sections, name, self, screen.glyphs))

        self.do(job, then)

    def compare(self) -> None:
        """Open the comparison: the focused column beside another one of this run."""
        screen, run = self.screen, self.run
        if run is None:
            screen.say("there is something to compare once something is decided")
            return
        from align_tui.monitor.columns import ColumnKey
        from align_tui.tui.screens.compare.screen import CompareScreen

        profiles = range(len(screen.study.profiles))
        second = screen.look.focus or min(1, len(profiles) - 1)
        keys = [ColumnKey(run, index) for index in profiles]
        database = screen.launch.database
        screen.app.push_screen(CompareScreen(database, keys, 0, second, screen.glyphs))

    def _focused(self) -> Shown | None:
        """What the focused pane shows; of a scenario just turned to, what the list knows."""
        panes, look = self.screen.snapshot.panes, self.screen.look
        if look.focus >= len(panes):
            return None
        return current(panes[look.focus], self.screen.snapshot, look.scenario)[0]

    def _decided(self) -> int | None:
        """The focused decision's sample; None, and said, where there is none."""
        shown = self._focused()
        if shown is None or shown.status != "done":
            self.screen.say("that needs a decision")
            return None
        return shown.sample

    def bookmark(self) -> None:
        """Bookmark the focused decision, or take the bookmark away."""
        sample = self._decided()
        if sample is None:
            return

        def job(db: Database) -> bool:
            from align_tui.store.run_annotations import toggle_bookmark

            return toggle_bookmark(db, sample)

        def then(kept: bool) -> None:
            self.feed.annotated()
            self.screen.say("bookmarked" if kept else "no longer bookmarked")

        self.do(job, then)

    def give_verdict(self) -> None:
        """Turn the verdict on the focused decision on."""
        sample = self._decided()
        if sample is None:
            return

        def job(db: Database) -> str | None:
            from align_tui.store.run_annotations import next_verdict

            return next_verdict(db, sample)

        def then(verdict: str | None) -> None:
            self.feed.annotated()
            self.screen.say(VERDICT_WORDS[verdict])

        self.do(job, then)

    def searched(self, found: Sequence[tuple[int, int | None]] | None) -> None:
        """The search was closed: with hits, the first of them being the chosen one."""
        if found:
            self.screen.look.hits = tuple(found)
            self.screen.go_to_hit(0)

    def leave(self) -> None:
        """Leave at once, or ask while something runs."""
        screen, counts = self.screen, self.screen.snapshot.counts
        working = screen.snapshot.state == "active" and counts.open
        if screen.REPLAY or not (working or counts.running):
            self.part(screen.snapshot.state)
            return
        from align_tui.tui.dialogs.leave import LeaveDialog

        screen.app.push_screen(
            LeaveDialog(one_line(screen.study.name), counts, screen.glyphs.ascii), self._answered
        )

    def _answered(self, answer: str | None) -> None:
        run = self.run
        if answer == "leave":
            self.part("active")
        elif answer == "stop" and run is not None:
            self._set_state(run, "stopped", lambda: self.part("stopped"))

    def part(self, state: str) -> None:
        """Close the screen; what can be done next is said afterwards."""
        counts = self.screen.snapshot.counts
        done = ExitMessage(self.run, state, counts.done + counts.failed, counts.total)
        self.screen.app.exit(done)
