"""Acts: what a key does, in one row: its name, its keys, what it does in words and in code."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from textual.binding import Binding, BindingType

Target = TypeVar("Target")


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


def performer(acts: Iterable[Act[Target]], target: Target) -> Callable[[str], None]:
    """What `action_act` does: the act of that name, of several of one name the last."""
    known = {act.name: act.do for act in acts}

    def perform(name: str) -> None:
        known[name](target)

    return perform
