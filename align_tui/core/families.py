"""Which scenarios count as independent: clusters of scenarios that belong together."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
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


def rule_named(name: str | None) -> ClusterRule:
    """The rule of that name; the usual one for None and for a name that is not known."""
    for rule in CLUSTER_RULES:
        if name == rule:
            return rule
    return DEFAULT_RULE


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
    every: list[list[Hashable]] = []
    for scenario in scenarios:
        names: list[Hashable] = [("seen", scenario.seen_hash)]
        if rule == "family":
            # A variant belongs to the scenario whose key it names, and may have variants itself.
            names.append(("key", scenario.key))
            if of := variant_of(scenario):
                names.append(("key", of))
            if family := family_of(scenario):
                names.append(("family", family))
        every.append(names)
    return joined(every)


def joined(names: Sequence[Iterable[Hashable]]) -> tuple[int, ...]:
    """The cluster of each item: the index of the first that shares a name, also through others."""
    parent = list(range(len(names)))

    def root(place: int) -> int:
        while parent[place] != place:
            parent[place] = parent[parent[place]]
            place = parent[place]
        return place

    first: dict[Hashable, int] = {}
    for place, own in enumerate(names):
        for name in own:
            one, other = root(first.setdefault(name, place)), root(place)
            parent[max(one, other)] = min(one, other)
    return tuple(map(root, range(len(names))))


@dataclass(frozen=True, slots=True)
class Clustering:
    """How the questions of a run are counted: `of` has the cluster of each scenario by index.

    `single` says that every cluster is one question.
    """

    rule: ClusterRule = DEFAULT_RULE
    of: tuple[int, ...] = ()
    single: bool = True

    @property
    def clusters(self) -> int:
        """The number of clusters."""
        return len(set(self.of))


ALONE = Clustering()
"""The clustering of no scenarios."""


def clustering(scenarios: Sequence[Scenario], rule: ClusterRule = DEFAULT_RULE) -> Clustering:
    """The clusters of these scenarios by that rule."""
    return grouped(clusters_of(scenarios, rule), rule)


def grouped(of: tuple[int, ...], rule: ClusterRule) -> Clustering:
    """The clustering in which scenario `i` is in cluster `of[i]`."""
    return Clustering(rule, of, len(set(of)) == len(of))
