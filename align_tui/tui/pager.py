"""Write a text to a file, and open it in the user's pager."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from align_tui.config import paths
from align_tui.core.errors import ConfigError
from align_tui.files.write import make_folder, write_text


def keep(name: str, text: str) -> Path:
    """Write a text to a file of that name in the state folder; raises OutputError."""
    folder = paths.state_dir() / "copied"
    make_folder(folder, mine=True)
    path = folder / (re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip(".-") + ".txt")
    write_text(path, text, mine=True)
    return path


def pager_command(environ: Mapping[str, str] | None = None) -> list[str]:
    """The words of $PAGER, or less, or more; raises ConfigError when there is none."""
    env = os.environ if environ is None else environ
    try:
        words = shlex.split(env.get("PAGER", ""))
    except ValueError as error:
        raise ConfigError(
            f"PAGER cannot be read: {error}", "For example: PAGER='less -S'"
        ) from error
    for candidate in [words] if words else [["less"], ["more"]]:
        if shutil.which(candidate[0], path=env.get("PATH")):
            return candidate
    raise ConfigError(
        f"There is no pager {words[0]!r} here" if words else "There is neither less nor more here",
        "Set PAGER to a program that is installed: PAGER=less",
    )


def show(command: list[str], path: Path) -> None:
    """Run the pager on a file until the user leaves it; it has the terminal to itself."""
    # Its exit status says how the user left it, not whether anything failed.
    subprocess.run([*command, str(path)], check=False)
