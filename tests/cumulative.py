"""A small cumulative alignment function, and studies that use it, for tests of histories."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from align_tui.config.profile import Profile
from align_tui.config.study import Study
from align_tui.core.alignment.ranking import History, Ranking, take_one, tied_best
from align_tui.core.alignment.registry import FUNCTIONS, AlignmentEntry
from align_tui.core.errors import AlignmentError
from align_tui.core.predictions import Predictions, Relevance
from align_tui.core.scenarios import Choice, Scenario
from align_tui.core.targets import Targets

ATTRIBUTE = "moral_desert"
FAILS = 0.125  # the function refuses a choice with this label


def rank(
    predictions: Predictions,
    targets: Targets,
    relevance: Relevance | None,
    history: History,
    seed: int,
) -> Ranking:
    """The choice with which the mean of history and choice is nearest to the first target."""
    if any(each[ATTRIBUTE].mean == FAILS for each in predictions):
        raise AlignmentError("This one fails")
    [aim] = [target.point for target in targets if target.point is not None]
    before = list(history.get(ATTRIBUTE, ()))
    scores = []
    for each in predictions:
        values = [*before, each[ATTRIBUTE].mean]
        scores.append(-abs(sum(values) / len(values) - aim))
    best = tied_best(scores)
    taken, why = take_one(best, seed)
    return Ranking("running", "closeness", tuple(scores), best, taken, why)


RUNNING = AlignmentEntry("running", f"{__name__}:rank", "", needs_history=True)


def install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Register the function under the name `running`."""
    monkeypatch.setitem(FUNCTIONS.entries, "running", f"{__name__}:RUNNING")


def scenario(key: str, context: str, first: float, second: float) -> Scenario:
    """A scenario of two choices with the labels `first` and `second`."""
    choices = (Choice("A", {ATTRIBUTE: first}), Choice("B", {ATTRIBUTE: second}))
    return Scenario(key, f"Scenario {key}.", choices, meta={"scenario_id": context})


def study(scenarios: Sequence[Scenario], target: float = 0.5, **more: Any) -> Study:
    """An oracle that ranks by `running`, and one without a history."""
    tables: dict[str, Any] = {"target": [{"attribute": ATTRIBUTE, "value": target}]}
    past = {"name": "past", "adm": {"kind": "oracle"}, "alignment": {"function": "running"}}
    plain = {"name": "plain", "adm": {"kind": "oracle"}}
    profiles = tuple(
        Profile.model_validate(body | tables | more.pop("tables", {})) for body in (past, plain)
    )
    return Study("cumulative", profiles, tuple(scenarios), **more)


def expected(scenarios: Sequence[Scenario], target: float = 0.5) -> dict[str, tuple[float, ...]]:
    """The history of each scenario by key, as a loop over the scenarios of a context makes it."""
    remembered: dict[str, list[float]] = {}
    found = {}
    for each in scenarios:
        before = remembered.setdefault(str(each.meta["scenario_id"]), [])
        found[each.key] = tuple(before)
        labels = [choice.labels[ATTRIBUTE] for choice in each.choices]
        count = len(before) + 1
        before.append(min(labels, key=lambda x: abs((sum(before) + x) / count - target)))
    return found
