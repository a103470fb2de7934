"""Arguments that are not UTF-8: names of files stay as they are, any other text is repaired."""

from __future__ import annotations

import os
from collections.abc import Sequence

from align_tui.core.text.repair import storable

PATH_OPTIONS = ("--db", "-o", "--out", "--record")
"""Options whose value is a path, also of a file that is still to be made."""


def repaired_arguments(arguments: Sequence[str]) -> list[str]:
    """The arguments as the commands take them: what is no path may go into the run database."""
    befores = ("", *arguments)
    return [
        argument if _is_path(argument, before) else storable(argument)
        for before, argument in zip(befores, arguments, strict=False)
    ]


def _is_path(argument: str, before: str) -> bool:
    option, _, value = argument.partition("=") if argument.startswith("--") else ("", "", argument)
    return before in PATH_OPTIONS or option in PATH_OPTIONS or os.path.lexists(value)
