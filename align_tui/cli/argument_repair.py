"""Repair arguments that are not UTF-8, and leave the names of files as they are."""

from __future__ import annotations

import os
from collections.abc import Sequence

from align_tui.core.text.repair import storable

PATH_OPTIONS = ("--db", "-o", "--out", "--record")
"""Options whose value is a path. The file need not exist yet."""


def repaired_arguments(arguments: Sequence[str]) -> list[str]:
    """Repair every argument that is not a path: commands may store it in the run database."""
    befores = ("", *arguments)
    return [
        argument if _is_path(argument, before) else storable(argument)
        for before, argument in zip(befores, arguments, strict=False)
    ]


def _is_path(argument: str, before: str) -> bool:
    option, _, value = argument.partition("=") if argument.startswith("--") else ("", "", argument)
    return before in PATH_OPTIONS or option in PATH_OPTIONS or os.path.lexists(value)
