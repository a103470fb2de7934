"""Acts: what a key does, in one row: its name, its keys, what it does in words and in code."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Generic, Protocol, TypeAlias, TypeVar, runtime_checkable

from textual.binding import Binding, BindingType

Target = TypeVar("Target")
Command: TypeAlias = tuple[str, Callable[[], object]]  # what it does in words, and in code


@dataclass(frozen=True, slots=True)
class Act(Generic[Target]):
    """One row of a screen's table.

    `name` is what a keymap file calls it, so that it stays what it is; `keys` are the default ones,
    as Textual names them; `does` is what help and palette say of it; `do` is called with the
    actions of the screen. With `priority` it goes before what a focused field does with its keys.
    """

    name: str
    keys: str
    does: str
    do: Callable[[Target], object]
    priority: bool = False


def bindings(acts: Iterable[Act[Target]]) -> list[BindingType]:
    """The BINDINGS of a screen; each has the screen's `action_act` called."""
    return [
        Binding(act.keys, f"act({act.name!r})", act.does, priority=act.priority, id=act.name)
        for act in acts
    ]


def calls(acts: Iterable[Act[Target]], target: Target) -> dict[str, Callable[[], object]]:
    """What `action_act` does, by the name of an act."""
    return {act.name: partial(act.do, target) for act in acts}


@runtime_checkable
class HasCommands(Protocol):
    """A screen, or the application, with something for the palette that has no key."""

    def commands(self) -> Iterator[Command]:
        """What it can do beside its acts."""


@runtime_checkable
class CanBeLeft(Protocol):
    """A screen that asks before the program ends."""

    def leave(self) -> None:
        """End the application, or ask whether it shall end."""
