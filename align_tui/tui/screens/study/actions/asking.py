"""Actions that queue a scenario, a study or a failed decision, and pause or stop the run."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from align_tui.core.text.plurals import counted
from align_tui.services import queueing
from align_tui.services.cancel import cancel_run
from align_tui.tui.format.status_text import cancelled_words

if TYPE_CHECKING:
    from align_tui.monitor.rows import Cancelled
    from align_tui.tui.screens.study.actions.trusting import Trusting
    from align_tui.tui.screens.study.actions.workers import Workers
    from align_tui.tui.screens.study.host import StudyHost
    from align_tui.tui.screens.study.session import Session
    from align_tui.tui.screens.study.view_state import ViewState

LONG = 2_000  # samples above which writing a study takes more than a moment


class Asking:
    """Queues samples. No method waits for the database."""

    def __init__(
        self,
        state: ViewState,
        session: Session,
        host: StudyHost,
        trusting: Trusting,
        workers: Workers,
    ) -> None:
        self.state, self.session, self.host = state, session, host
        self._trusting, self._workers = trusting, workers

    def look_for_models(self) -> None:
        """Find the models of a new study that are not on this machine, for the empty screen."""
        from align_tui.config.hub import missing_models

        def then(missing: tuple[str, ...]) -> None:
            self.state.missing = missing
            self.host.repaint()

        self.session.do(lambda _: missing_models(self.session.study.profiles), then)

    def go_on(self, notice: str) -> None:
        """Start a worker for what is queued, and show a notice."""
        self._workers.start()
        self.host.say(notice)

    def writing(self) -> None:
        """Show a notice that a long study is being written (a second for 10,000 scenarios)."""
        size = self.session.planned
        if size > LONG:
            self.host.say(f"queueing the study: writing {counted(size, 'sample')}")

    def _written(self, run: str) -> None:
        if self.session.planned > LONG:
            self.host.say("")
        self.session.attach(run)

    def run_here(self) -> None:
        """Queue this scenario for all profiles."""
        self._trusting.before(self.session.study, self._run_here)

    def _run_here(self) -> None:
        session, number = self.session, self.state.scenario
        if not session.study.scenarios:
            return
        here = session.study.scenarios[number]
        if not any(session.study.takes(each, here) for each in session.study.profiles):
            self.host.say("nothing to run: this scenario has no labels for the targets")
            return

        def then(done: tuple[str, int, int]) -> None:
            run, new, again = done
            self._written(run)
            if new or again or session.snapshot.counts.open:
                self._workers.start()
            if again:
                self.host.say(f"queued again: {counted(again, 'failed decision')}")
            elif not new:
                self.host.say("all profiles have decided this scenario, or are queued for it")

        self.writing()
        session.do(
            lambda db: queueing.run_scenario(
                db, session.study, session.run, number, session.launch.versions
            ),
            then,
            holds=True,
        )

    def run_all(self) -> None:
        """Queue the whole study."""
        self._trusting.before(self.session.study, self._run_all)

    def _run_all(self) -> None:
        session = self.session
        if not session.planned:
            self.host.say("nothing to run: this study plans no decisions")
            return

        def then(done: tuple[str, int]) -> None:
            run, new = done
            self._written(run)
            if new or session.snapshot.counts.open:
                self._workers.start()
            elif not new:
                self.host.say("the whole study is already decided or queued")

        self.writing()
        session.do(
            lambda db: queueing.run_all(db, session.study, session.run, session.launch.versions),
            then,
            holds=True,
        )

    def ask_again(self) -> None:
        """Queue the focused sample again if it failed; other samples stay as they are."""
        session, run, shown = self.session, self.session.run, self.session.focused(self.state)
        if run is None or shown is None or shown.status != "failed" or shown.sample is None:
            tail = ": {study.ask_again} retries a failed decision"
            self.host.say(self.host.names.sentence("nothing failed here", tail))
            return
        place, sample = (self.state.scenario, shown.profile, shown.repeat), shown.sample

        def then(again: int) -> None:
            session.attach(run)
            if again:
                self._workers.start()
            self.host.say("queued again" if again else "this decision is already queued again")

        def ask() -> None:
            session.do(
                lambda db: queueing.ask_again(db, session.study, run, place, sample),
                then,
                holds=True,
            )

        self._trusting.before(session.study, ask)

    def pause(self) -> None:
        """Pause the run, or resume it."""
        session, host = self.session, self.host
        run, snapshot = session.run, session.snapshot
        if run is None:
            tails = (": {study.run_scenario} runs this scenario", ", {study.run_all} runs all")
            host.say(host.names.sentence("nothing runs yet", *tails))
        elif not snapshot.counts.open:
            host.say("nothing is left to decide")
        elif snapshot.state == "active" and (snapshot.workers or self.state.starting):
            self._set_state(
                run,
                "paused",
                lambda: host.say("paused: running samples still finish"),
            )
        else:
            self._trusting.before(
                session.study, lambda: self._set_state(run, "active", self._workers.start)
            )

    def cancel(self) -> None:
        """Stop the running and the pending samples. The user can resume the run."""
        session, host = self.session, self.host
        run = session.run
        if run is None or not session.snapshot.counts.open:
            host.say("nothing is left to decide")
            return

        def then(cancelled: Cancelled) -> None:
            session.reload()
            tails = () if cancelled.nothing else ("; {study.pause} resumes",)
            host.say(host.names.sentence(cancelled_words(cancelled), *tails))

        session.do(lambda db: cancel_run(db, run), then, holds=True)

    def stop(self, then: Callable[[], None]) -> None:
        """Stop the run, if there is one, and call `then` afterwards."""
        if self.session.run is not None:
            self._set_state(self.session.run, "stopped", then)

    def _set_state(self, run: str, state: str, then: Callable[[], None]) -> None:
        def after(_: None) -> None:
            self.session.reload()
            then()

        self.session.do(lambda db: queueing.set_state(db, run, state), after, holds=True)
