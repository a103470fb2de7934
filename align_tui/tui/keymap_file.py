"""Read the user's keymap file, check it against the actions of the screens, and print it whole."""

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
    """Every class that has a table of keys, by the table's name; "app" holds on every screen."""
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
    """Read the user's keymap; raises ConfigError for unknown names and for conflicts."""
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
        raise ConfigError(
            f"{line.where}: there is no screen {line.screen!r}", _near(line.screen, names)
        )
    if line.action not in names[line.screen]:
        message = f"{line.where}: the screen {line.screen} has no action {line.action!r}"
        raise ConfigError(message, _near(line.action, names[line.screen]))
    for key in line.keys:
        if not known_key(key):
            near = _near(key.rpartition("+")[2], NAMED)
            raise ConfigError(f"{line.where}: there is no key {key!r}", near)


def _near(word: str, names: Iterable[str]) -> str:
    close = close_to(word, list(names), n=1)
    return f"Did you mean {close[0]!r}?" if close else "To list all of them: align-tui keys"


def _find_conflict(keymap: Keymap, section: str, kind: type[DOMNode]) -> None:
    """Raise ConfigError if the file puts an action on the key of another action."""
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
                    f"{line.where}: the key {shown_key(key)} is set for both {line.action} and "
                    f"{other}",
                    f"Give {other} another key in [{section}] as well.",
                )
            taken[key] = line.action


def table(keymap: Keymap) -> str:
    """A keymap file with every action of every screen, each with its description.

    An inherited action is listed only where the user's file gives it other keys.
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
    # The TOML writer puts every item of a list on its own line.
    parts = [part.strip() for part in tomli_w.dumps({name: value}).splitlines()]
    line = " ".join(parts).replace("[ ", "[").replace(", ]", "]")
    return f"{line}  # {does}" if does else line
