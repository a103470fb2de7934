"""Which program this is: its version, and in a checkout the commit and whether it was changed."""

from __future__ import annotations

import shutil
import subprocess
from functools import lru_cache
from pathlib import Path

from align_tui import __version__

PACKAGE = Path(__file__).resolve().parent.parent
WAIT_S = 5.0


@lru_cache(maxsize=1)
def commit() -> str:
    """The commit of the checkout that this process runs from; '' outside one.

    `(modified)` follows where files of the program differ from the commit.
    """
    root = PACKAGE.parent
    if not (root / ".git").exists():
        return ""
    head = _git(root, "rev-parse", "HEAD")
    if len(head) < 40 or not head.isalnum():
        return ""
    changed = _git(root, "status", "--porcelain", "--untracked-files=no", "--", PACKAGE.name)
    return head + (" (modified)" if changed else "")


def program_facts() -> dict[str, str]:
    """Version and commit, as a run stores them."""
    found = {"align-tui": __version__, "commit": commit()}
    return {key: value for key, value in found.items() if value}


def _git(root: Path, *words: str) -> str:
    """What git says; empty where it is missing, fails or hangs."""
    program = shutil.which("git")
    if program is None:
        return ""
    try:
        made = subprocess.run(
            # fsmonitor would start a program that the checkout's settings name.
            [program, "-C", str(root), "--no-optional-locks", "-c", "core.fsmonitor=false", *words],
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=WAIT_S,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return made.stdout.decode("utf-8", "replace").strip() if made.returncode == 0 else ""
