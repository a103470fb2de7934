"""The application: theme, signs, and the screen for what was launched."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual.app import App
from textual.binding import Binding, BindingType

from align_tui.tui.launch import Launch
from align_tui.tui.parting import Parting
from align_tui.tui.theme import THEME
from align_tui.tui.view.glyphs import Glyphs, choose_glyphs

if TYPE_CHECKING:
    from align_tui.config.study import Study


class AlignApp(App[Parting]):
    """Shows one study or one past run."""

    TITLE = "align-tui"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+c,ctrl+q", "leave", "leave", priority=True, show=False)
    ]

    def __init__(self, launch: Launch, study: Study, glyphs: Glyphs | None = None) -> None:
        super().__init__()
        self.launch = launch
        self.study = study
        self.glyphs = glyphs or choose_glyphs()
        self.failure: Exception | None = None
        self.register_theme(THEME)
        self.theme = "align"

    def on_mount(self) -> None:
        """Show the screen."""
        if self.glyphs.ascii:
            from align_tui.tui.widgets.scrollbars import use_plain_bars

            use_plain_bars()
        if self.launch.replay:
            from align_tui.tui.screens.replay import ReplayScreen

            self.push_screen(ReplayScreen(self.launch, self.study, self.glyphs))
        else:
            from align_tui.tui.screens.study import StudyScreen

            self.push_screen(StudyScreen(self.launch, self.study, self.glyphs))
        if self.launch.browse:
            from align_tui.tui.screens.runs import RunsScreen

            self.push_screen(RunsScreen(self.launch.database, self.launch.run, self.glyphs))

    def open_run(
        self, run: str, study: Study, *, replay: bool, at: tuple[int, int, int] | None = None
    ) -> None:
        """Show a run in place of all that is shown; `at`: its scenario, profile and repeat."""
        from align_tui.tui.screens.replay import ReplayScreen
        from align_tui.tui.screens.study import StudyScreen

        while len(self.screen_stack) > 1:
            self.pop_screen()
        self.study = study
        self.launch = replace(self.launch, study=None, run=run, autostart=False, replay=replay)
        screen = (ReplayScreen if replay else StudyScreen)(self.launch, study, self.glyphs)
        if at is not None:
            screen.look.scenario, screen.look.focus, screen.look.repeat = at

            def there() -> None:
                screen.work.show()
                screen.action_focus_on(at[1])  # whatever has taken the focus since

            screen.after_begin = there
        self.push_screen(screen)

    def action_leave(self) -> None:
        """ctrl+c: as q, from every screen."""
        from align_tui.tui.screens.study import StudyScreen

        while len(self.screen_stack) > 2:
            self.pop_screen()
        screen = self.screen
        if isinstance(screen, StudyScreen):
            screen.action_leave()
        else:
            self.exit()

    def _handle_exception(self, error: Exception) -> None:
        """No traceback reaches a user who did not ask for it."""
        self.failure = error
        if self.launch.debug or self.is_headless:
            super()._handle_exception(error)
            return
        self._return_code = 1
        self._close_messages_no_wait()
