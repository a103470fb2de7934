"""The replay screen: the study screen with a timeline, fed from the database."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.binding import BindingType

from align_tui.tui.acts import bindings, calls
from align_tui.tui.format.glyphs import Glyphs
from align_tui.tui.screens.study.actions.playing import Playing
from align_tui.tui.screens.study.replay_acts import INSTEAD, REPLAY_ACTS
from align_tui.tui.screens.study.screen import StudyScreen
from align_tui.tui.screens.study.view_state import ViewState

if TYPE_CHECKING:
    from align_tui.config.study import Study
    from align_tui.tui.launch import Launch


class ReplayScreen(StudyScreen):
    """Plays a past run; it asks no model."""

    REPLAY: ClassVar[bool] = True
    SECTION: ClassVar[str] = "replay"  # of a keymap file
    BINDINGS: ClassVar[list[BindingType]] = bindings(REPLAY_ACTS)

    def __init__(
        self, launch: Launch, study: Study, glyphs: Glyphs, state: ViewState | None = None
    ) -> None:
        super().__init__(launch, study, glyphs, state)
        self.playing = Playing(self.state, self.session, self.host)
        self.calls |= calls(REPLAY_ACTS, self.playing)
        self.calls |= {name: partial(do, self.playing) for name, do in INSTEAD.items()}

    @on(events.Click, "#transport")
    def clicked(self, event: events.Click) -> None:
        """Go to the time that was clicked on the timeline."""
        self.playing.click(event.x)
