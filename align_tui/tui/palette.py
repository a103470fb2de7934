"""The command palette: every action of the screen below it, with its keys."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from functools import partial
from typing import ClassVar

from textual import on, work
from textual.await_complete import AwaitComplete
from textual.command import CommandList, CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from textual.css.query import NoMatches
from textual.message import Message
from textual.widgets import Input, OptionList

from align_tui.tui.acts import HasCommands
from align_tui.tui.format.key_names import SHORT
from align_tui.tui.key_text import shown_key
from align_tui.tui.keymap import actions_of

NO_PALETTE = ("app.palette", "replay.nothing")
Entry = tuple[str, str, Callable[[], object]]  # its description, its keys, its function


class Commands(Provider):
    """The actions that have a key, and the commands that have only a name."""

    def entries(self) -> Iterator[Entry]:
        """All entries, in the order of the help."""
        screen, app = self.screen, self.app
        for node in (screen, app):
            for action in actions_of(node):
                if action.does and action.id not in NO_PALETTE:
                    keys = [SHORT.get(key, shown_key(key)) for key in action.keys]
                    yield action.does, ", ".join(keys), partial(node.run_action, action.call)
        for node in (app, screen):
            if isinstance(node, HasCommands):
                for does, command in node.commands():
                    yield does, "", command

    async def discover(self) -> Hits:
        """All entries, as long as the user has typed nothing."""
        for does, keys, command in self.entries():
            yield DiscoveryHit(prompt(does, keys), command, text=does)

    async def search(self, query: str) -> Hits:
        """The entries that match the query by description or by key."""
        matcher = self.matcher(query)
        for does, keys, command in self.entries():
            score = 1.0 if query in keys.split(", ") else matcher.match(does)
            if score > 0:
                yield Hit(score, prompt(does, keys), command, text=does)


def prompt(does: str, keys: str) -> Content:
    """The line of an entry. Its text is never read as markup, since titles come from files."""
    return Content.assemble((f"{keys:<16} ", "bold"), does)


class Palette(CommandPalette):
    """Textual's palette in our style, drawn in ASCII on terminals without UTF-8."""

    DEFAULT_CSS: ClassVar[str] = """
    Palette SearchIcon { display: none; }
    /* Textual cannot wrap an entry at a width of 0, which a list on a tiny terminal would have. */
    Palette CommandList { min-width: 12; }
    Palette.-ascii #--input, Palette.-ascii #--input.--list-visible { border: ascii $faint; }
    Palette.-ascii CommandList { border: ascii $faint; }
    Palette.-ascii LoadingIndicator { display: none; }
    """

    @work(exclusive=True, group="--textual-command-palette-gather-commands")
    async def _gather_commands(self, search_value: str) -> None:
        """Do as Textual does, unless the palette was closed before this, or is meanwhile."""
        if not self.query(CommandList):
            return
        try:
            await inspect.unwrap(CommandPalette._gather_commands)(self, search_value)
        except NoMatches:
            if self.query(CommandList):
                raise

    def _action_command_list(self, action: str) -> None:
        """Ignore a key for a list that has no size yet, or is gone since the palette closes."""
        if any(found.size.height for found in self.query(CommandList)):
            super()._action_command_list(action)

    @on(Input.Submitted)
    @on(OptionList.OptionSelected)
    def _run_once(self, event: Message) -> None:
        """Ignore a second enter that was in the queue when the first one closed the palette."""
        if self.app.screen is not self:
            event.stop()
            event.prevent_default()

    def dismiss(self, result: None = None) -> AwaitComplete:
        """Close the palette, unless it is closed already."""
        return super().dismiss(result) if self.app.screen is self else AwaitComplete()
