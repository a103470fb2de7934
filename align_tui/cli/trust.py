"""Ask the user to trust code that a profile or model brings, before anything starts."""

from __future__ import annotations

import sys

from align_tui.config.code import Code, codes_of
from align_tui.config.study import Study
from align_tui.config.trust import RUNS_AS_YOU, everything_is_trusted, remember, unknown
from align_tui.core.errors import CodeRefused
from align_tui.core.text.display import one_line
from align_tui.output.terminal import ask, say


def require_trust(study: Study, *, trust: bool) -> None:
    """Ask the user once to trust each piece of code that the study runs, and remember the answer.

    With `trust` the user has trusted all of it beforehand. Raises CodeRefused if the user says no,
    and if there is no terminal to ask on.
    """
    codes = codes_of(study.profiles)
    asked = () if trust or everything_is_trusted() else unknown(codes, study.own_code)
    for code in asked:
        _ask(code)
    remember(codes)


def _ask(code: Code) -> None:
    description = describe(code)
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise CodeRefused(
            f"{description} align-tui cannot ask you without a terminal",
            "Read the code. If you trust it, add --trust.",
        )
    say(f"{description}\n{RUNS_AS_YOU}", error=True)
    if ask("Run it, now and as long as it does not change? [y/N] ").lower() not in ("y", "yes"):
        raise CodeRefused(f"You did not trust {one_line(code.place, 400)}", "Nothing was started.")
    remember([code])


def describe(code: Code) -> str:
    """A sentence that names the code, its place and the beginning of its hash."""
    what = "the decision-maker" if code.what == "decision-maker" else "the model"
    return f"This runs code of {what} {one_line(code.place, 400)} (SHA-256 {code.sha256[:16]}…)."
