"""Which scenarios count as independent: clusters of scenarios that belong together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from align_tui.core.scenarios import Scenario, variant_of

ClusterRule = Literal["family", "question", "none"]
CLUSTER_RULES: dict[ClusterRule, str] = {
    "family": "scenarios of one family, or with the same text and choices",
    "question": "scenarios with the same text and choices",
    "none": "every decision for itself",
}
"""What is taken as dependent, in words."""
DEFAULT_RULE: ClusterRule = "family"


def family_of(scenario: Scenario) -> str:
    """The family of a scenario; empty if it has none.

    The 62 records of MTA have 20 scenario ids: several questions about one situation. Runs of
    version 0.1 stored no families, so for MTA the id of the record takes the place. In other
    files a scenario id may name the whole set.
    """
    if scenario.family or scenario.source.get("format") != "mta":
        return scenario.family
    found = scenario.meta.get("scenario_id")
    return found if isinstance(found, str) else ""


def clusters_of(scenarios: Sequence[Scenario], rule: ClusterRule = DEFAULT_RULE) -> tuple[int, ...]:
    """The cluster of each scenario: the index of the first scenario that belongs to it.

    Two scenarios share a cluster if text and choices are equal. By `family` they also share one if
    their families are equal or one is a variant of the other, and through a third scenario.
    With `none` each is a cluster (and its caller counts each decision for itself).
    """
    if rule == "none":
        return tuple(range(len(scenarios)))
    parent = list(range(len(scenarios)))

    def root(place: int) -> int:
        while parent[place] != place:
            parent[place] = parent[parent[place]]
            place = parent[place]
        return place

    first: dict[tuple[str, str], int] = {}
    for place, scenario in enumerate(scenarios):
        names = [("seen", scenario.seen_hash)]
        if rule == "family":
            # A variant belongs to the scenario whose key it names.
            names.append(("key", variant_of(scenario) or scenario.key))
            if family := family_of(scenario):
                names.append(("family", family))
        for name in names:
            one, other = root(first.setdefault(name, place)), root(place)
            parent[max(one, other)] = min(one, other)
    return tuple(map(root, range(len(scenarios))))
