"""The application: theme, signs, and the screen for what was launched."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import App
from textual.binding import Binding, BindingType
from textual.command import Provider
from textual.screen import Screen

from align_tui.config import paths
from align_tui.tui import theme
from align_tui.tui.keymap import install, read_keymap
from align_tui.tui.launch import Launch
from align_tui.tui.parting import Parting
from align_tui.tui.view.glyphs import Glyphs, choose_glyphs

if TYPE_CHECKING:
    from align_tui.config.study import Study


def _commands() -> type[Provider]:
    from align_tui.tui.palette import Commands

    return Commands


class AlignApp(App[Parting]):
    """Shows one study or one past run."""

    TITLE = "align-tui"
    CSS = "Input > .input--placeholder, Input > .input--suggestion { color: $quiet; }"
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {_commands}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+c,ctrl+q", "leave", "leave", priority=True, show=False),
        # A colon is text where text is typed; the other key works there too.
        Binding("colon", "command_palette", "everything by its name", show=False),
        Binding("ctrl+p", "command_palette", "", priority=True, show=False),
    ]

    def __init__(self, launch: Launch, study: Study, glyphs: Glyphs | None = None) -> None:
        super().__init__()
        self.launch = launch
        self.study = study
        self.glyphs = glyphs or choose_glyphs()
        self.failure: Exception | None = None
        self.keymap = read_keymap(paths.user_keymap())
        install(self, self.keymap)
        chosen = theme.use(os.environ.get("ALIGN_TUI_THEME", theme.DEFAULT))
        self.register_theme(chosen)
        self.theme = chosen.name

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

    def action_command_palette(self) -> None:
        """Open the palette over whatever is shown."""
        from align_tui.tui.palette import Palette

        if not isinstance(self.screen, Palette):
            looks = "-ascii" if self.glyphs.ascii else ""
            self.push_screen(Palette(id="--command-palette", classes=looks))

    # Textual overloads this by whether it is awaited; what it takes and gives is left to it.
    def push_screen(self, screen: Any, *args: Any, **more: Any) -> Any:
        """Every screen comes with the user's keys."""
        if isinstance(screen, Screen):
            install(screen, self.keymap)
        return super().push_screen(screen, *args, **more)

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
            screen.after_begin = screen.work.show
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
