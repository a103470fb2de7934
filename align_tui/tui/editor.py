"""Edit a text in the user's own editor."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from align_tui.config import paths
from align_tui.config.reading.files import read_text
from align_tui.core.errors import ConfigError, OutputError
from align_tui.core.text.repair import storable
from align_tui.files.write import make_folder, write_text

MOST_BYTES = 10_000_000
NAMES = ("VISUAL", "EDITOR")


def editor_command(environ: Mapping[str, str] | None = None) -> list[str]:
    """The words of $VISUAL or $EDITOR, or nano, or vi; raises ConfigError when there is none."""
    env = os.environ if environ is None else environ
    name = next((each for each in NAMES if env.get(each, "").strip()), "")
    try:
        words = shlex.split(env.get(name, ""))
    except ValueError as error:
        raise ConfigError(
            f"{name} cannot be read: {error}", "For example: EDITOR='code --wait'"
        ) from error
    for candidate in [words] if words else [["nano"], ["vi"]]:
        if shutil.which(candidate[0], path=env.get("PATH")):
            return candidate
    raise ConfigError(
        f"There is no editor {words[0]!r} here" if words else "There is neither nano nor vi here",
        "Set EDITOR to a program that is installed: EDITOR=vim",
    )


def edited(command: list[str], text: str, suffix: str) -> str:
    """The text after the user edited it as a file and left the editor, which has the terminal.

    The file is the user's alone, and is removed. Raises OutputError, ConfigError, OSError.
    """
    folder = paths.state_dir() / "edited"
    make_folder(folder, mine=True)
    with tempfile.TemporaryDirectory(dir=folder) as place:
        path = Path(place) / f"edit{suffix}"
        write_text(path, text, mine=True)
        done = subprocess.run([*command, str(path)], check=False)
        if done.returncode != 0:  # `:cq` of vim, for one, means that nothing is to change
            raise OutputError(
                f"{command[0]} ended with the status {done.returncode}",
                "The text is unchanged.",
            )
        found = storable(read_text(path, MOST_BYTES)).replace("\r\n", "\n")
    return found if text.endswith("\n") else found.removesuffix("\n")
