"""What the screen asks of the store, each in one call that a thread makes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from align_tui.config.profile import Profile
    from align_tui.config.study import Study
    from align_tui.core.scenarios import Scenario
    from align_tui.core.scoring import Rule
    from align_tui.store.database import Database
    from align_tui.store.search import Hit
    from align_tui.tui.board import Place
    from align_tui.tui.snapshot import Shown
    from align_tui.tui.view.glyphs import Glyphs
    from align_tui.tui.view.inside import Section
    from align_tui.tui.view.library import Offer
    from align_tui.variants import Changed

Origin = tuple[str, int, int]  # of an inherited decision: its run; here its scenario and profile
LOOKED_AT = 10  # before everything else: someone looks at it


def run_scenario(
    db: Database, study: Study, run: str | None, scenario: int, versions: Mapping[str, str]
) -> tuple[str, int, int]:
    """Queue all profiles on one scenario, failed ones again: (run, newly queued, retried).

    What an ancestor decided and still holds is not asked again, here and below.
    """
    from align_tui.store import ancestry, results, runs

    run = run or runs.create_run(db, study, dict(versions), enqueue=False)
    before = results.states(db, run, scenario)
    again = runs.retry(db, run, [state.id for state in before if state.status == "failed"])
    pairs = [pair for pair in study.pairs() if pair[0] == scenario]
    runs.enqueue(db, run, study, ancestry.unasked(db, run, study, pairs), priority=LOOKED_AT)
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
    from align_tui.store import ancestry, runs

    run = run or runs.create_run(db, study, dict(versions), enqueue=False)
    before = runs.get_run(db, run).samples
    runs.enqueue(db, run, study, ancestry.unasked(db, run, study, study.pairs()))
    return run, runs.get_run(db, run).samples - before


def run_changed(
    db: Database, changed: Changed, parent: str | None, versions: Mapping[str, str]
) -> tuple[str, int]:
    """A run of the changed study that names its parent, what changed queued: (run, how many)."""
    from align_tui.store import ancestry, runs

    run = runs.create_run(db, changed.study, dict(versions), parent=parent, enqueue=False)
    pairs = ancestry.unasked(db, run, changed.study, changed.pairs)
    runs.enqueue(db, run, changed.study, pairs, priority=LOOKED_AT)
    return run, len(pairs)


def list_offers(
    removed: Mapping[str, Profile], glyphs: Glyphs, beside: Profile | None = None
) -> list[Offer]:
    """What can be added: removed columns by their keys, then the library, the user's own first.

    A profile that names no model would decide on that of `beside`. What is wrong with a file is
    told in its place.
    """
    from align_tui.config.attributes import load_attributes
    from align_tui.config.backbones import backbone_of
    from align_tui.config.library import list_profiles, load_profile
    from align_tui.core.errors import AlignError
    from align_tui.tui.view.library import Offer
    from align_tui.tui.view.targets import in_words

    def offer(key: str, origin: str, name: str, profile: Profile) -> Offer:
        model = profile.model_label
        target = in_words(profile.target, glyphs)
        return Offer(key, name, origin, profile.adm.kind, target, model, profile.description)

    attributes = load_attributes()
    default = backbone_of(beside) if beside is not None else None
    offers = [offer(key, "removed", each.name, each) for key, each in removed.items()]
    for entry in sorted(list_profiles(), key=lambda entry: entry.origin != "yours"):
        key, origin = str(entry.path), entry.origin if entry.origin == "yours" else ""
        try:
            profile = load_profile(key, default=default, attributes=attributes)
        except AlignError as error:
            said = error.message.removeprefix(key).lstrip(" ,:")
            offers.append(Offer(key, entry.name, origin, trouble=said))
        else:
            offers.append(offer(key, origin, entry.name, profile))
    return offers


def set_state(db: Database, run: str, state: str) -> None:
    """Pause, go on, or stop."""
    from align_tui.store import runs

    runs.set_state(db, run, state)


def search_run(
    db: Database, run: str, query: str, origins: Mapping[int, Origin], limit: int = 200
) -> list[Hit]:
    """Decisions of this run whose reasoning has all the words, the newest first.

    Those that it inherited come after its own; `origins` says where they stand in it.
    """
    from align_tui.store.search import search

    hits = search(db, query, run=run, limit=limit)
    for ancestor in dict.fromkeys(origin for origin, _, _ in origins.values()):
        for hit in search(db, query, run=ancestor, limit=limit):
            if hit.sample in origins:
                _, scenario, profile = origins[hit.sample]
                hits.append(replace(hit, scenario=scenario, profile=profile))
    return hits[:limit]


def look_inside(
    db: Database, rule: Rule, profile: Profile, scenario: Scenario, shown: Shown, glyphs: Glyphs
) -> tuple[Section, ...]:
    """Everything that one ended sample was made of, in whichever run it was decided."""
    from align_tui.config.attributes import load_attributes
    from align_tui.config.entering import entered
    from align_tui.core.attributes import targets_from_id
    from align_tui.core.decisions import messages_from_json
    from align_tui.core.scoring import score
    from align_tui.store.results import responses_of, scores_of
    from align_tui.store.runs import model_of
    from align_tui.tui.view.inside import sections

    assert shown.sample is not None
    replies = responses_of(db, shown.sample)
    scores = scores_of(db, [shown.sample])[shown.sample]
    choice = shown.result.choice if shown.result is not None else None
    if shown.origin is not None and choice is not None:
        # Under the targets of the run that is shown, which may be others than it was decided in.
        scores = {
            name: score(scenario, targets_from_id(name), choice, rule) for name, _ in shown.scores
        }
    attributes = load_attributes()
    where = [
        entered(profile, scenario, messages_from_json(reply.messages), attributes)
        for reply in replies
    ]
    model = model_of(db, shown.sample)
    return sections(profile, scenario, shown, replies, scores, where, model, glyphs)
