"""decision_flow: a model lists what matters, the program weighs it, and the model concludes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Literal

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from align_tui.adms.base import Adm, AdmKind, Llm
from align_tui.adms.flow import steps
from align_tui.adms.flow.asking import Asker, together
from align_tui.adms.flow.prompts import FULL, SMALL, SYSTEM
from align_tui.adms.flow.steps import Form
from align_tui.config.adm_params import AdmParams, Traits
from align_tui.config.profile import Profile, without_default_system
from align_tui.config.value_types import Unit
from align_tui.core.answers import ChoiceAnswer
from align_tui.core.attributes import Attributes
from align_tui.core.decision_flow import (
    THRESHOLD,
    Aim,
    aims_of,
    facts_for_last_step,
    objective_of,
)
from align_tui.core.decisions import Decision
from align_tui.core.errors import ConfigError
from align_tui.core.scenarios import Scenario
from align_tui.core.targets import Targets


class DecisionFlowParams(AdmParams):
    """Decides in seven steps: the model lists what matters and the program weighs it.

    The steps are variables, extraction, attribute, filter, objective, express and math_reason.

    `form`: `structured` holds every reply to a schema and asks for the number of a choice; in
    `fine_grained` the target's value and scores take the place of high and low, the model of the
    decision is free text with JSON in it, and the answer is the text of a choice. `small` limits
    every reply, for a model that reads about a thousand tokens. A fact is kept if it weighs more
    than `weight_threshold`. `attempts` is how often a step is asked at most.
    `attributes` are weighed by a profile without a target.
    """

    TRAITS: ClassVar[Traits] = Traits(
        needs_model=True, is_steerable=True, states_target=True, reads_labels=False
    )
    form: Literal["structured", "fine_grained"] = "structured"
    weight_threshold: Unit = THRESHOLD
    attempts: int = Field(5, ge=1, le=100)
    extraction_attempts: int = Field(10, ge=1, le=100)
    express_attempts: int = Field(5, ge=1, le=100)
    attributes: tuple[str, ...] = Field((), max_length=20)
    small: bool = False

    @model_serializer(mode="wrap")
    def _without_default(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        body: dict[str, Any] = dump(self)
        if not self.small:  # as earlier versions stored it: the hash stays
            body.pop("small", None)
        return body

    @property
    def replies_per_question(self) -> int:
        """The number of replies to each step that count."""
        return 1


def make(profile: Profile, params: DecisionFlowParams, attributes: Attributes) -> Adm:
    """Make a decision-maker of the seven steps.

    Raises ConfigError without a target or `attributes`, or for an attribute without definition.
    """
    from align_tui.config.prompts.render import render_messages  # Jinja; the screen reads KIND

    bare = without_default_system(profile)
    form = Form(
        params.form == "fine_grained",
        params.attempts,
        params.extraction_attempts,
        params.express_attempts,
        SMALL if params.small else FULL,
    )

    async def decide(scenario: Scenario, targets: Targets, llm: Llm) -> Decision:
        aims = _aims(profile, targets, attributes, params.attributes)
        own = render_messages(bare, scenario, (), attributes, "none")[:-1]
        asker = Asker(llm, "\n\n".join([*(turn.content for turn in own), SYSTEM]))
        return await _flow(asker, scenario, form, aims, params.weight_threshold)

    return decide


def _aims(
    profile: Profile, targets: Targets, attributes: Attributes, others: Sequence[str]
) -> tuple[Aim, ...]:
    where = f"profile {profile.name}"
    try:
        aims = aims_of(targets, attributes, others)
    except KeyError as error:
        raise ConfigError(
            f"{where}: no attribute pack defines {error.args[0]!r}, and the prompts must state it",
            "Define it in your own pack: see docs/attributes.md.",
        ) from error
    if not aims:
        raise ConfigError(
            f"{where}: decision_flow needs a target, or attributes to weigh",
            "Add one: --target moral_desert=1.0, or attributes in [adm].",
        )
    return aims


async def _flow(
    asker: Asker, scenario: Scenario, form: Form, aims: Sequence[Aim], threshold: float
) -> Decision:
    """The seven steps; the first two are asked at once, since both read the scenario alone."""

    async def variables() -> list[str]:
        with asker.timed("variables"):
            return await steps.variables(asker, scenario, form)

    async def extraction() -> list[str]:
        with asker.timed("extraction"):
            return await steps.extraction(asker, scenario, form)

    names, information = await together([variables(), extraction()])
    with asker.timed("attribute"):
        analysis = await steps.attribute(asker, scenario, form, aims, names, information)
    with asker.timed("filter"):
        pairs = await steps.filter_facts(asker, scenario, form, aims, analysis)
    with asker.timed("objective"):
        objective: dict[str, Any] = objective_of(pairs, threshold)
    with asker.timed("express"):
        model = await steps.express(asker, form, aims, names, information, analysis, objective)
    with asker.timed("math_reason"):
        facts = facts_for_last_step(objective, analysis)
        index, reasoning = await steps.math_reason(asker, scenario, form, aims, model, facts)
    notes = [f"Objective: {objective['objective_function']}"[:1_000], *asker.notes]
    return Decision(
        answer=ChoiceAnswer(index),
        reasoning=reasoning or str(objective["objective_function"]),
        responses=tuple(asker.responses),
        notes=tuple(notes),
        steps=tuple(asker.steps),
    )


PROMPTS = (
    "style",
    *(
        f"align_tui.adms.flow.prompts:{name}"
        for name in ("SYSTEM", "variables_prompt", "extraction_prompt", "attribute_prompt",
                     "filter_prompt", "express_prompt", "last_prompt", "again", "described")
    ),
)  # fmt: skip
KIND = AdmKind(DecisionFlowParams, make, prompts=PROMPTS)
