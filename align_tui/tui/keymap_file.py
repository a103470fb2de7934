"""The user's keymap file: read and checked against what the screens do, and printed whole."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from align_tui.config.keys import KeyLine, read_key_lines
from align_tui.core.errors import ConfigError
from align_tui.core.text.nearest import close_to
from align_tui.tui.key_text import NAMED, known_key, normal, shown_key, written_key
from align_tui.tui.keymap import DEFAULT, Keymap, name_of, section_of

if TYPE_CHECKING:
    from textual.dom import DOMNode

PLACES = tuple(f"align_tui.tui.{name}" for name in ("application", "dialogs.", "screens."))
Names = dict[str, set[str]]  # by table: the actions that have a default key


def screens() -> dict[str, type[DOMNode]]:
    """Every class with keys of ours, by the name of its table; "app" holds everywhere."""
    from textual.dom import DOMNode

    import align_tui.tui as package

    found: dict[str, type[DOMNode]] = {}
    for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if info.name.startswith(PLACES):
            for kind in vars(importlib.import_module(info.name)).values():
                if isinstance(kind, type) and issubclass(kind, DOMNode) and section_of(kind):
                    found[section_of(kind)] = kind
    return found


def read_keymap(path: Path) -> Keymap:
    """The user's keymap; raises ConfigError for what is unknown and for what collides."""
    lines = read_key_lines(path)
    if not lines:
        return Keymap()
    from align_tui.tui.keymap_v01 import renamed

    known = screens()
    names = {
        section: {name_of(bindings[0]) for bindings in DEFAULT.keys(kind).bound.values()}
        for section, kind in known.items()
    }
    keymap = Keymap(tuple(renamed(line, names) for line in lines))
    for line in keymap.lines:
        _check(line, names)
    for section in {line.screen: None for line in keymap.lines}:
        _find_conflict(keymap, section, known[section])
    return keymap


def _check(line: KeyLine, names: Names) -> None:
    if line.screen not in names:
        raise ConfigError(f"{line.where}: no screen {line.screen!r}", _near(line.screen, names))
    if line.action not in names[line.screen]:
        said = f"{line.where}: the screen {line.screen} has no action {line.action!r}"
        raise ConfigError(said, _near(line.action, names[line.screen]))
    for key in line.keys:
        if not known_key(key):
            near = _near(key.rpartition("+")[2], NAMED)
            raise ConfigError(f"{line.where}: there is no key {key!r}", near)


def _near(word: str, names: Iterable[str]) -> str:
    close = close_to(word, list(names), n=1)
    return f"Did you mean {close[0]!r}?" if close else "All of them: align-tui keys"


def _find_conflict(keymap: Keymap, section: str, kind: type[DOMNode]) -> None:
    """Raise ConfigError for two actions on one key, at least one of them by the file."""
    lines = keymap.of(section)
    moved = {line.action for line in lines}
    taken: dict[str, str] = {
        key: name_of(bindings[0])
        for key, bindings in DEFAULT.keys(kind).bound.items()
        if name_of(bindings[0]) not in moved
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


def table(keymap: Keymap) -> str:
    """Every action of every screen as a keymap file, each with what it does.

    Of what a screen inherits, only what the user's file gives it other keys for.
    """
    out = ["# Keys of align-tui: change what you like, and delete the rest.", ""]
    for section, kind in sorted(screens().items()):
        named = {line.action for line in keymap.of(section)}
        rows = [
            _row(each.id.partition(".")[2], each.keys, each.does)
            for each in keymap.keys(kind).actions
            if each.id.startswith(f"{section}.") or each.id.partition(".")[2] in named
        ]
        if rows:
            out += [f"[{section}]", *rows, ""]
    return "\n".join(out)


def _row(name: str, keys: tuple[str, ...], does: str) -> str:
    import tomli_w

    written = [written_key(key) for key in keys]
    value = written[0] if len(written) == 1 else written
    # The writer gives every item of a list a line of its own.
    parts = [part.strip() for part in tomli_w.dumps({name: value}).splitlines()]
    line = " ".join(parts).replace("[ ", "[").replace(", ]", "]")
    return f"{line}  # {does}" if does else line
