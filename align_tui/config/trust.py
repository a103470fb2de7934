"""Which code the user trusts: remembered by its hash, so that the program asks about a change."""

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
"""An environment variable; 1 has the effect of --trust."""
RUNS_AS_YOU = "It runs as you: it can read, change and send whatever you can."


def is_own(path: Path) -> bool:
    """Is the file part of the user's own configuration, or shipped with the program?"""
    homes = (
        paths.user_profiles().parent,
        paths.shipped_profiles(),
        paths.shipped_examples(),
        paths.demo_model().parent,
    )
    # A link in the user's own folder counts as own, and so do files in a folder that is a link.
    where = (Path(os.path.abspath(path)), path.resolve())  # noqa: PTH100 - links are kept
    return any(
        place.is_relative_to(each)
        for home in homes
        for each in (home, home.resolve())
        for place in where
    )


def store() -> Path:
    """The file of trusted code: one JSON object on each line."""
    return paths.state_dir() / "trusted.jsonl"


def everything_is_trusted() -> bool:
    """Does ALIGN_TUI_TRUST say that all code is trusted?"""
    return os.environ.get(VARIABLE, "").lower() in {"1", "true", "yes", "on"}


def remembered() -> frozenset[str]:
    """The keys of all trusted code.

    A file that other users may write to is ignored.
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
            entry = json.loads(line)
            keys.add(f"{entry['what']} {entry['sha256']}")
        except (ValueError, TypeError, KeyError, RecursionError):
            continue  # half a line, of a process that was killed
    return frozenset(keys)


def remember(codes: Iterable[Code]) -> None:
    """Record that the user trusts the code; raises CodeRefused if the file cannot be written."""
    known = remembered()
    new = [code for code in codes if code.key not in known]
    if not new:
        return
    now = time.strftime("%Y-%m-%dT%H:%M:%S%z")
    lines = "".join(
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
            out.write(f"\n{lines}".encode())  # the newline ends half a line that may be there
    except OSError as error:
        raise CodeRefused(
            f"The list of trusted code cannot be written: {path}: {error.strerror or error}"
        ) from error


def unknown(codes: Iterable[Code], own: Iterable[str] = ()) -> tuple[Code, ...]:
    """The code that the program must ask about; `own` are the keys of the user's own code."""
    if everything_is_trusted():
        return ()
    known = remembered() | set(own)
    return tuple(code for code in codes if code.key not in known)


def allow(code: Code, pinned: str) -> None:
    """Raise CodeRefused unless the code has the run's hash (`pinned`) and the user trusts it."""
    checked(code, pinned)
    if unknown([code]):
        raise CodeRefused(
            f"You have not trusted the code {code.place} (SHA-256 {code.short}…)",
            "Check the code, then run: align-tui run --resume RUN --trust",
        )
