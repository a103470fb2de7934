"""Direct regression: the model scores each person by themselves, once for each attribute.

It never sees the other choices. An alignment function then takes the choice whose scores fit the
target best.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import count
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from align_tui.adms.base import Adm, AdmKind, Llm
from align_tui.adms.ranking import alignment_function
from align_tui.adms.rating.deciding import decide_by_ratings
from align_tui.adms.rating.params import AsksForScores, Name, defined
from align_tui.adms.rating.rated import Rated
from align_tui.config.adm_params import Traits, UsesRecords
from align_tui.config.alignment import params_of
from align_tui.config.profile import Profile
from align_tui.config.value_types import Unit
from align_tui.core.attributes import Anchor, Attribute, Attributes
from align_tui.core.decisions import Decision, Response, Step
from align_tui.core.scenarios import Scenario
from align_tui.core.targets import Targets

Person = Annotated[str, Field(max_length=200)]
Lowest = Annotated[int, Field(ge=0, le=10_000)]
DEFAULTS: Mapping[str, float] = {"personal_safety": 1.0}
LOWEST: Mapping[str, int] = {"medical": 1}
SEARCHED: dict[str, str] = {"search": "Patient B"}


class DirectRegressionParams(AsksForScores, UsesRecords):
    """Asks for one person's score at a time, in `samples` replies for each attribute.

    A choice is rated by the person whom it concerns. One that concerns nobody has the attribute's
    value in `defaults` (0..1), else 1 for `personal_safety` and 0 for others. `searched` names, for
    an attribute of leaving (`search`: "Patient B"; "" for none), the person who is rated for a
    choice that concerns nobody; a choice that concerns somebody then has the default. `lowest` is
    the least score of an attribute (`medical`: 1). `with_situation` are the attributes for which
    the model also sees the situation. In a scenario without people each choice is rated by itself.

    `anchors`: `pack` shows the attribute's findings (its anchors if it has none); `generated` shows
    findings that the model extracts from the labelled `records`, once for all samples; `none`.
    """

    anchors: Literal["pack", "generated", "none"] = "pack"
    defaults: dict[Name, Unit] = Field(default_factory=dict)
    lowest: dict[Name, Lowest] = Field(default_factory=dict)
    searched: dict[Name, Person] = Field(default_factory=dict)
    with_situation: tuple[Name, ...] = ("personal_safety",)

    @model_validator(mode="after")
    def _with_records(self) -> Self:
        if (self.anchors == "generated") != bool(self.records):
            raise ValueError(
                'anchors = "generated" needs records, the labelled scenarios that they are made of'
                if not self.records
                else 'records are read for anchors = "generated" alone'
            )
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
            reads_labels=False,
            shows_order=False,
        )


Rater = Callable[[Scenario, Targets, Llm], Awaitable[tuple[Rated, tuple[Step, ...]]]]


def rater(profile: Profile, params: DirectRegressionParams, attributes: Attributes) -> Rater:
    """Make an async function that rates the choices, with the time of each of its steps.

    Raises ConfigError if its records cannot be read.
    """
    from align_tui.adms.rating.anchors import AnchorMaker
    from align_tui.adms.rating.direct import DirectOptions, rate_one_by_one
    from align_tui.config.prompts.rating import RatingPrompts  # Jinja; the screen reads KIND
    from align_tui.studies.records import read_records

    prompts = RatingPrompts(f"profile {profile.name}", params.system, params.user)
    options = DirectOptions(
        params.samples,
        params.max_reasoning_chars,
        {**DEFAULTS, **params.defaults},
        {**LOWEST, **params.lowest},
        {name: person for name, person in (SEARCHED | params.searched).items() if person},
        params.with_situation,
    )
    maker: AnchorMaker | None = None
    if params.anchors == "generated":
        maker = AnchorMaker(read_records(params, attributes), profile.decoding.seed)

    async def anchored(
        llm: Llm, attribute: Attribute, stream: Iterator[int]
    ) -> tuple[Sequence[Anchor], tuple[Response, ...]]:
        if maker is not None:
            return await maker.anchors(llm, attribute, stream)
        if params.anchors == "none":
            return (), ()
        return attribute.findings or attribute.anchors, ()

    async def rate(
        scenario: Scenario, targets: Targets, llm: Llm
    ) -> tuple[Rated, tuple[Step, ...]]:
        rated_attributes = defined(params.attributes_to_rate(targets), attributes)
        steps: list[Step] = []
        begun = time.monotonic()
        ratings = params.samples * len(rated_attributes) * len(scenario.choices)
        stream = count(ratings)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(anchored(llm, each, stream)) for each in rated_attributes]
        found = [task.result() for task in tasks]
        made = [response for _, responses in found for response in responses]
        with_anchors = [
            (each, anchors) for each, (anchors, _) in zip(rated_attributes, found, strict=True)
        ]
        if maker is not None:
            steps.append(Step("anchors", time.monotonic() - begun))
            begun = time.monotonic()
        rated = await rate_one_by_one(llm, scenario, with_anchors, prompts, options)
        steps.append(Step("rate", time.monotonic() - begun))
        return replace(rated, responses=(*rated.responses, *made)), tuple(steps)

    return rate


def make(profile: Profile, params: DirectRegressionParams, attributes: Attributes) -> Adm:
    """Make a decision-maker that ranks the choices by scores of the people in them.

    Raises ConfigError if its records cannot be read.
    """
    function = alignment_function(params_of(profile.alignment))
    rate = rater(profile, params, attributes)

    async def decide(scenario: Scenario, targets: Targets, llm: Llm) -> Decision:
        rated, steps = await rate(scenario, targets, llm)
        return decide_by_ratings(
            function,
            rated,
            scenario,
            targets,
            llm,
            fixed_texts=params.fixed_texts,
            steps=steps,
        )

    return decide


PROMPTS = (
    "align_tui.config.prompts.rating:ONE_SYSTEM",
    "align_tui.config.prompts.rating:ONE_USER",
    "align_tui.config.prompts.rating:ONE_INSTRUCTION",
    "align_tui.adms.rating.anchors:EXTRACT",
    "align_tui.adms.rating.anchors:CONDENSE",
)
KIND = AdmKind(DirectRegressionParams, make, prompts=PROMPTS)
