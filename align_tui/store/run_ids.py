"""Ids of runs that a user gives, so that the parts of a run on several machines have one."""

from __future__ import annotations

import re
from datetime import date

from align_tui.config.study import Study
from align_tui.core.errors import StoreError
from align_tui.core.scenarios import scenario_to_json
from align_tui.core.types import canonical, content_hash
from align_tui.store.database import Database

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")


def day_of(run: str) -> str | None:
    """The date (ISO) that an id begins with, as in `20261127-mta`; None if it begins with none.

    It is the day that the prompts of all parts give, on whatever day each of them begins.
    """
    found = re.match(r"(\d{4})(\d\d)(\d\d)(?!\d)", run)
    try:
        return date(*map(int, found.groups())).isoformat() if found else None
    except ValueError:
        return None


def is_known(db: Database, run: str, study: Study) -> bool:
    """Has this database a run of the study with that id?

    Raises StoreError if the run with that id is of another study, and for an id that is none.
    """
    if not _ID.fullmatch(run):
        raise StoreError(
            f"--run-id {run[:100]!r} is not an id",
            "Use letters, digits, dots, hyphens and underscores (80 at most).",
        )
    head = db.one("SELECT repeat, rule, scored_only FROM runs WHERE id=?", (run,))
    if head is None:
        return False
    profiles = [
        row[0] for row in db.read("SELECT hash FROM run_profiles WHERE run=? ORDER BY idx", (run,))
    ]
    scenarios = [
        row[0] for row in db.read("SELECT hash FROM run_scenarios WHERE run=? ORDER BY idx", (run,))
    ]
    is_same = (
        (head["repeat"], head["rule"], bool(head["scored_only"]))
        == (study.repeat, study.rule, study.scored_only)
        and profiles == [profile.hash for profile in study.profiles]
        and scenarios == [content_hash(canonical(scenario_to_json(s))) for s in study.scenarios]
    )
    if not is_same:
        raise StoreError(
            f"The run {run} is of another study, or this study has changed",
            "Give a new --run-id, or continue the run as it is: align-tui run --resume",
        )
    return True
