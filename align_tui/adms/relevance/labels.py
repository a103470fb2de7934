"""`labels`: an attribute matters if any choice of the scenario is labelled with it."""

from __future__ import annotations

from typing import ClassVar

from align_tui.adms.base import Llm
from align_tui.adms.relevance.base import FoundRelevance, Predictor, RelevanceKind, names_of
from align_tui.config.profile import Profile
from align_tui.config.relevance import RelevanceParams
from align_tui.core.attributes import Attributes
from align_tui.core.relevance import from_labels
from align_tui.core.scenarios import Scenario
from align_tui.core.targets import Targets

RATER = "labels"


class LabelsParams(RelevanceParams):
    """Relevance 1 for attributes that any choice has a label of, 0 for others. It asks no model."""

    reads_labels: ClassVar[bool] = True


def found_in(scenario: Scenario, targets: Targets) -> FoundRelevance:
    """The relevance of the targets' attributes by the scenario's labels."""
    return FoundRelevance.for_all(from_labels(scenario, names_of(targets)), scenario, RATER)


def make(profile: Profile, params: LabelsParams, attributes: Attributes) -> Predictor:
    """Make a predictor that reads the labels."""

    async def predict(
        scenario: Scenario, targets: Targets, llm: Llm, stream: int
    ) -> FoundRelevance:
        return found_in(scenario, targets)

    return predict


KIND = RelevanceKind(LabelsParams, make)
