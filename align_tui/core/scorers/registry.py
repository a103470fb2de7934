"""Every scorer by name; a study's scoring rule is one of these names."""

from __future__ import annotations

from functools import lru_cache

from align_tui.core.answers import Answer
from align_tui.core.errors import ConfigError
from align_tui.core.registry import Registry
from align_tui.core.scenarios import Scenario
from align_tui.core.scorers.base import UNSCORED, Score, ScorerEntry
from align_tui.core.targets import Targets

DEFAULT = "distance"

SCORERS = Registry(
    "scorer",
    "align_tui.scorers",
    ScorerEntry,
    {
        "distance": "align_tui.core.scorers.distance:SCORER",
        "naacl": "align_tui.core.scorers.naacl:SCORER",
        "jensen_shannon": "align_tui.core.scorers.shares:JENSEN_SHANNON",
        "wasserstein": "align_tui.core.scorers.shares:WASSERSTEIN",
        "total_variation": "align_tui.core.scorers.shares:TOTAL_VARIATION",
    },
)


@lru_cache(maxsize=64)
def find_scorer(name: str) -> ScorerEntry:
    """The scorer of that name, for code that reads a stored run.

    The package of a run's scorer may be missing on this machine. Then the returned entry scores
    nothing, so that the run can still be read.
    """
    try:
        return SCORERS.get(name)
    except ConfigError as error:
        return ScorerEntry(name, f"{error.message}.", _unscored, answers=frozenset())


def _unscored(answer: Answer, scenario: Scenario, targets: Targets) -> Score:
    return UNSCORED
