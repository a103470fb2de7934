"""Actions that add, copy and remove columns of the study."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from align_tui.core.errors import AlignError
from align_tui.services import queueing
from align_tui.tui.format.targets import profile_name
from align_tui.tui.screens.study.actions.offers import list_offers

if TYPE_CHECKING:
    from align_tui.config.profile import Profile
    from align_tui.core.attributes import Attributes
    from align_tui.monitor.rows import Database
    from align_tui.studies.edits import Changed
    from align_tui.tui.format.library import Offer
    from align_tui.tui.screens.study.actions.asking import Asking
    from align_tui.tui.screens.study.actions.costing import Costing
    from align_tui.tui.screens.study.actions.edits import Edits
    from align_tui.tui.screens.study.host import StudyHost
    from align_tui.tui.screens.study.session import Session
    from align_tui.tui.screens.study.view_state import ViewState

    Make = Callable[[Attributes], Changed]

T = TypeVar("T")
REMOVED = "removed "  # begins the key of a removed column; other keys are paths of files
ADDED = ": {study.run_scenario} runs it here", ", {study.run_all} runs it everywhere"


class Columns:
    """Changes the columns, and reads files and the database in the store's thread.

    If the study has no run yet, only the shown study changes; otherwise the change is a child run.
    """

    def __init__(
        self,
        state: ViewState,
        session: Session,
        host: StudyHost,
        costing: Costing,
        asking: Asking,
        edits: Edits,
    ) -> None:
        self.state, self.session, self.host = state, session, host
        self._costing, self._asking, self._edits = costing, asking, edits
        self._changing = False

    def add(self) -> None:
        """Let the user pick a profile of the library, or a removed one, as another column."""
        session, host = self.session, self.host
        gone = {f"{REMOVED}{i}": profile for i, profile in enumerate(session.removed)}
        gone = {key: each for key, each in gone.items() if each not in session.study.profiles}
        host.say("reading the profiles of the library")

        def then(offers: list[Offer]) -> None:
            from align_tui.tui.dialogs.add_column import AddColumnDialog

            host.say("")
            host.ask(AddColumnDialog(offers, session.glyphs), self._add)

        beside = self._beside()
        session.do(lambda _: list_offers(gone, session.glyphs, beside), then, holds=True)

    def _beside(self) -> Profile | None:
        """The column whose model an added profile uses: the focused or else the first with one."""
        study, focused = self.session.study, self.state.focus
        near = (study.profiles[focused], *study.profiles)
        return next((profile for profile in near if profile.needs_model), None)

    def _add(self, key: str | None) -> None:
        if key is None:
            return
        at = key.removeprefix(REMOVED)
        removed = self.session.removed[int(at)] if at != key else None
        beside = self._beside()

        def make(attributes: Attributes) -> Changed:
            from align_tui.config.backbones import backbone_of
            from align_tui.config.library import load_profile
            from align_tui.studies.edits import with_column

            study, focused = self.session.study, self.state.focus
            if removed is not None:
                return with_column(study, removed, attributes)
            default = backbone_of(beside) if beside is not None else None
            profile = load_profile(key, default=default, attributes=attributes)
            if not profile.target and profile.adm.traits.needs_target:
                # The oracle, for example, takes the target that the focused column is scored by.
                near = next(iter(study.scoring_targets(study.profiles[focused])), None)
                profile = load_profile(key, targets=near, attributes=attributes)
            return with_column(study, profile, attributes)

        # Most decisions of a removed column are there: it asks only about what may cost something.
        self._change(make, always=removed is None)

    def copy(self) -> None:
        """Let the user edit a copy of the focused profile, as a column beside it."""
        from align_tui.studies.edits import free_name, profile_toml, with_copy
        from align_tui.tui.dialogs.edit import EditDialog
        from align_tui.tui.screens.study.actions.prompts import profile_prompt

        study, index = self.session.study, self.state.focus
        profile = study.profiles[index]
        named = profile.model_copy(update={"name": free_name(study, profile.name)})

        def make(attributes: Attributes) -> EditDialog:
            return EditDialog(
                f"a copy of {profile.name}",
                profile_toml(named),
                [("add the copy", lambda edited: with_copy(study, index, edited, attributes))],
                self._costing,
                prompt=profile_prompt(study, self.state.scenario, attributes),
                whose="about the shown scenario",
                ascii_only=self.session.glyphs.ascii,
            )

        self._edits.open(make, self._copied)

    def _copied(self, changed: Changed | None) -> None:
        if changed is not None:
            self._change(lambda _: changed, asked=True)

    def remove(self) -> None:
        """Remove the focused column; the run keeps its decisions."""
        study, index = self.session.study, self.state.focus
        profile = study.profiles[index]
        name = profile_name(profile)

        def make(attributes: Attributes) -> Changed:
            from align_tui.studies.edits import without_column

            changed = without_column(study, index, attributes)
            self.session.removed.insert(0, profile)
            return changed

        gone, back = f"{name} is removed", ": {study.add_column} brings it back"
        keys = self.host.names
        begun = keys.sentence(gone, back, ", {study.runs} lists the run that has it")
        self._change(make, begun=begun, before=keys.sentence(gone, back))

    def _change(
        self,
        make: Make,
        *,
        begun: str = "",
        before: str = "",
        asked: bool = False,
        always: bool = False,
    ) -> None:
        """Show the changed study with the notice `begun` if it has a run, else `before`.

        Unless the user was `asked` already, it asks about a change that costs something, and with
        `always` about any change that needs decisions.
        """
        session = self.session
        before = before or self.host.names.sentence("added a column", *ADDED)
        if self._changing:
            return  # the key is held down
        self._changing = True

        def job(_: Database) -> Changed:
            from align_tui.config.attributes import load_attributes

            return make(load_attributes())

        def then(changed: Changed) -> None:
            # Jobs that were queued before are done by now, so it is known whether there is a run.
            run = session.run
            if run is None:
                self._edits.turn_to(changed, None, 0, before)
            elif asked:
                ask(changed, run)
            else:
                self._costing.ask(
                    changed, lambda: ask(changed, run), refused, always=always, waits=True
                )

        def ask(changed: Changed, run: str) -> None:
            versions, changed = session.launch.versions, changed.as_child()
            self._asking.writing()
            self._do(
                partial(queueing.run_changed, changed=changed, parent=run, versions=versions),
                lambda made: self._edits.turn_to(changed, *made, begun),
            )

        def refused(reason: AlignError | str) -> None:
            self._changing = False
            if isinstance(reason, AlignError):
                self.host.complain(reason.message, reason.hint)
            else:
                self.host.say(reason)

        self._do(job, then)

    def _do(self, job: Callable[[Database], T], then: Callable[[T], None]) -> None:
        """Do a job in the store's thread; if it fails, allow another change."""

        def tried(db: Database) -> T | AlignError:
            try:
                return job(db)
            except AlignError as error:
                return error

        def back(value: T | AlignError) -> None:
            if isinstance(value, AlignError):
                self._changing = False
                self.host.complain(value.message, value.hint)
            else:
                then(value)

        self.session.do(tried, back, holds=True)
