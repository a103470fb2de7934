"""Acts: rows of a table that give each key its name, its description and its function."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, Protocol, TypeAlias, TypeVar, runtime_checkable

from textual.binding import Binding, BindingType

Target = TypeVar("Target")
Command: TypeAlias = tuple[str, Callable[[], object]]  # its description, and its function


@dataclass(frozen=True, slots=True)
class Act(Generic[Target]):
    """One row of a screen's table.

    Keymap files use `name`, so it must not change. `keys` are the default keys, as Textual names
    them. Help and palette show `does`. `do` is called with the actions of the screen. An act with
    `priority` gets its keys before a focused field does.
    """

    name: str
    keys: str
    does: str
    do: Callable[[Target], object]
    priority: bool = False


def bindings(acts: Iterable[Act[Target]]) -> list[BindingType]:
    """The BINDINGS of a screen; each calls the screen's `action_act`."""
    return [
        Binding(act.keys, f"act({act.name!r})", act.does, priority=act.priority, id=act.name)
        for act in acts
    ]


def calls(acts: Iterable[Act[Target]], target: Target) -> dict[str, Callable[[], object]]:
    """The function that `action_act` calls, by the name of the act."""
    return {act.name: partial(act.do, target) for act in acts}


@runtime_checkable
class HasCommands(Protocol):
    """A screen, or the application, with commands for the palette that have no key."""

    def commands(self) -> Iterator[Command]:
        """The commands that it offers beside its acts."""


@runtime_checkable
class CanBeLeft(Protocol):
    """A screen that asks before the program ends."""

    def leave(self) -> None:
        """End the application, or ask the user whether to end it."""


@runtime_checkable
class HoldsKeys(Protocol):
    """An application that can hold keys while an action opens something."""

    def hold_keys(self) -> Callable[[], None]:
        """Hold further keys until the returned function is called."""


@runtime_checkable
class HoldsEdit(Protocol):
    """A dialog in which the user may have edited something."""

    def has_changed(self) -> bool:
        """True if closing it would throw an edit away."""


@runtime_checkable
class WaitsForEdits(Protocol):
    """An application that closes no dialog with an edit by itself."""

    def after_edits(self, then: Callable[[], None]) -> None:
        """Call `then` once no open dialog has an edit."""


@runtime_checkable
class Copies(Protocol):
    """A field whose selected text can be copied."""

    selection: Any  # Textual's two kinds of fields have two kinds of selections

    @property
    def selected_text(self) -> str:
        """The selected text, or nothing."""

    def action_copy(self) -> None:
        """Copy the selected text to the clipboard."""
