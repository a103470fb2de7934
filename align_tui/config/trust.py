"""Which code the user has said may run: remembered by its hash, so that a change asks again."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable
from pathlib import Path

from align_tui.config import paths
from align_tui.config.code import Code, checked
from align_tui.core.errors import CodeRefused

VARIABLE = "ALIGN_TUI_TRUST"
"""Set to 1 it stands for --trust."""
RUNS_AS_YOU = "It runs as you: it can read, change and send whatever you can."


def is_own(path: Path) -> bool:
    """Does a file belong to the user's own configuration, or ship with the program?"""
    homes = (
        paths.user_profiles().parent,
        paths.shipped_profiles(),
        paths.shipped_examples(),
        paths.demo_model().parent,
    )
    # A link in one's own folder is one's own, and so is what lies in a folder that is a link.
    where = (Path(os.path.abspath(path)), path.resolve())  # noqa: PTH100 - links are kept
    return any(
        place.is_relative_to(each)
        for home in homes
        for each in (home, home.resolve())
        for place in where
    )


def store() -> Path:
    """The file of answers: one JSON object a line."""
    return paths.state_dir() / "trusted.jsonl"


def everything_is_trusted() -> bool:
    """Did whoever started this process say so for all of it?"""
    return os.environ.get(VARIABLE, "").lower() in {"1", "true", "yes", "on"}


def remembered() -> frozenset[str]:
    """The keys of all code that was trusted.

    A file that others may write to says nothing about what the user wants.
    """
    path = store()
    try:
        found = path.stat()
        if hasattr(os, "getuid") and (found.st_uid != os.getuid() or found.st_mode & 0o022):
            return frozenset()
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return frozenset()
    keys = set()
    for line in lines:
        try:
            said = json.loads(line)
            keys.add(f"{said['what']} {said['sha256']}")
        except (ValueError, TypeError, KeyError, RecursionError):
            continue  # half a line of a process that was killed
    return frozenset(keys)


def remember(codes: Iterable[Code]) -> None:
    """Keep that these may run; raises CodeRefused where that cannot be written."""
    known = remembered()
    new = [code for code in codes if code.key not in known]
    if not new:
        return
    now = time.strftime("%Y-%m-%dT%H:%M:%S%z")
    said = "".join(
        json.dumps(
            {"what": code.what, "sha256": code.sha256, "place": code.place, "when": now},
        )
        + "\n"
        for code in new
    )
    path = store()
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(handle, "ab") as out:
            if hasattr(os, "fchmod"):
                os.fchmod(out.fileno(), 0o600)
            out.write(f"\n{said}".encode())  # behind whatever half a line is there
    except OSError as error:
        raise CodeRefused(
            f"What you trust cannot be remembered: {path}: {error.strerror or error}"
        ) from error


def unknown(codes: Iterable[Code], own: Iterable[str] = ()) -> tuple[Code, ...]:
    """The code that the user must be asked about; `own` are keys of code that is the user's."""
    if everything_is_trusted():
        return ()
    known = remembered() | set(own)
    return tuple(code for code in codes if code.key not in known)


def allow(code: Code, pinned: str) -> None:
    """Let code be run that `pinned`, the hash in a run's record, stands for; else CodeRefused."""
    checked(code, pinned)
    if unknown([code]):
        raise CodeRefused(
            f"{code.place} (SHA-256 {code.short}…) is code that nobody trusted on this account",
            "Look at it, then: align-tui run --resume RUN --trust",
        )
