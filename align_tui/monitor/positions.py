"""Where the choices stood that columns took: how often the one that was shown first."""

from __future__ import annotations

from align_tui.config.study import Study
from align_tui.core.stats.position import Placed, PositionRate, position_rate
from align_tui.store.clusters import clustering_of
from align_tui.store.database import Database
from align_tui.store.orders import shown_to, taken_choices


def column_positions(db: Database, run: str, study: Study) -> tuple[PositionRate, ...]:
    """A rate for each profile of a run. Raises StoreError.

    Questions and clusters are those of the accuracies.
    """
    found = clustering_of(db, run)
    alone = found.rule == "none"
    placed: list[list[Placed]] = [[] for _ in study.profiles]
    for each in taken_choices(db, run):
        count = len(study.scenarios[each.scenario].choices)
        shown = shown_to(study.profiles[each.profile], each.shown, each.choice, count)
        if shown:
            places = tuple(one.place for one in shown)
            decision = each.scenario, each.repeat
            question = decision if alone else each.scenario
            cluster = decision if alone else found.of[each.scenario]
            placed[each.profile].append(Placed(question, cluster, count, places))
    return tuple(map(position_rate, placed))
