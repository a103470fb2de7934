"""Actions that annotate the focused decision: bookmark and verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING

from align_tui.services import annotating

if TYPE_CHECKING:
    from align_tui.tui.screens.study.host import StudyHost
    from align_tui.tui.screens.study.session import Session
    from align_tui.tui.screens.study.view_state import ViewState

VERDICT_WORDS = {
    "agree": "your verdict: you agree",
    "disagree": "your verdict: you disagree",
    "unsure": "your verdict: you are unsure",
    None: "your verdict is removed",
}


class Annotating:
    """Annotates decisions."""

    def __init__(self, state: ViewState, session: Session, host: StudyHost) -> None:
        self.state, self.session, self.host = state, session, host

    def _decided(self) -> int | None:
        """The focused decision's sample; None, with a notice, if there is no decision."""
        shown = self.session.focused(self.state)
        if shown is None or shown.status != "done":
            self.host.say("the focused pane has no decision yet")
            return None
        return shown.sample

    def bookmark(self) -> None:
        """Bookmark the focused decision, or remove the bookmark."""
        sample = self._decided()
        if sample is None:
            return

        def then(bookmarked: bool) -> None:
            self.session.feed.annotated()
            self.host.say("bookmarked" if bookmarked else "the bookmark is removed")

        self.session.do(lambda db: annotating.toggle_bookmark(db, sample), then)

    def give_verdict(self) -> None:
        """Change the verdict on the focused decision to the next one."""
        sample = self._decided()
        if sample is None:
            return

        def then(verdict: str | None) -> None:
            self.session.feed.annotated()
            self.host.say(VERDICT_WORDS[verdict])

        self.session.do(lambda db: annotating.next_verdict(db, sample), then)
