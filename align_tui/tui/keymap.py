"""The keys of each screen's actions: the default keys, or the user's in their place.

The BINDINGS of a screen list its actions. The id of a binding names the action: `study.pause` is
`pause` in the table `[study]` of the user's file. Textual's own `App.set_keymap` uses the same ids,
but we cannot use it: it cannot remove a key from an action, it lets the keys of a base class
replace those of the subclass, and it computes everything again at each key press.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from textual.binding import Binding, BindingsMap

from align_tui.tui.format.key_names import KeyNames
from align_tui.tui.key_text import normal, shown_key

if TYPE_CHECKING:
    from textual.dom import DOMNode

    from align_tui.config.keys import KeyLine

Bound = dict[str, list[Binding]]  # by key, as Textual stores it


@dataclass(frozen=True, slots=True)
class Action:
    """An action of a screen: what it does in words, and its keys as Textual names them."""

    id: str
    call: str
    does: str
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ScreenKeys:
    """All keys of one class: by key, by action in the order of the help, and their shown names."""

    bound: Bound
    actions: tuple[Action, ...]
    names: KeyNames


@dataclass(frozen=True, slots=True)
class Keymap:
    """The lines of the user's file; without lines every action has its default keys."""

    lines: tuple[KeyLine, ...] = ()
    _known: dict[type, ScreenKeys] = field(default_factory=dict, compare=False, repr=False)

    def of(self, section: str) -> list[KeyLine]:
        """The lines of one table."""
        return [line for line in self.lines if line.screen == section] if section else []

    def keys(self, kind: type[DOMNode]) -> ScreenKeys:
        """The keys of a class, computed once."""
        known = self._known.get(kind)
        if known is None:
            known = self._known[kind] = _screen_keys(kind, self)
        return known


DEFAULT = Keymap()


def section_of(kind: type) -> str:
    """The name of a class's table in the file; "" where it has none of its own."""
    return str(vars(kind).get("SECTION", ""))


def name_of(binding: Binding) -> str:
    """The name of an action within its table: `pause` of `study.pause`."""
    return (binding.id or "").partition(".")[2]


def bound(kind: type[DOMNode], keymap: Keymap) -> Bound:
    """The keys of one of our classes, with those that it inherits from our other classes.

    A class's own keys override inherited ones, as everywhere in Textual.
    """
    keys: Bound = {}
    for base in reversed(kind.__mro__):
        if base.__module__.startswith("align_tui."):
            keys.update(BindingsMap(vars(base).get("BINDINGS")).key_to_bindings)
            _move(keys, keymap.of(section_of(base)))
    return keys


def _move(keys: Bound, lines: Sequence[KeyLine]) -> None:
    """Remove these actions from their keys, then bind them to the keys that the lines give."""
    old: dict[str, dict[str, Binding]] = {line.action: {} for line in lines}
    for key, bindings in list(keys.items()):
        if name_of(bindings[0]) in old:
            old[name_of(bindings[0])][key] = keys.pop(key)[0]
    for line in lines:
        if not old[line.action]:
            continue
        # An action may be bound twice: prefer the binding of this table, and one with a
        # description. A key that stays keeps its own binding, which may have priority.
        own = f"{line.screen}.{line.action}"
        moved = max(old[line.action].values(), key=lambda b: (b.id == own, bool(b.description)))
        for key in map(normal, line.keys):
            keys[key] = [old[line.action].get(key, moved).with_key(key)]


def _screen_keys(kind: type[DOMNode], keymap: Keymap) -> ScreenKeys:
    found = bound(kind, keymap)
    by_id: dict[str, list[tuple[str, Binding]]] = {}
    for key, (binding, *_) in found.items():
        by_id.setdefault(binding.id or binding.action, []).append((key, binding))
    if keymap.lines:  # list an action even if the user removed all its keys
        named = {line.action for line in keymap.lines if not line.keys}
        for key, (binding, *_) in bound(kind, DEFAULT).items():
            if name_of(binding) in named and binding.id not in by_id:
                by_id.setdefault(binding.id or key, []).append(("", binding))
    actions = []
    for each, pairs in by_id.items():
        keys = tuple(key for key, _ in pairs if key)
        does = next((binding.description for _, binding in pairs if binding.description), "")
        actions.append(Action(each, pairs[0][1].action, does, keys))
    names = {each.id: tuple(map(shown_key, each.keys)) for each in actions if each.keys}
    return ScreenKeys(found, tuple(actions), KeyNames(names))


def install(node: DOMNode, keymap: Keymap) -> None:
    """Install the user's keys on a screen, or on the application."""
    if keymap.lines:
        ours, default = keymap.keys(type(node)).bound, DEFAULT.keys(type(node)).bound
        rest = {k: b for k, b in node._bindings.key_to_bindings.items() if k not in default}
        node._bindings = BindingsMap.from_keys({**rest, **ours})


def keymap_of(node: DOMNode) -> Keymap:
    """The keymap of the application that a node is in."""
    found = getattr(node.app, "keymap", None)
    return found if isinstance(found, Keymap) else DEFAULT


def actions_of(node: DOMNode) -> tuple[Action, ...]:
    """The actions of a screen, or of the application, with the user's keys."""
    return keymap_of(node).keys(type(node)).actions


def keys_of(node: DOMNode) -> KeyNames:
    """The names of the keys of a screen's actions, in the user's keymap."""
    return keymap_of(node).keys(type(node)).names
