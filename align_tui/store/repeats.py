"""Write a run that repeats another one, with its seed rule and day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from align_tui.config.study import Study
from align_tui.core.seeds import SeedRule
from align_tui.store import runs
from align_tui.store.database import Database

REPEATS = "repeats run"
"""Among a run's versions: the id of the run that it repeats.

It is no parent: a child run inherits the decisions of its parent, and a repeated run asks again.
"""


def start_repeat(
    db: Database,
    study: Study,
    versions: Mapping[str, str],
    repeats: str,
    places: Iterable[tuple[int, int, int]],
    seed_rule: SeedRule,
    day: str,
) -> str:
    """Create a run of the study and queue the samples at `places`; returns its id.

    `repeats` is the id of the run that it repeats. Raises StoreError, ConfigError.
    """
    made = {**versions, REPEATS: repeats}
    run = runs.create_run(db, study, made, enqueue=False)
    with db.write() as connection:
        connection.execute("UPDATE runs SET seed_rule=?, day=? WHERE id=?", (seed_rule, day, run))
    runs.enqueue(db, run, study, places)
    return run
