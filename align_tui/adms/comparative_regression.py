"""Comparative regression: the model scores all choices together, once for each attribute.

An alignment function then takes the choice whose scores fit the target best. This is ALIGN's main
aligned decision-maker (arXiv 2507.09037 and 2508.08509).
"""

from __future__ import annotations

import time
from dataclasses import fields
from typing import ClassVar, Self

from pydantic import model_validator

from align_tui.adms.base import Adm, AdmKind, Llm
from align_tui.adms.ranking import alignment_function
from align_tui.adms.rating.deciding import decide_by_ratings
from align_tui.adms.rating.params import AsksForScores, defined
from align_tui.config.adm_params import Traits
from align_tui.config.alignment import params_of
from align_tui.config.profile import Profile
from align_tui.core.attributes import Attributes
from align_tui.core.decisions import Decision, Step
from align_tui.core.rating_replies import Reasons
from align_tui.core.scenarios import Scenario
from align_tui.core.targets import Targets


class ComparativeRegressionParams(AsksForScores):
    """Asks for the scores of all choices at once, in `samples` replies for each attribute.

    `reasoning` says where a reply gives its reasons: `shared` (once, before all scores: phase 2 of
    align-system), `per_choice` (with each score: phase 1) or `none`. With `enum_scores` a score is
    one of the attribute's valid scores. `anchors` puts what some scores mean into the prompt.
    `reverse_choices` lists the choices from last to first; `swap_average` asks in both orders and
    joins the samples. `predict_outcomes` first asks, for each sample, what would come of each
    choice; `predict_relevance` asks whether each attribute matters to each choice.
    """

    reasoning: Reasons = "shared"
    enum_scores: bool = False
    anchors: bool = True
    reverse_choices: bool = False
    swap_average: bool = False
    predict_outcomes: bool = False
    predict_relevance: bool = False

    @model_validator(mode="after")
    def _one_order(self) -> Self:
        if self.swap_average and self.reverse_choices:
            raise ValueError("swap_average asks in both orders; leave out reverse_choices")
        return self

    TRAITS: ClassVar[Traits] = Traits()

    @property
    def traits(self) -> Traits:
        """It needs a target if it rates the target's attributes."""
        return Traits(
            needs_model=True,
            needs_target=self.rates_target,
            is_steerable=True,
            takes_distributions=True,
            ranks=True,
            gives_history=True,
            gives_relevance=self.predict_relevance,
            takes_examples="each",
            reads_labels=False,
        )


def make(profile: Profile, params: ComparativeRegressionParams, attributes: Attributes) -> Adm:
    """Make a decision-maker that ranks the choices by the scores that its model gives them."""
    from align_tui.adms.rating.comparative import ComparativeOptions, rate_together
    from align_tui.adms.rating.examples import RatingExamples
    from align_tui.config.prompts.rating import RatingPrompts  # Jinja; the screen reads KIND

    function = alignment_function(params_of(profile.alignment))
    prompts = RatingPrompts(f"profile {profile.name}", params.system, params.user)
    options = ComparativeOptions(
        **{each.name: getattr(params, each.name) for each in fields(ComparativeOptions)}
    )
    examples = RatingExamples(profile, prompts, params.reasoning, params.max_reasoning_chars)

    async def decide(scenario: Scenario, targets: Targets, llm: Llm) -> Decision:
        rated_attributes = defined(params.attributes_to_rate(targets), attributes)
        turns, used, steps = await examples.turns(rated_attributes, scenario, llm)
        begun = time.monotonic()
        rated = await rate_together(llm, scenario, rated_attributes, prompts, options, turns)
        return decide_by_ratings(
            function,
            rated,
            scenario,
            targets,
            llm,
            fixed_texts=params.fixed_texts,
            steps=(*steps, Step("rate", time.monotonic() - begun)),
            examples=used,
        )

    return decide


PROMPTS = tuple(
    f"align_tui.config.prompts.rating:{name}"
    for name in ("COMPARATIVE_SYSTEM", "COMPARATIVE_USER", "INSTRUCTIONS", "OUTCOMES_SYSTEM",
                 "OUTCOMES_USER", "RELEVANCE_SYSTEM", "RELEVANCE_USER")
)  # fmt: skip
KIND = AdmKind(ComparativeRegressionParams, make, prompts=PROMPTS)
