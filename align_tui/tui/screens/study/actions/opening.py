"""Actions that open a screen or dialog: a decision, the comparison, runs, search, saving, help."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from align_tui.tui.format.targets import profile_name

if TYPE_CHECKING:
    from align_tui.core.findings.base import Finding
    from align_tui.monitor.rows import Database, Hit
    from align_tui.monitor.search import Origin, Page
    from align_tui.tui.dialogs.help import HelpFacts
    from align_tui.tui.dialogs.save import Answer
    from align_tui.tui.format.decision_detail import Section
    from align_tui.tui.screens.study.actions.moving import Moving
    from align_tui.tui.screens.study.host import StudyHost
    from align_tui.tui.screens.study.session import Session
    from align_tui.tui.screens.study.view_state import ViewState


class Opening:
    """Opens screens and dialogs; each gets the values that it shows."""

    def __init__(self, state: ViewState, session: Session, host: StudyHost, moving: Moving) -> None:
        self.state, self.session, self.host, self._moving = state, session, host, moving

    def decision(self) -> None:
        """Read the focused decision and open its screen."""
        session, shown = self.session, self.session.focused(self.state)
        if shown is None or shown.sample is None or shown.status not in ("done", "failed"):
            self.host.say("nothing to open: this pane has no decision yet")
            return
        study, glyphs = session.study, session.glyphs
        scenario, profile = study.scenarios[self.state.scenario], study.profiles[shown.profile]
        name = f"{shown.origin or session.run}-{shown.sample}"

        def job(db: Database) -> tuple[Section, ...]:
            from align_tui.monitor.decision_detail import read_detail
            from align_tui.tui.format.decision_detail import sections

            return sections(read_detail(db, study, profile, scenario, shown), glyphs)

        def write(job: Callable[[], Path], then: Callable[[Path], None]) -> None:
            session.do(lambda _: job(), then)

        def then(sections: tuple[Section, ...]) -> None:
            from align_tui.tui.screens.decision.screen import DecisionScreen

            self.host.open(DecisionScreen(sections, name, write, glyphs))

        session.do(job, then, holds=True)

    def compare(self) -> None:
        """Open the comparison with the focused column and another one of this run."""
        from align_tui.monitor.columns import ColumnKey

        session, run = self.session, self.session.run
        if run is None:
            self.host.say("nothing to compare: nothing is decided yet")
            return
        from align_tui.tui.screens.compare.screen import CompareScreen

        profiles = range(len(session.study.profiles))
        second = self.state.focus or min(1, len(profiles) - 1)
        keys = [ColumnKey(run, index) for index in profiles]
        database = session.launch.database
        self.host.open(CompareScreen(database, keys, 0, second, session.glyphs))

    def findings(self) -> None:
        """Read what makes the run's numbers doubtful, and show it."""
        session, run = self.session, self.session.run
        if run is None:
            self.host.say("no findings: nothing is decided yet")
            return
        study = session.study

        def job(db: Database) -> tuple[Finding, ...]:
            from align_tui.monitor.findings import read_findings

            return read_findings(db, run, study)

        def then(findings: tuple[Finding, ...]) -> None:
            from align_tui.tui.dialogs.help import MessageDialog
            from align_tui.tui.format.findings import findings_text

            self.host.open(MessageDialog("findings", findings_text(findings), session.glyphs.ascii))

        session.do(job, then)

    def runs(self) -> None:
        """Open the list of runs."""
        from align_tui.tui.screens.runs.screen import RunsScreen

        session = self.session
        self.host.open(RunsScreen(session.launch.database, session.run, session.glyphs))

    def search(self) -> None:
        """Open the search of scenarios and reasoning."""
        from align_tui.tui.dialogs.search import SearchDialog

        session = self.session
        names = [profile_name(profile) for profile in session.study.profiles]
        dialog = SearchDialog(session.study.scenarios, names, self._search, session.glyphs)
        self.host.ask(dialog, self._moving.searched)

    def _search(
        self, query: str, asked: Callable[[], bool], then: Callable[[Page[Hit]], None]
    ) -> bool:
        run, origins = self.session.run, self._origins()
        from align_tui.monitor.search import Page, search_run

        if run is None:
            return False

        def search(db: Database) -> Page[Hit]:
            return search_run(db, run, query, origins) if asked() else Page([], 0)

        self.session.do(search, then)
        return True

    def _origins(self) -> dict[int, Origin]:
        """For each inherited sample: the run it is from, and its scenario and profile here."""
        snapshot = self.session.snapshot
        if not snapshot.counts.inherited:
            return {}
        return {
            cell.sample: (cell.origin, scenario, profile)
            for scenario, row in enumerate(snapshot.rows)
            for profile, repeats in enumerate(row)
            for cell in repeats
            if cell is not None and cell.origin is not None
        }

    def save(self) -> None:
        """Save the focused profile, or the shown scenario, as a file of the user's library."""
        from align_tui.tui.dialogs.save import SaveDialog, things_to_save

        session, study = self.session, self.session.study

        def do(job: Callable[[], Answer], then: Callable[[Answer], None]) -> None:
            session.do(lambda _: job(), then)

        def saved(notice: str | None) -> None:
            if notice is not None:
                self.host.say(notice)

        scenario = study.scenarios[self.state.scenario] if study.scenarios else None
        things = things_to_save(study.profiles[self.state.focus], scenario)
        self.host.ask(SaveDialog(things, do, session.glyphs), saved)

    def help(self) -> None:
        """Open the help."""
        from align_tui.tui.dialogs.help import HelpDialog

        self.host.open(HelpDialog(self.help_facts()))

    def help_facts(self) -> HelpFacts:
        """The facts about this screen that the help shows."""
        from align_tui.tui.dialogs.help import HelpFacts

        session, launch = self.session, self.session.launch
        return HelpFacts(
            self.host.key_table(),
            session.study,
            session.snapshot,
            session.run,
            launch.database,
            launch.versions,
            session.glyphs,
        )
