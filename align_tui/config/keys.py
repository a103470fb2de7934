"""Read the user's keymap file: a table for each screen, a line for each action.

[study]
run_all = "Y"
next_scenario = ["j", "ctrl+n"]
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from align_tui.config.reading.files import exists
from align_tui.core.errors import ConfigError

MOST_LINES = 1_000


@dataclass(frozen=True, slots=True)
class KeyLine:
    """One action's keys (empty if it shall have no key); `where` names file and line."""

    screen: str
    action: str
    keys: tuple[str, ...]
    where: str


def read_key_lines(path: Path) -> tuple[KeyLine, ...]:
    """The lines of a keymap file, in order; empty if there is no such file.

    Raises ConfigError.
    """
    if not exists(path):
        return ()
    # Imported here, so that the program starts without pydantic if there is no such file.
    from align_tui.config.reading.toml import parse, read_text

    text = read_text(path)
    lines = _lines(text)
    out: list[KeyLine] = []
    for screen, table in parse(text, str(path)).items():
        if not isinstance(table, dict):
            where = _where(path, lines, "", screen)
            raise ConfigError(f"{where}: {screen} is outside a table", "Begin with [study].")
        for action, value in table.items():
            where = _where(path, lines, screen, action)
            keys = [value] if isinstance(value, str) else value
            if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
                raise ConfigError(
                    f"{where}: {action} needs a key", 'Write "x", or ["x", "ctrl+x"].'
                )
            if len(out) >= MOST_LINES:
                raise ConfigError(f"{path} has more than {MOST_LINES} lines of keys")
            out.append(KeyLine(screen, action, tuple(key.strip() for key in keys), where))
    return tuple(out)


def _lines(text: str) -> dict[tuple[str, str], int]:
    """The line of each (table, action); version 0.1 had actions such as `"step(1)"`."""
    table = ""
    found: dict[tuple[str, str], int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        bare = line.strip()
        if bare.startswith("["):
            table = bare.partition("]")[0].strip("[ \"'")
            continue
        name, sign, _ = bare.rpartition("=") if bare.count("=") == 1 else bare.partition("=")
        if sign:
            found.setdefault((table, name.strip().strip("\"'")), number)
    return found


def _where(path: Path, lines: dict[tuple[str, str], int], screen: str, action: str) -> str:
    """`FILE, line N`, or the file alone if the line is unknown."""
    number = lines.get((screen, action))
    return f"{path}, line {number}" if number is not None else str(path)
