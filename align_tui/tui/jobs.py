"""What the screen asks of the store, each in one call that a thread makes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from align_tui.config.profile import Profile
    from align_tui.config.study import Study
    from align_tui.core.scenarios import Scenario
    from align_tui.store.database import Database
    from align_tui.store.search import Hit
    from align_tui.tui.board import Place
    from align_tui.tui.snapshot import Shown
    from align_tui.tui.view.glyphs import Glyphs
    from align_tui.tui.view.inside import Section
    from align_tui.variants import Changed

LOOKED_AT = 10  # before everything else: someone looks at it


def run_scenario(
    db: Database, study: Study, run: str | None, scenario: int, versions: Mapping[str, str]
) -> tuple[str, int, int]:
    """Queue all profiles on one scenario, failed ones again: (run, newly queued, retried)."""
    from align_tui.store import results, runs

    run = run or runs.create_run(db, study, dict(versions), enqueue=False)
    before = results.states(db, run, scenario)
    again = runs.retry(db, run, [state.id for state in before if state.status == "failed"])
    pairs = [pair for pair in study.pairs() if pair[0] == scenario]
    runs.enqueue(db, run, study, pairs, priority=LOOKED_AT)
    return run, len(results.states(db, run, scenario)) - len(before), again


def ask_again(db: Database, study: Study, run: str, place: Place, sample: int) -> int:
    """Queue one failed sample again, before all others; how many that were (0 or 1)."""
    from align_tui.store import runs

    again = runs.retry(db, run, [sample])
    if again:
        runs.enqueue(db, run, study, [place], priority=LOOKED_AT)
    return again


def run_all(
    db: Database, study: Study, run: str | None, versions: Mapping[str, str]
) -> tuple[str, int]:
    """Queue the whole study: (run, newly queued)."""
    from align_tui.store import runs

    run = run or runs.create_run(db, study, dict(versions), enqueue=False)
    before = runs.get_run(db, run).samples
    runs.enqueue(db, run, study, study.pairs())
    return run, runs.get_run(db, run).samples - before


def run_changed(
    db: Database, changed: Changed, parent: str | None, versions: Mapping[str, str]
) -> str:
    """A run of the changed study that names its parent, with what changed queued; its id."""
    from align_tui.store import runs

    run = runs.create_run(db, changed.study, dict(versions), parent=parent, enqueue=False)
    runs.enqueue(db, run, changed.study, changed.pairs, priority=LOOKED_AT)
    return run


def set_state(db: Database, run: str, state: str) -> None:
    """Pause, go on, or stop."""
    from align_tui.store import runs

    runs.set_state(db, run, state)


def search_run(db: Database, run: str, query: str, limit: int = 200) -> list[Hit]:
    """Decisions of this run whose reasoning has all the words, the newest first."""
    from align_tui.store.search import search

    return search(db, query, run=run, limit=limit)


def look_inside(
    db: Database, run: str, profile: Profile, scenario: Scenario, shown: Shown, glyphs: Glyphs
) -> tuple[Section, ...]:
    """Everything that one ended sample was made of."""
    from align_tui.config.attributes import load_attributes
    from align_tui.config.entering import entered
    from align_tui.core.decisions import messages_from_json
    from align_tui.store.results import responses_of, scores_of
    from align_tui.store.runs import run_versions
    from align_tui.tui.view.inside import sections

    assert shown.sample is not None
    replies = responses_of(db, shown.sample)
    scores = scores_of(db, [shown.sample])[shown.sample]
    attributes = load_attributes()
    where = [
        entered(profile, scenario, messages_from_json(reply.messages), attributes)
        for reply in replies
    ]
    model = run_versions(db, run).get(f"model of {profile.name}", "")
    return sections(profile, scenario, shown, replies, scores, where, model, glyphs)
