"""Every action of every screen with its keys: the default ones, and the user's in their place.

What a screen can do is what its BINDINGS say. An action is named as it stands there (`run_all`,
`step(1)`), a screen by its class (`StudyScreen` is `study`); `app` is what works everywhere.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from textual.binding import Binding, BindingsMap
from textual.dom import DOMNode
from textual.keys import Keys, key_to_character
from textual.screen import Screen

from align_tui.config.keys import KeyLine, read_key_lines
from align_tui.core.errors import ConfigError
from align_tui.core.text.nearest import close_to

if TYPE_CHECKING:
    from align_tui.tui.format.footer import Key

MODIFIERS = ("ctrl", "shift", "alt", "super", "hyper", "meta")
NAMED = {key.value for key in Keys} | {f"f{number}" for number in range(1, 25)}
SIGNS = {"slash": "/", "plus": "+", "minus": "-", "backslash": "\\", "at": "@", "underscore": "_"}
WORDS = {"escape": "esc", "pageup": "page up", "pagedown": "page down"}
Bound = dict[str, list[Binding]]  # by key, as Textual has it


@dataclass(frozen=True, slots=True)
class Keymap:
    """The user's lines; without any, everything has its default keys."""

    lines: tuple[KeyLine, ...] = ()

    def of(self, section: str) -> list[KeyLine]:
        """What is said of one screen."""
        return [line for line in self.lines if line.screen == section]


def section_of(kind: type) -> str:
    """The name of a screen's table in the file."""
    return str(vars(kind).get("SECTION", ""))


def screens() -> dict[str, type[DOMNode]]:
    """Every class with keys of ours, by the name of its table."""
    import align_tui.tui as package
    from align_tui.tui.application import AlignApp

    found: dict[str, type[DOMNode]] = {"app": AlignApp}
    for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if not info.name.startswith(("align_tui.tui.screens.", "align_tui.tui.dialogs.")):
            continue
        for kind in vars(importlib.import_module(info.name)).values():
            if isinstance(kind, type) and issubclass(kind, Screen) and section_of(kind):
                found[section_of(kind)] = kind
    return found


def bound(kind: type[DOMNode], keymap: Keymap) -> Bound:
    """The keys of a class of ours and those that it inherits from others of ours.

    A class's own keys go before inherited ones, as everywhere in Textual.
    """
    keys: Bound = {}
    for base in reversed(kind.__mro__):
        if not base.__module__.startswith("align_tui.") or "BINDINGS" not in vars(base):
            continue
        for key, bindings in BindingsMap(vars(base)["BINDINGS"]).key_to_bindings.items():
            keys[key] = bindings
        _move(keys, keymap.of(section_of(base)))
    return keys


def _move(keys: Bound, lines: Sequence[KeyLine]) -> None:
    """Take all of these actions from where they are, then put them where they shall be."""
    old: dict[str, list[Binding]] = {line.action: [] for line in lines}
    for key, bindings in list(keys.items()):
        if bindings[0].action in old:
            old[bindings[0].action] += keys.pop(key)
    for line in lines:
        # Of an action bound twice, the binding that says what it does.
        for moved in sorted(old[line.action], key=lambda binding: not binding.description)[:1]:
            keys.update({key: [moved.with_key(key)] for key in map(normal, line.keys)})


def install(node: DOMNode, keymap: Keymap) -> None:
    """Give a screen (or the application) the user's keys."""
    if keymap.lines:
        kind = type(node)
        ours, default = bound(kind, keymap), bound(kind, Keymap())
        rest = {k: b for k, b in node._bindings.key_to_bindings.items() if k not in default}
        node._bindings = BindingsMap.from_keys({**rest, **ours})


def normal(key: str) -> str:
    """A key as Textual names it: `?` is `question_mark`."""
    if key == ",":
        return "comma"
    return next(iter(Binding.make_bindings([Binding(key, "")]))).key


def shown_key(key: str) -> str:
    """A key as a user knows it: `question_mark` is `?`."""
    return WORDS.get(key, written_key(key))


def written_key(key: str) -> str:
    """A key as the file has it: its sign, or Textual's name."""
    sign = SIGNS.get(key) or (key_to_character(key) if key != "space" else None)
    return sign if sign and sign.isprintable() else key


def known_key(key: str) -> bool:
    """Is there such a key?"""
    if not key or ("," in key and key != ","):
        return False
    *modifiers, last = key.split("+") if key != "+" else ["+"]
    if not all(modifier in MODIFIERS for modifier in modifiers) or not last:
        return False
    return (
        len(last) == 1
        or last in NAMED
        or last in SIGNS
        or key_to_character(normal(last)) is not None
    )


