"""The order in which a study's samples may be decided, where decisions depend on earlier ones."""

from __future__ import annotations

from collections.abc import Iterable

from align_tui.config.study import Study
from align_tui.core.alignment.history import Turn, earlier_than, turns_of

Place = tuple[int, int, int]  # scenario, profile, repeat


def turns(study: Study, profile: int) -> tuple[Turn, ...] | None:
    """The turn of each scenario for that profile; None if it needs no history."""
    context = study.profiles[profile].history_context
    return None if context is None else turns_of(study.scenarios, context)


def earlier(study: Study, profile: int, scenario: int) -> tuple[int, ...]:
    """The scenarios whose decisions are in the history of that one, in their order."""
    found = turns(study, profile)
    if found is None:
        return ()
    decided = study.profiles[profile]
    return tuple(
        index
        for index in earlier_than(found, scenario)
        if study.takes(decided, study.scenarios[index])
    )


def with_earlier(study: Study, places: Iterable[Place]) -> list[Place]:
    """The places, and before them those whose decisions are in their history."""
    wanted = list(dict.fromkeys(places))
    latest: dict[tuple[int, int, str], int] = {}  # profile, repeat, context: the last place
    known = {p: found for p in {p for _, p, _ in wanted} if (found := turns(study, p)) is not None}
    for s, p, r in wanted:
        if p in known:
            turn = known[p][s]
            group = (p, r, turn.context)
            latest[group] = max(latest.get(group, 0), turn.place)
    needed = [
        (s, p, r)
        for (p, r, context), last in latest.items()
        for s, turn in enumerate(known[p])
        if Turn(context, last).follows(turn) and study.takes(study.profiles[p], study.scenarios[s])
    ]
    return list(dict.fromkeys((*needed, *wanted)))
