"""Find a run of a study: by an id that the user gives, or the demo's."""

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
    """True if this database has a run of the study with that id.

    Raises StoreError if the run with that id is of another study, or if the id is not valid.
    """
    if not _ID.fullmatch(run):
        raise StoreError(
            f"--run-id {run[:100]!r} is not an id",
            "Use letters, digits, dots, hyphens and underscores (80 at most).",
        )
    if db.one("SELECT 1 FROM runs WHERE id=?", (run,)) is None:
        return False
    if not _is_of(db, run, study):
        raise StoreError(
            f"The run {run} is of another study, or this study has changed",
            "Give a new --run-id, or continue the run as it is: align-tui run --resume",
        )
    return True


def demo_run(db: Database, study: Study) -> str | None:
    """The newest run of the demo study as it is in this version; None if there is none."""
    rows = db.read(
        "SELECT id FROM runs WHERE is_demo AND parent IS NULL AND id NOT IN (SELECT run FROM trash)"
        " ORDER BY created DESC"
    )
    return next((str(row[0]) for row in rows if _is_of(db, row[0], study)), None)


def _is_of(db: Database, run: str, study: Study) -> bool:
    """Has the run the same profiles, scenarios, repeats and scorer as the study?"""
    [head] = db.read("SELECT repeat, rule, scored_only FROM runs WHERE id=?", (run,))
    hashes = {
        table: [
            row[0] for row in db.read(f"SELECT hash FROM {table} WHERE run=? ORDER BY idx", (run,))
        ]
        for table in ("run_profiles", "run_scenarios")
    }
    return (
        (head["repeat"], head["rule"], bool(head["scored_only"]))
        == (study.repeat, study.rule, study.scored_only)
        and hashes["run_profiles"] == [profile.hash for profile in study.profiles]
        and hashes["run_scenarios"]
        == [content_hash(canonical(scenario_to_json(each))) for each in study.scenarios]
    )
