"""Before a change runs: tell what it costs, and ask where it costs money or more than a moment."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from align_tui.core.errors import AlignError
from align_tui.services.estimate import cost_of
from align_tui.tui.format.cost import cost_sentence, cost_words

if TYPE_CHECKING:
    from align_tui.monitor.rows import Database
    from align_tui.services.estimate import Cost
    from align_tui.studies.edits import Changed
    from align_tui.tui.screens.study.actions.trusting import Trusting
    from align_tui.tui.screens.study.host import StudyHost
    from align_tui.tui.screens.study.session import Session

NOT_RUN = "not run: nothing was started"


class Costing:
    """Implements `Starter` of the dialogs.

    With `only_runs` it tells and asks nothing while there is no run, for a change that then only
    shows another study.
    """

    def __init__(
        self, session: Session, host: StudyHost, trusting: Trusting, *, only_runs: bool = False
    ) -> None:
        self.session, self.host, self._trusting = session, host, trusting
        self._only_runs = only_runs

    @property
    def _idle(self) -> bool:
        return self._only_runs and self.session.run is None

    def tell(self, changed: Changed, then: Callable[[str], None]) -> None:
        """Call `then` with one sentence: the decisions, the tokens and the time of the change."""
        if self._idle:
            return

        def told(cost: Cost | AlignError) -> None:
            then("" if isinstance(cost, AlignError) else cost_sentence(cost))

        self._estimate(changed, told, holds=False)

    def ask(
        self,
        changed: Changed,
        then: Callable[[], object],
        refused: Callable[[AlignError | str], None],
        *,
        always: bool = False,
        waits: bool = False,
    ) -> None:
        """Call `then` once the models are here, the code is trusted and the user wants the cost.

        With `always` the user is asked about any decision, else only about those that cost money
        or more than a moment. `refused` gets the reason why the change may not run. With `waits`
        it waits for a server that loads its model, as long as the user allowed.
        """
        if self._idle:
            then()
            return

        def consent() -> None:
            self._estimate(changed, weigh, holds=True)

        def weigh(cost: Cost | AlignError) -> None:
            if isinstance(cost, AlignError):
                refused(cost)
                return
            if not (cost.needs_consent or (always and cost.decisions)):
                then()
                return
            from align_tui.tui.dialogs.confirm import ConfirmDialog

            title, ascii_only = "run the change?", self.session.glyphs.ascii
            self.host.ask(ConfirmDialog(title, cost_words(cost), ascii_only), answered)

        def answered(yes: bool | None) -> None:
            then() if yes else refused(NOT_RUN)

        self._trusting.before(changed.study, consent, refused, waits=waits)

    def _estimate(
        self, changed: Changed, then: Callable[[Cost | AlignError], None], *, holds: bool
    ) -> None:
        session = self.session

        def job(db: Database) -> Cost | AlignError:
            try:
                return cost_of(db, session.run, session.study, changed)
            except AlignError as error:
                return error

        session.do(job, then, holds=holds)