def read_keymap(path: Path) -> Keymap:
    """The user's keymap; raises ConfigError for what is unknown and for what collides."""
    keymap = Keymap(read_key_lines(path))
    if keymap.lines:
        _check(keymap, screens())
    return keymap


def _check(keymap: Keymap, known: dict[str, type[DOMNode]]) -> None:
    for line in keymap.lines:
        if line.screen not in known:
            raise ConfigError(f"{line.where}: no screen {line.screen!r}", _near(line.screen, known))
        actions = {b.action for bs in bound(known[line.screen], Keymap()).values() for b in bs}
        if line.action not in actions:
            said = f"{line.where}: the screen {line.screen} has no action {line.action!r}"
            raise ConfigError(said, _near(line.action, actions))
        for key in line.keys:
            if not known_key(key):
                near = _near(key.rpartition("+")[2], NAMED)
                raise ConfigError(f"{line.where}: there is no key {key!r}", near)
    for section in {line.screen: None for line in keymap.lines}:
        _find_conflict(keymap, section, known[section])


def _near(word: str, names: Iterable[str]) -> str:
    close = close_to(word, list(names), n=1)
    return f"Did you mean {close[0]!r}?" if close else "All of them: align-tui keys"


def _find_conflict(keymap: Keymap, section: str, kind: type[DOMNode]) -> None:
    """Two actions on one key, at least one of them by the file."""
    lines = keymap.of(section)
    moved = {line.action for line in lines}
    taken: dict[str, str] = {
        key: bindings[0].action
        for key, bindings in bound(kind, Keymap()).items()
        if bindings[0].action not in moved
    }
    for line in lines:
        for key in map(normal, line.keys):
            other = taken.get(key)
            if other is not None and other != line.action:
                raise ConfigError(
                    f"{line.where}: {shown_key(key)} is both {line.action} and {other}",
                    f"Give {other} another key in [{section}] as well.",
                )
            taken[key] = line.action


def keymap_of(node: DOMNode) -> Keymap:
    """The keymap of the application that a node is in."""
    found = getattr(node.app, "keymap", None)
    return found if isinstance(found, Keymap) else Keymap()


def relabel(keys: Sequence[Key], node: DOMNode, glyphs: dict[str, str]) -> list[Key]:
    """The line of keys with the user's own in it; what has no key any more is left out.

    `glyphs` are signs that stand for keys, such as an arrow for `enter`.
    """
    keymap = keymap_of(node)
    if not keymap.lines:
        return list(keys)
    default, ours = bound(type(node), Keymap()), bound(type(node), keymap)
    by_action: dict[str, list[str]] = {}
    for key, bindings in ours.items():
        by_action.setdefault(bindings[0].action, []).append(key)
    out: list[Key] = []
    for label, word in keys:
        tokens = _tokens(glyphs.get(label, label))
        actions = [default[key][0].action if key in default else "" for key in tokens]
        pairs = zip(tokens, actions, strict=True)
        if all(not action or key in by_action.get(action, ()) for key, action in pairs):
            out.append((label, word))
            continue
        shown = [shown_key(by_action[action][0]) for action in actions if by_action.get(action)]
        if shown:
            out.append(("/".join(shown), word))
    return out


def _tokens(label: str) -> list[str]:
    """The keys that a label of the line names: `shift+left/right` are two."""
    if len(label) <= 1:
        return [normal(label)] if label else []
    parts = [part for part in label.split("/") if part]
    prefix = parts[0].rpartition("+")[0] if len(parts[0]) > 1 else ""
    named = [f"{prefix}+{p}" if prefix and "+" not in p and len(p) > 1 else p for p in parts]
    return [normal({"esc": "escape"}.get(part, part)) for part in named]


def table(keymap: Keymap) -> str:
    """Every action of every screen as a keymap file, each with what it does."""
    import tomli_w

    out = ["# Keys of align-tui: change what you like, and delete the rest.", ""]
    for section, kind in sorted(screens().items()):
        own = {b.action for _, b in BindingsMap(vars(kind).get("BINDINGS", ()))}
        rows: dict[str, tuple[list[str], set[str]]] = {}
        for key, bindings in bound(kind, keymap).items():
            if bindings[0].action in own:
                keys, does = rows.setdefault(bindings[0].action, ([], set()))
                keys.append(written_key(key))
                does.add(bindings[0].description)
        if not rows:
            continue
        out.append(f"[{section}]")
        for action, (keys, does) in rows.items():
            value = keys[0] if len(keys) == 1 else keys
            # The writer gives every item of a list a line of its own.
            parts = [part.strip() for part in tomli_w.dumps({action: value}).splitlines()]
            line = " ".join(parts).replace("[ ", "[").replace(", ]", "]")
            said = ", ".join(sorted(does - {""}))
            out.append(f"{line}  # {said}" if said else line)
        out.append("")
    return "\n".join(out)
