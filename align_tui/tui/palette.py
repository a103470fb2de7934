"""The command palette: everything that the screen below it can do, each with its key."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from functools import partial
from typing import ClassVar

from textual import work
from textual.command import CommandList, CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from align_tui.tui.acts import HasCommands
from align_tui.tui.keymap import bound, keymap_of, shown_key

NO_PALETTE = ("command_palette", "nothing")
Entry = tuple[str, str, Callable[[], object]]  # what it does, its keys, how it is done


class Commands(Provider):
    """What has a key, and what has a name."""

    def entries(self) -> Iterator[Entry]:
        """Everything, in the order of the help."""
        screen, app = self.screen, self.app
        for node in (screen, app):
            found: dict[str, tuple[str, list[str]]] = {}
            for key, bindings in bound(type(node), keymap_of(screen)).items():
                action, does = bindings[0].action, bindings[0].description
                if action.partition("(")[0] in NO_PALETTE:
                    continue
                said, keys = found.get(action, ("", []))
                found[action] = (said or does, [*keys, shown_key(key)])
            for action, (does, keys) in found.items():
                if does:
                    yield does, ", ".join(keys), partial(node.run_action, action)
        for node in (app, screen):
            if isinstance(node, HasCommands):
                for does, command in node.commands():
                    yield does, "", command

    async def discover(self) -> Hits:
        """Everything, before anything is typed."""
        for does, keys, command in self.entries():
            yield DiscoveryHit(prompt(does, keys), command, text=does)

    async def search(self, query: str) -> Hits:
        """What fits best, by what it does or by its key."""
        matcher = self.matcher(query)
        for does, keys, command in self.entries():
            score = 1.0 if query in keys.split(", ") else matcher.match(does)
            if score > 0:
                yield Hit(score, prompt(does, keys), command, text=does)


def prompt(does: str, keys: str) -> Content:
    """An entry's line; the text is literal, never markup, since titles come from files."""
    return Content.assemble((f"{keys:<16} ", "bold"), does)


class Palette(CommandPalette):
    """Textual's palette, in our looks, and in ASCII where no other signs can be shown."""

    DEFAULT_CSS: ClassVar[str] = """
    Palette SearchIcon { display: none; }
    Palette.-ascii #--input, Palette.-ascii #--input.--list-visible { border: ascii $faint; }
    Palette.-ascii CommandList { border: ascii $faint; }
    Palette.-ascii LoadingIndicator { display: none; }
    """

    @work(exclusive=True, group="--textual-command-palette-gather-commands")
    async def _gather_commands(self, search_value: str) -> None:
        """As Textual's, if the palette still stands: it may be closed before its turn comes."""
        if self.query(CommandList):
            await inspect.unwrap(CommandPalette._gather_commands)(self, search_value)

    def _action_command_list(self, action: str) -> None:
        """A page down in a list that has not been laid out yet is nothing, and no KeyError."""
        if self.query_one(CommandList).size.height:
            super()._action_command_list(action)
