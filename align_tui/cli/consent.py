"""Asking whether code that files bring may run, before anything is written or started."""

from __future__ import annotations

import sys

from align_tui.config.code import Code, codes_of
from align_tui.config.study import Study
from align_tui.config.trust import RUNS_AS_YOU, everything_is_trusted, remember, unknown
from align_tui.core.errors import CodeRefused
from align_tui.core.text.display import one_line
from align_tui.output.terminal import ask, say


def consent(study: Study, *, trust: bool) -> None:
    """Have the user say once of each code that the study runs that it may; remembers the answer.

    `trust` is the answer where it was given beforehand. Raises CodeRefused for a no, and where
    there is no terminal to ask on.
    """
    codes = codes_of(study.profiles)
    asked = () if trust or everything_is_trusted() else unknown(codes, study.own_code)
    for code in asked:
        _ask(code)
    remember(codes)


def _ask(code: Code) -> None:
    said = describe(code)
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise CodeRefused(f"{said} Nobody is here to be asked", "Look at it, then: --trust")
    say(f"{said}\n{RUNS_AS_YOU}", error=True)
    if ask("Run it, now and whenever it is the same? [y/N] ").lower() not in ("y", "yes"):
        raise CodeRefused(f"{one_line(code.place, 400)} was not trusted", "Nothing was started.")
    remember([code])


def describe(code: Code) -> str:
    """What it is, where it lies, and the beginning of its hash."""
    what = "the decision-maker" if code.what == "decision-maker" else "the model"
    return f"This runs code of {what} {one_line(code.place, 400)} (SHA-256 {code.sha256[:16]}…)."
