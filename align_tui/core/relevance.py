"""Combine relevance: over choices, over samples of a model, over similarities and from labels.

The rules are those of align-system (commit 6d59f0d): `ChoiceRelevanceToProbeRelevance`,
`PredictMostRelevantADMComponent`, `BertRelevanceADMComponent` and `OracleRelevance`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from align_tui.core.alignment.ranking import TIE
from align_tui.core.alignment.ratings import mean
from align_tui.core.predictions import BY_LABELS, Relevance
from align_tui.core.scenarios import Scenario

ByAttribute = Mapping[str, float]


def mean_over_choices(by_choice: Sequence[ByAttribute]) -> dict[str, float]:
    """The mean relevance of each attribute over the choices that have one; empty without any."""
    names = dict.fromkeys(name for choice in by_choice for name in choice)
    return {name: mean([choice[name] for choice in by_choice if name in choice]) for name in names}


def binarised(relevance: ByAttribute, *, exact: bool = False) -> dict[str, float]:
    """1 for each attribute at the greatest relevance, 0 for the others.

    Values within 1e-9 of the greatest are at it too; with `exact` the last bit decides, as in
    align-system. If all are 0, all are at the greatest.
    """
    if not relevance:
        return {}
    least = max(relevance.values()) - (0.0 if exact else TIE)
    return {name: float(value >= least) for name, value in relevance.items()}


def share_of_picks(picks: Sequence[str], attributes: Sequence[str]) -> dict[str, float]:
    """The share of samples that named each attribute as the most relevant one.

    A single attribute has relevance 1 without any pick.
    """
    if len(attributes) == 1:
        return {attributes[0]: 1.0}
    return {name: mean([float(pick == name) for pick in picks]) for name in attributes}


def most_similar(similarities: Mapping[str, Sequence[float]]) -> dict[str, float]:
    """1 for the attribute whose examples are most similar in the mean, 0 for the others.

    Of equal ones the first is taken. An attribute without examples has relevance 0 beside one with
    examples; in align-system it wins when it is listed first. A single attribute has relevance 1.
    """
    if len(similarities) == 1:
        return dict.fromkeys(similarities, 1.0)
    means = {name: mean(found) for name, found in similarities.items() if found}
    best = max(means, key=lambda name: means[name], default=None)
    return {name: float(name == best) for name in similarities}


def labelled_of_choices(scenario: Scenario, attributes: Sequence[str]) -> Relevance:
    """For each choice: 1 for each attribute that it has a label of, else 0."""
    rows = tuple(
        {name: float(name in choice.labels) for name in attributes} for choice in scenario.choices
    )
    return Relevance(rows, BY_LABELS)


def from_labels(scenario: Scenario, attributes: Sequence[str]) -> dict[str, float]:
    """1 for each attribute that any choice has a label of, else 0.

    align-system's record of true relevance reads the last labelled choice alone; this reads all.
    """
    return {name: float(name in scenario.labelled) for name in attributes}
