"""Oracle: knows the labels. It is the upper bound of a scenario set and checks its scoring.

The labels are its predictions, and the profile's alignment function ranks the choices by them. So
it is also the upper bound of an alignment function, as in align-system's pipelines. For a function
that needs relevance, an attribute is relevant (1) where it is labelled and not (0) elsewhere, as in
align-system's relevance oracle.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from pydantic import SerializerFunctionWrapHandler, model_serializer

from align_tui.adms.base import Adm, AdmKind, Llm
from align_tui.adms.ranking import alignment_function, rank_some
from align_tui.adms.relevance.predict import relevance_of
from align_tui.config.adm_params import AdmParams, RankingInputs, Traits
from align_tui.config.alignment import AlignmentParams, params_of
from align_tui.config.profile import Profile
from align_tui.core.alignment.ranking import History, Ranking
from align_tui.core.alignment.reasons import in_words
from align_tui.core.alignment.registry import FUNCTIONS
from align_tui.core.answers import ChoiceAnswer
from align_tui.core.attributes import Attributes
from align_tui.core.decisions import Decision, Step
from align_tui.core.predictions import BY_LABELS, Prediction, Predictions, Relevance
from align_tui.core.relevance import labelled_of_choices
from align_tui.core.scenarios import Scenario
from align_tui.core.targets import Targets, target_id

RATER = BY_LABELS


class OracleParams(AdmParams):
    """Takes the choice that the alignment function ranks first by the labels.

    `inverted` is the function's `misaligned`: the choice that is farthest from the targets. With
    `relevance` an attribute of the target that no choice is labelled for does not count, for
    functions that can do without relevance. Others always get it. The profile's `[relevance]`, if
    it has one, takes the place of the labels there.
    """

    TRAITS: ClassVar[Traits] = Traits(
        needs_target=True,
        shows_order=False,
        is_steerable=True,
        takes_distributions=True,
        ranks=True,
        gives_relevance=True,
        takes_relevance=True,
        gives_history=True,
    )
    inverted: bool = False
    relevance: bool = False

    @model_serializer(mode="wrap")
    def _as_it_was(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out `relevance` at its default, so that hashes of older profiles do not change."""
        dumped: dict[str, Any] = dump(self)
        if not self.relevance:
            dumped.pop("relevance", None)
        return dumped

    @property
    def alignment_changes(self) -> Mapping[str, Any]:
        """`inverted` is the function's `misaligned`."""
        return {"misaligned": True} if self.inverted else {}

    @property
    def rates_by(self) -> str:
        """It ranks labels."""
        return RATER

    def ranked(
        self,
        predictions: Predictions,
        relevance: Relevance | None,
        scenario: Scenario,
        targets: Targets,
        *,
        needs_relevance: bool,
    ) -> RankingInputs:
        """The choices with labels; the relevance of the labels, unless another was predicted."""
        if relevance is None or relevance.rater == RATER:
            relevance = _label_relevance(scenario, targets, needs_relevance, self.relevance)
        kept = _with_labels(predictions, scenario, targets, relevance, needs_relevance)
        return RankingInputs(kept, relevance)


def make(profile: Profile, params: OracleParams, attributes: Attributes) -> Adm:
    """Make a decision-maker that ranks labels by `[alignment]` (without it by average distance).

    If `rank_labels` finds nothing to rank, the decision-maker takes the first choice and says so in
    the reasoning. Such a decision is unscored anyway.
    """
    alignment = params_of(profile.alignment, **params.alignment_changes)

    async def decide(scenario: Scenario, targets: Targets, llm: Llm) -> Decision:
        found = None
        if profile.relevance is not None:
            found = await relevance_of(
                scenario, targets, llm, profile=profile, attributes=attributes
            )
        relevance = (
            label_relevance(alignment, scenario, targets, weighs=params.relevance)
            if found is None
            else found.relevance
        )
        begun = time.monotonic()
        ranking = rank_labels(
            alignment, scenario, targets, llm.seed, relevance=relevance, history=llm.history
        )
        if ranking is None:
            return Decision(
                ChoiceAnswer(0),
                f"No choice is labelled for {target_id(targets)}, so the oracle takes the first.",
            )
        return Decision(
            ChoiceAnswer(ranking.taken),
            in_words(ranking, targets, "labels"),
            responses=found.responses if found is not None else (),
            notes=(*(found.notes if found is not None else ()), *ranking.notes),
            predictions=label_predictions(scenario),
            relevance=relevance,
            ranking=ranking,
            steps=(
                *(found.steps if found is not None else ()),
                Step("rank", time.monotonic() - begun),
            ),
        )

    return decide


def rank_labels(
    alignment: AlignmentParams,
    scenario: Scenario,
    targets: Targets,
    seed: int,
    *,
    weighs: bool = False,
    relevance: Relevance | None = None,
    history: History | None = None,
) -> Ranking | None:
    """Rank a scenario's choices by their labels; None if no choice can be ranked.

    The ranking leaves out choices without a label for each attribute of the target that is
    relevant; a function that needs the relevance for each choice ranks all of them. Without
    `relevance` it is that of the labels, and `weighs` gives it to functions that do not need it.
    """
    predictions = label_predictions(scenario)
    if relevance is None:
        relevance = label_relevance(alignment, scenario, targets, weighs=weighs)
    needs = FUNCTIONS.get(alignment.function).needs_relevance
    kept = _with_labels(predictions, scenario, targets, relevance, needs)
    if not kept:
        return None
    function = alignment_function(alignment)
    return rank_some(
        function, predictions, list(kept), targets, seed, relevance=relevance, history=history
    )


def _with_labels(
    predictions: Predictions,
    scenario: Scenario,
    targets: Targets,
    relevance: Relevance | None,
    needs_relevance: bool,
) -> tuple[int, ...]:
    """The choices that can be ranked by their labels; all if the function needs relevance."""
    if needs_relevance:
        return tuple(range(len(predictions)))
    wanted = {target.attribute for target in targets}
    if relevance is not None:
        wanted = {n for n in wanted if any(row.get(n) for row in relevance.by_choice)}
    if not scenario.labelled:
        return ()
    return tuple(index for index, each in enumerate(predictions) if wanted <= set(each))


def label_predictions(scenario: Scenario) -> Predictions:
    """Turn each label of each choice into a prediction of one sample."""
    return tuple(
        {name: Prediction((value,), rater=RATER) for name, value in choice.labels.items()}
        for choice in scenario.choices
    )


def label_relevance(
    alignment: AlignmentParams, scenario: Scenario, targets: Targets, *, weighs: bool
) -> Relevance | None:
    """The relevance that the labels give the function: for each choice if it needs that.

    None for a function that does not need relevance, unless `weighs` is set.
    """
    needs = FUNCTIONS.get(alignment.function).needs_relevance
    return _label_relevance(scenario, targets, needs, weighs)


def _label_relevance(
    scenario: Scenario, targets: Targets, needs_relevance: bool, weighs: bool
) -> Relevance | None:
    names = [target.attribute for target in targets]
    if needs_relevance:
        return labelled_of_choices(scenario, names)
    return relevance_in_scenario(scenario, names) if weighs else None


def relevance_in_scenario(scenario: Scenario, attributes: Iterable[str] | None = None) -> Relevance:
    """1 for an attribute that any choice is labelled for, else 0; the same for all choices.

    Without `attributes` it has all that are labelled.
    """
    labelled = scenario.labelled
    names = labelled if attributes is None else attributes
    values = {name: float(name in labelled) for name in names}
    return Relevance.of_scenario(values, len(scenario.choices), RATER)


KIND = AdmKind(OracleParams, make)
