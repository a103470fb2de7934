"""Actions that edit a scenario, profile, reasoning or targets, and run it in a child run."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from textual.screen import ModalScreen

from align_tui.core.errors import AlignError
from align_tui.core.text.display import one_line, plain
from align_tui.monitor.columns import read_reasons
from align_tui.services import queueing
from align_tui.tui.screens.study.host import Successor
from align_tui.tui.screens.study.view_state import ViewState

if TYPE_CHECKING:
    from align_tui.core.attributes import Attributes
    from align_tui.studies.edits import Changed
    from align_tui.tui.screens.study.actions.asking import Asking
    from align_tui.tui.screens.study.actions.costing import Costing
    from align_tui.tui.screens.study.host import StudyHost
    from align_tui.tui.screens.study.session import Session

RUNS = "run the change"
ASKED = "the what-if runs as {}"
NOTHING_NEW = "nothing to run: all of this is decided already"
UNSTATED = "targets do not change how this decision-maker decides, only how it is scored"


class Edits:
    """Opens the editors of the study screen, and runs the changes."""

    def __init__(
        self,
        state: ViewState,
        session: Session,
        host: StudyHost,
        costing: Costing,
        asking: Asking,
    ) -> None:
        self.state, self.session, self.host = state, session, host
        self._costing, self._asking = costing, asking

    def open(
        self,
        make: Callable[[Attributes], ModalScreen[Changed]],
        then: Callable[[Changed | None], None] | None = None,
    ) -> None:
        """Show the editor that `make` returns for the defined attributes.

        `then` gets the changed study, or None; by default the study runs in a child run.
        """
        from align_tui.config.attributes import load_attributes

        try:
            editor = make(load_attributes())
        except AlignError as error:
            self.host.complain(error.message, error.hint)
        else:
            self.host.ask(editor, then or self._take)

    def edit_scenario(self) -> None:
        """Edit the shown scenario as TOML."""
        from align_tui.studies.edits import LINES_AHEAD, scenario_toml, with_scenario
        from align_tui.tui.dialogs.edit import EditDialog
        from align_tui.tui.screens.study.actions.prompts import scenario_prompt

        study, index = self.session.study, self.state.scenario
        if not study.scenarios:
            return
        scenario, profile = study.scenarios[index], study.profiles[self.state.focus]
        self.open(
            lambda attributes: EditDialog(
                f"what if: {scenario.title or scenario.key}",
                scenario_toml(scenario),
                [(RUNS, lambda edited: with_scenario(study, index, edited, attributes))],
                self._costing,
                ahead=LINES_AHEAD,
                prompt=scenario_prompt(profile, attributes),
                whose=f"of {one_line(profile.name)}",
                ascii_only=self.session.glyphs.ascii,
            )
        )

    def edit_profile(self) -> None:
        """Edit the focused profile as TOML."""
        from align_tui.studies.edits import profile_toml, with_profile
        from align_tui.tui.dialogs.edit import EditDialog
        from align_tui.tui.screens.study.actions.prompts import profile_prompt

        study, index = self.session.study, self.state.focus
        profile = study.profiles[index]
        self.open(
            lambda attributes: EditDialog(
                f"profile {profile.name}",
                profile_toml(profile),
                [(RUNS, lambda edited: with_profile(study, index, edited, attributes))],
                self._costing,
                prompt=profile_prompt(study, self.state.scenario, attributes),
                whose="about the shown scenario",
                ascii_only=self.session.glyphs.ascii,
            )
        )

    def edit_reasoning(self) -> None:
        """Edit the focused decision's reasoning; the model decides from it, or continues it."""
        from align_tui.studies.edits import with_reasoning
        from align_tui.tui.dialogs.edit import EditDialog

        session, state, study = self.session, self.state, self.session.study
        at, shown = (state.scenario, state.focus), session.focused(state)
        sample = shown.sample if shown is not None and shown.status == "done" else None

        def then(texts: tuple[str, ...]) -> None:
            text = plain(texts[0])
            if text:
                self.open(lambda attributes: make(text, attributes))
            else:
                self.host.say("no reasoning to edit: this pane has no decision with reasoning")

        def make(text: str, attributes: Attributes) -> EditDialog:
            def ask(given: str, goes_on: bool = False) -> Changed:
                return with_reasoning(study, *at, given, attributes, goes_on=goes_on)

            return EditDialog(
                f"reasoning of {study.profiles[at[1]].name}: does the decision depend on it?",
                text,
                [("decide from it", ask), ("continue it", partial(ask, goes_on=True))],
                self._costing,
                suffix=".txt",
                ascii_only=session.glyphs.ascii,
            )

        # Read it: right after a move the pane still has the reasoning on another scenario.
        session.do(lambda db: read_reasons(db, (sample,)), then, holds=True)

    def edit_targets(self) -> None:
        """Edit the focused profile's targets as bars."""
        from align_tui.studies.edits import with_targets
        from align_tui.tui.dialogs.target_editor import TargetDialog

        study, index = self.session.study, self.state.focus
        profile = study.profiles[index]
        known = (scenario.labelled | scenario.groups for scenario in study.scenarios)
        labelled = sorted(frozenset[str]().union(*known))
        self.open(
            lambda attributes: TargetDialog(
                profile.name,
                labelled or sorted(attribute.id for attribute in attributes),
                profile.target,
                lambda targets: with_targets(study, index, targets, attributes),
                self._costing,
                self.session.glyphs,
                "" if profile.is_steerable else UNSTATED,
            )
        )

    def _take(self, changed: Changed | None) -> None:
        """Run the changed study in a child run, and show it."""
        if changed is None:
            return
        changed = changed.as_child()
        parent, versions = self.session.run, self.session.launch.versions
        self._asking.writing()
        self.session.do(
            partial(queueing.run_changed, changed=changed, parent=parent, versions=versions),
            lambda asked: self.turn_to(changed, *asked),
            holds=True,
        )

    def turn_to(self, changed: Changed, run: str | None, asked: int, notice: str = "") -> None:
        """Show the changed study at the scenario and column that changed.

        `asked` is the number of samples that were queued. Without a `notice`, one says whether
        there were any.
        """
        old = self.state
        state = ViewState(
            scenario=old.scenario if changed.scenario is None else changed.scenario,
            focus=old.focus if changed.profile is None else changed.profile,
            maximised=old.maximised,
            list_asked=old.list_asked,
            discriminating=old.discriminating,
            wanted=old.wanted,
            order=old.order,
            grouping=old.grouping,
        )
        notice = notice or (ASKED.format(one_line(run or "")) if asked else NOTHING_NEW)
        self.host.turn_to(Successor(changed.study, run, state, notice, bool(asked)))
