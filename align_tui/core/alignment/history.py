"""History: the mean predictions of the choices that a decision-maker took earlier in a context.

It is align-system's `ChoiceKDMAValueHistory` (commit 6d59f0d), whose context is the scenario's id.
Three things differ here. The order is that of the run's scenarios, and not the order in time. A
history can be read again from the stored decisions. A what-if variant stands in for its original:
it has its original's history, and no other scenario has the variant in its history.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from align_tui.core.alignment.ranking import History
from align_tui.core.alignment.ratings import mean
from align_tui.core.predictions import Prediction
from align_tui.core.scenarios import Scenario, variant_of

WHOLE_RUN = "run"
"""As the name of a context: all scenarios of the run are in one."""


@dataclass(frozen=True, slots=True)
class Turn:
    """The turn of a scenario: its context, and its place in it (from 0; others may share it).

    `counts` is False for a what-if variant, which no other scenario has in its history.
    """

    context: str
    place: int
    counts: bool = True

    def follows(self, other: Turn) -> bool:
        """Is the decision at `other` in the history of this one?"""
        return other.counts and other.context == self.context and other.place < self.place


def turns_of(scenarios: Sequence[Scenario], by: str) -> tuple[Turn, ...]:
    """The turn of each scenario of a run.

    `by` is the key of `Scenario.meta` whose value names the context, or `run`. Scenarios without
    that key are in one context.
    """
    places = {scenario.key: index for index, scenario in enumerate(scenarios)}
    found = []
    for index, scenario in enumerate(scenarios):
        context = "" if by == WHOLE_RUN else str(scenario.meta.get(by, ""))
        original = variant_of(scenario)
        place = index if original is None else places.get(original, index)
        found.append(Turn(context, place, counts=original is None))
    return tuple(found)


def earlier_than(turns: Sequence[Turn], index: int) -> tuple[int, ...]:
    """The indices of the scenarios in the history of the one at `index`, in their order."""
    return tuple(i for i, each in enumerate(turns) if turns[index].follows(each))


def history_of(taken: Iterable[Mapping[str, Prediction]]) -> History:
    """The history from the predictions of the taken choices, in the order of the decisions.

    A decision without predictions adds nothing, and neither does an attribute without samples.
    """
    found: dict[str, list[float]] = {}
    for predicted in taken:
        for attribute, each in predicted.items():
            if each.samples:
                found.setdefault(attribute, []).append(mean(each.samples))
    return {attribute: tuple(values) for attribute, values in found.items()}
