"""Change and try again: what is edited becomes a child run, and the screen turns to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from textual.screen import ModalScreen

from align_tui.core.errors import AlignError
from align_tui.core.text.display import one_line
from align_tui.services import queueing

if TYPE_CHECKING:
    from align_tui.core.attributes import Attributes
    from align_tui.studies.edits import Changed
    from align_tui.tui.screens.study.screen import StudyScreen


RUNS = "runs what changed"
ASKED = "what if, a run of its own: {}"
NOTHING_NEW = "nothing to ask: all of this was decided before"
UNSTEERED = ("baseline", "random", "fixed")
UNSTATED = "this decision-maker is not told of targets: it is scored against them, and no more"


class Edits:
    """Opens the editors of the study screen, and runs what they changed."""

    def __init__(self, screen: StudyScreen) -> None:
        self.screen = screen

    def open(
        self,
        make: Callable[[Attributes], ModalScreen[Changed]],
        then: Callable[[Changed | None], None] | None = None,
    ) -> None:
        """Show the editor that `make` gives for the attributes that are defined.

        What it changed is asked, unless something else is to be done with it.
        """
        from align_tui.config.attributes import load_attributes

        try:
            editor = make(load_attributes())
        except AlignError as error:
            self.screen.complain(error.message, error.hint)
        else:
            self.screen.app.push_screen(editor, then or self.take)

    def edit_scenario(self) -> None:
        """The shown scenario as TOML."""
        from align_tui.studies.edits import LINES_AHEAD, scenario_toml, with_scenario
        from align_tui.tui.dialogs.edit import EditDialog

        study, index = self.screen.study, self.screen.look.scenario
        if not study.scenarios:
            return
        scenario = study.scenarios[index]
        self.open(
            lambda attributes: EditDialog(
                f"what if: {scenario.title or scenario.key}",
                scenario_toml(scenario),
                [(RUNS, lambda edited: with_scenario(study, index, edited, attributes))],
                ahead=LINES_AHEAD,
                ascii_only=self.screen.glyphs.ascii,
            )
        )

    def edit_profile(self) -> None:
        """The focused profile as TOML."""
        from align_tui.studies.edits import profile_toml, with_profile
        from align_tui.tui.dialogs.edit import EditDialog

        study, index = self.screen.study, self.screen.look.focus
        profile = study.profiles[index]
        self.open(
            lambda attributes: EditDialog(
                f"profile {profile.name}",
                profile_toml(profile),
                [(RUNS, lambda edited: with_profile(study, index, edited, attributes))],
                ascii_only=self.screen.glyphs.ascii,
            )
        )

    def edit_reasoning(self) -> None:
        """The focused decision's reasoning: cut or rewrite it, and let the model go on from it."""
        from align_tui.studies.edits import with_reasoning
        from align_tui.tui.dialogs.edit import EditDialog

        screen = self.screen
        study, look, panes = screen.study, screen.look, screen.snapshot.panes
        shown = panes[look.focus] if look.focus < len(panes) else None
        if shown is None or shown.status != "done" or not shown.text:
            screen.say("there is reasoning to change once this profile has decided with some")
            return
        at, text = (look.scenario, look.focus), shown.text

        def make(attributes: Attributes) -> EditDialog:
            def ask(given: str, goes_on: bool = False) -> Changed:
                return with_reasoning(study, *at, given, attributes, goes_on=goes_on)

            return EditDialog(
                f"does the reasoning carry the decision? {study.profiles[at[1]].name}",
                text,
                [("concludes from it", ask), ("writes on from it", partial(ask, goes_on=True))],
                ascii_only=screen.glyphs.ascii,
            )

        self.open(make)

    def steer(self) -> None:
        """The focused profile's targets as bars."""
        from align_tui.studies.edits import with_targets
        from align_tui.tui.dialogs.target_editor import TargetDialog

        study, index = self.screen.study, self.screen.look.focus
        profile = study.profiles[index]
        labelled = sorted({name for scenario in study.scenarios for name in scenario.labelled})
        self.open(
            lambda attributes: TargetDialog(
                profile.name,
                labelled or sorted(attribute.id for attribute in attributes),
                profile.target,
                lambda targets: with_targets(study, index, targets, attributes),
                self.screen.glyphs,
                UNSTATED if profile.adm.kind in UNSTEERED else "",
            )
        )

    def take(self, changed: Changed | None) -> None:
        """Ask what was changed in a child run, and turn to it."""
        if changed is not None:
            self.screen.trusting.before(changed.study, partial(self._ask_for, changed))

    def _ask_for(self, changed: Changed) -> None:
        work = self.screen.work
        versions = self.screen.launch.versions
        work.writing()
        work.do(
            partial(queueing.run_changed, changed=changed, parent=work.run, versions=versions),
            lambda asked: self.turn_to(changed, *asked),
        )

    def turn_to(self, changed: Changed, run: str | None, asked: int, said: str = "") -> None:
        """The study screen of the changed study, looking at what was changed.

        `asked` is how many samples were queued for it; `said` is told in place of that.
        """
        from align_tui.tui.screens.study.screen import StudyScreen

        old = self.screen
        if old not in old.app.screen_stack:
            return  # it has turned to something else meanwhile
        while old.app.screen is not old:
            old.app.pop_screen()
        launch = replace(old.launch, study=None, run=run, autostart=False, replay=False)
        fresh = StudyScreen(launch, changed.study, old.glyphs)
        fresh.look.scenario = old.look.scenario if changed.scenario is None else changed.scenario
        fresh.look.focus = old.look.focus if changed.profile is None else changed.profile
        fresh.columns.removed = old.columns.removed
        fresh.look.maximised = old.look.maximised
        fresh.look.wanted = old.look.wanted
        fresh.look.list_asked = old.look.list_asked
        fresh.look.discriminating = old.look.discriminating
        if asked:
            fresh.after_begin = lambda: fresh.work.go_on(said or ASKED.format(one_line(run or "")))
        else:
            fresh.after_begin = lambda: fresh.say(said or NOTHING_NEW)
        old.app.switch_screen(fresh)
