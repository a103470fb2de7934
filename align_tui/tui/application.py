"""The Textual application: its theme, its glyphs, and the screens that it opens."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from rich.console import RenderableType
from textual import events, on
from textual.binding import Binding, BindingType
from textual.command import Provider
from textual.driver import Driver
from textual.filter import LineFilter
from textual.screen import Screen

from align_tui.config import paths
from align_tui.core.text.repair import storable
from align_tui.tui import theme
from align_tui.tui.acts import Command
from align_tui.tui.clean_output import Clean
from align_tui.tui.failure import Failure
from align_tui.tui.format.glyphs import Glyphs, choose_glyphs
from align_tui.tui.keymap import install
from align_tui.tui.keymap_file import read_keymap
from align_tui.tui.leavable import LeavableApp
from align_tui.tui.output_dedup import thrifty_driver
from align_tui.tui.screens.requests import OpenRun
from align_tui.tui.typed_ahead import Passed, TypedAhead
from align_tui.tui.widgets.edged import Edged

if TYPE_CHECKING:
    from align_tui.config.study import Study
    from align_tui.tui.launch import Launch
    from align_tui.tui.screens.study.screen import StudyScreen
    from align_tui.tui.screens.study.view_state import ViewState


def _commands() -> type[Provider]:
    from align_tui.tui.palette import Commands

    return Commands


class Shell(LeavableApp):
    """Base of our applications: theme, keys, how a study is shown, and how errors end it."""

    TITLE = "align-tui"
    CSS = "Input > .input--placeholder, Input > .input--suggestion { color: $quiet; }"
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {_commands}
    SECTION: ClassVar[str] = "app"  # of a keymap file
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "leave", "leave", priority=True, show=False, id="app.leave"),
        # As in terminals: with a selection ctrl+c copies, and without one it ends the program.
        Binding("ctrl+c", "copy_or_leave", "", priority=True, show=False, id="app.leave"),
        # In a text field a colon is typed text; ctrl+p works there too.
        Binding(
            "colon",
            "command_palette",
            "command palette: every action by its name",
            show=False,
            id="app.palette",
        ),
        Binding("ctrl+p", "command_palette", "", priority=True, show=False, id="app.palette"),
    ]

    def __init__(self, glyphs: Glyphs | None = None) -> None:
        super().__init__()
        self.glyphs = glyphs or choose_glyphs()
        self.failure: Failure | None = None
        self._clean = Clean()
        self.launch: Launch | None = None
        self.study: Study | None = None
        self._typed = TypedAhead(self, super().on_event)
        self.keymap = read_keymap(paths.user_keymap())
        install(self, self.keymap)
        self.wear(os.environ.get("ALIGN_TUI_THEME", theme.DEFAULT))

    def wear(self, name: str) -> None:
        """Show everything in these colours until the program ends; raises ConfigError."""
        chosen = theme.use(name)
        self.register_theme(chosen)
        self.theme = chosen.name
        self.call_next(self._recolour)  # after Textual has worked its style sheets out again

    def _recolour(self) -> None:
        """Recolour the widgets that paint line by line: they only know the names of styles."""
        for screen in self.screen_stack:
            for widget in screen.walk_children(Edged):
                widget.recolour()

    def get_driver_class(self) -> type[Driver]:
        """The driver of the terminal, changed so that it sends only what differs."""
        driver = super().get_driver_class()
        if "TEXTUAL_DRIVER" in os.environ:  # it takes a while to import
            from textual.drivers.web_driver import WebDriver

            from align_tui.tui.served import ending_driver

            if issubclass(driver, WebDriver):
                driver = ending_driver(driver)
        else:
            from align_tui.tui.keyboard import sturdy_driver

            driver = sturdy_driver(driver)
        return thrifty_driver(driver)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Textual's filters, and after them the one that removes escape codes."""
        return (*super().get_line_filters(), self._clean)

    def show(self, launch: Launch, study: Study) -> None:
        """Show the screen for what was launched."""
        if self.glyphs.ascii:
            from align_tui.tui.widgets.scrollbars import use_plain_bars

            use_plain_bars()
        self.push_screen(self._screen_for(launch, study))
        if launch.browse:
            from align_tui.tui.screens.runs.screen import RunsScreen

            self.push_screen(RunsScreen(launch.database, launch.run, self.glyphs))

    def _screen_for(
        self, launch: Launch, study: Study, state: ViewState | None = None
    ) -> StudyScreen:
        from align_tui.tui.screens.study.replay import ReplayScreen
        from align_tui.tui.screens.study.screen import StudyScreen

        self.launch, self.study = launch, study
        return (ReplayScreen if launch.replay else StudyScreen)(launch, study, self.glyphs, state)

    def action_command_palette(self) -> None:
        """Open the palette over whatever is shown."""
        from align_tui.tui.palette import Palette

        if not isinstance(self.screen, Palette):
            classes = "-ascii" if self.glyphs.ascii else ""
            self.push_screen(Palette(id="--command-palette", classes=classes))

    # Textual has several overloads of this method; its argument and result types stay as they are.
    def push_screen(self, screen: Any, *args: Any, **more: Any) -> Any:
        """Push a screen, with the user's keys installed on it."""
        if isinstance(screen, Screen):
            install(screen, self.keymap)
        return super().push_screen(screen, *args, **more)

    def switch_screen(self, screen: Any) -> Any:
        """Switch to a screen, with the user's keys installed on it."""
        if isinstance(screen, Screen):
            install(screen, self.keymap)
        return super().switch_screen(screen)

    @on(OpenRun)
    def open_run(self, asked: OpenRun) -> None:
        """Show a run in place of all screens that are open, once no dialog has an edit."""
        self.after_edits(partial(self._open_run, asked))

    def _open_run(self, asked: OpenRun) -> None:
        from align_tui.tui.screens.study.view_state import ViewState

        launch, state = self.launch, None
        assert launch is not None, "a run is opened from a screen that was shown"
        if asked.at is not None:
            scenario, profile, repeat = asked.at
            state = ViewState(scenario, profile, repeat=repeat)
        while len(self.screen_stack) > 1:
            self.pop_screen()
        launch = replace(
            launch, study=None, run=asked.run, autostart=False, replay=asked.replay, browse=False
        )
        self.push_screen(self._screen_for(launch, asked.study, state))

    def commands(self) -> Iterator[Command]:
        """The palette's commands for every screen: another theme, until the program ends."""
        for name in theme.COLOURS:
            yield f"theme: {name}", partial(self.wear, name)

    async def on_event(self, event: events.Event) -> None:
        """Repair typed and pasted text for every field, since a terminal may send anything.

        Input that arrives after the last screen has closed is dropped.
        """
        if isinstance(event, events.InputEvent) and not self.screen_stack:
            return
        if isinstance(event, events.Key) and event.character is not None:
            event.character = storable(event.character)
        elif isinstance(event, events.Paste):
            event.text = storable(event.text)
        if isinstance(event, events.Key | events.Paste) and not event.is_forwarded:
            await self._typed.take(event)
        else:
            await super().on_event(event)

    @on(Passed)
    async def _key_passed(self, marker: Passed) -> None:
        await self._typed.passed(marker.number)

    def hold_keys(self) -> Callable[[], None]:
        """Hold further keys until the returned function is called, or for 10 s at most."""
        return self._typed.promise()

    @property
    def keys_settled(self) -> bool:
        """True if every key so far is dealt with."""
        return self._typed.settled

    def _handle_exception(self, error: Exception) -> None:
        """Keep the error for the log instead of printing a traceback."""
        self._keep(Failure.of(error))
        if self.is_headless:
            super()._handle_exception(error)
            return
        self._return_code = 1
        self._close_messages_no_wait()

    def _keep(self, failure: Failure) -> None:
        """Keep the first failure, which the user sees; write later ones to the log."""
        if self.failure is None:
            self.failure = failure
        elif failure.error is not self.failure.error:
            failure.log()

    def panic(self, *renderables: RenderableType) -> None:
        """Keep the failure of a thread, whose traceback Textual wants to print."""
        if self.is_headless:
            super().panic(*renderables)
            return
        self._keep(Failure.drawn(renderables))
        self._return_code = 1
        self._close_messages_no_wait()


class AlignApp(Shell):
    """Shows one study or one past run that is already in memory."""

    SECTION: ClassVar[str] = "app"  # of a keymap file

    def __init__(self, launch: Launch, study: Study, glyphs: Glyphs | None = None) -> None:
        super().__init__(glyphs)
        self._asked = launch, study

    def on_mount(self) -> None:
        """Show the study."""
        self.show(*self._asked)
