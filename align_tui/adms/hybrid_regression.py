"""Hybrid regression: a ridge regression on embeddings predicts the score of each choice.

The regression is trained here, on labelled records that the profile names: align-system's own
fine-tuned weights are not public. No text is generated.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import Field

from align_tui.adms.base import Adm, AdmKind, Llm
from align_tui.adms.ranking import alignment_function
from align_tui.adms.rating.deciding import decide_by_ratings
from align_tui.adms.rating.params import Name, RatesAttributes
from align_tui.adms.rating.rated import Rated
from align_tui.config.adm_params import Traits, UsesRecords
from align_tui.config.alignment import params_of
from align_tui.config.profile import Profile
from align_tui.core.attributes import Attributes
from align_tui.core.decisions import Decision, Step
from align_tui.core.predictions import Prediction
from align_tui.core.scenarios import Scenario
from align_tui.core.targets import Targets

ROLE = "embedding"
RATER = "text regression"
QUESTION = "Which of them should be treated?"
QUESTIONS: Mapping[str, str] = {"Moral judgement": QUESTION, "Ingroup Bias": QUESTION}
Question = Annotated[str, Field(max_length=1_000)]


class HybridRegressionParams(RatesAttributes, UsesRecords):
    """Rates choices by a ridge regression on embeddings, trained on labelled `records`.

    `penalty` is the ridge's; `window` is the greatest number of words that are embedded of a
    situation with a choice. `questions` stand, by attribute, between the two ("" for none). Records
    of the scenario that is decided are left out.
    """

    TRAITS: ClassVar[Traits] = Traits()
    records: tuple[Annotated[str, Field(min_length=1, max_length=4_000)], ...] = Field(
        min_length=1, max_length=100
    )
    penalty: float = Field(0.1, gt=0.0, le=1e6, allow_inf_nan=False)
    window: int = Field(200, ge=8, le=100_000)
    questions: dict[Name, Question] = Field(default_factory=dict)

    @property
    def traits(self) -> Traits:
        """It needs a target if it rates the target's attributes."""
        return Traits(
            roles={ROLE: ("embeds",)},
            needs_target=self.rates_target,
            is_steerable=True,
            takes_distributions=True,
            ranks=True,
            gives_history=True,
            reads_labels=False,
            shows_order=False,
        )


def make(profile: Profile, params: HybridRegressionParams, attributes: Attributes) -> Adm:
    """Make a decision-maker that ranks the choices by what the regression predicts of them.

    Raises ConfigError if its records cannot be read.
    """
    from align_tui.adms.rating.text_head import TextHead, records_of, text_of
    from align_tui.studies.records import read_records

    function = alignment_function(params_of(profile.alignment))
    records = read_records(params, attributes)
    questions = {**QUESTIONS, **params.questions}
    heads: dict[str, TextHead] = {}

    def head(name: str) -> TextHead:
        if name not in heads:
            question = questions.get(name, "")
            found = records_of(records, name, question=question, window=params.window)
            heads[name] = TextHead(name, found, params.penalty)
        return heads[name]

    async def decide(scenario: Scenario, targets: Targets, llm: Llm) -> Decision:
        named = params.attributes_to_rate(targets)
        names = tuple(dict.fromkeys(attributes.canonical(name) for name in named))
        begun = time.monotonic()
        model = llm.role(ROLE)
        async with asyncio.TaskGroup() as group:
            tasks = {
                name: group.create_task(
                    head(name).predict(
                        model,
                        scenario.text,
                        [
                            text_of(
                                scenario,
                                choice,
                                question=questions.get(name, ""),
                                window=params.window,
                            )
                            for choice in scenario.choices
                        ],
                    )
                )
                for name in names
            }
        predictions = tuple(
            {name: Prediction((task.result()[i],), rater=RATER) for name, task in tasks.items()}
            for i in range(len(scenario.choices))
        )
        return decide_by_ratings(
            function,
            Rated(predictions),
            scenario,
            targets,
            llm,
            fixed_texts=params.fixed_texts,
            steps=(Step("rate", time.monotonic() - begun),),
        )

    return decide


KIND = AdmKind(
    HybridRegressionParams,
    make,
    prompts=(
        "align_tui.adms.hybrid_regression:QUESTIONS",
        "align_tui.adms.rating.text_head:text_of",
    ),
)
