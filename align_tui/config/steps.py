"""The steps of a pipeline in a profile (`[[adm.steps]]`), and the registry of all steps."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Annotated, Any, ClassVar

from pydantic import ConfigDict, Field, SerializerFunctionWrapHandler, model_serializer

from align_tui.config.adm_params import Traits
from align_tui.config.reading.by_name import ClassByName
from align_tui.config.reading.toml import Strict
from align_tui.config.value_types import RoleName
from align_tui.core.pipeline.names import Kind, Name, Rule
from align_tui.core.pipeline.plan import Planned
from align_tui.core.registry import Registry
from align_tui.core.targets import Targets

ValueName = Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[a-z][a-z0-9_]*$")]
Renames = Annotated[dict[ValueName, ValueName], Field(max_length=20)]


class StepParams(Strict):
    """Base of every `[[adm.steps]]` table. `step` is the registered name of the step.

    `name` is shown beside the step's time, for a pipeline with a step twice. `conflict` says what
    happens where an earlier step gave the same name: `replace`, `join` (samples of both) or `merge`
    (the later wins); without it the step's own rule counts, RULE. `takes` and `gives` rename the
    step's own names: `gives = { predictions = "of_kaleido" }`. `model` is the role of the
    model that the step asks, `[models.NAME]`; without it the step asks the profile's main model.

    A subclass sets TAKES and GIVES, or overrides the properties, and TRAITS as a decision-maker
    does.
    """

    TRAITS: ClassVar[Traits] = Traits(reads_labels=False)
    TAKES: ClassVar[tuple[Name[Any], ...]] = ()
    GIVES: ClassVar[tuple[Name[Any], ...]] = ()
    RULE: ClassVar[Rule] = "replace"

    step: str = Field("", max_length=200)
    name: str = Field("", max_length=80)
    conflict: Rule | None = None
    takes: Renames = Field(default_factory=dict)
    gives: Renames = Field(default_factory=dict)
    model: RoleName | None = None

    @property
    def needs(self) -> Traits:
        """Its traits, with the model that it asks in its role."""
        traits = self.traits
        if self.model is None or not traits.needs_model:
            return traits
        roles = {**traits.roles, self.model: tuple(sorted(traits.asks))}
        return replace(traits, needs_model=False, roles=roles)

    @property
    def traits(self) -> Traits:
        """What the step needs and does; a subclass may derive it from parameters."""
        return self.TRAITS

    @property
    def inputs(self) -> tuple[Name[Any], ...]:
        """The names that the step takes, by the step's own names."""
        return self.TAKES

    @property
    def outputs(self) -> tuple[Name[Any], ...]:
        """The names that the step gives, by the step's own names."""
        return self.GIVES

    @property
    def leaves_out_unrated(self) -> bool:
        """Does the step rank the rated choices alone, where some have no rating?"""
        return False

    def attributes_to_rate(self, targets: Targets) -> tuple[str, ...]:
        """The attributes that it rates for these targets; a pack must define each."""
        return ()

    @property
    def rule(self) -> Rule:
        """What happens where an earlier step gave a name that this one gives."""
        return self.conflict or self.RULE

    @property
    def label(self) -> str:
        """The step's name in errors and beside its time."""
        return self.name or self.step

    @property
    def planned(self) -> Planned:
        """The step as the check of a pipeline sees it."""
        return Planned(self.label, self.inputs, self.outputs, self.conflict, self.takes, self.gives)

    @model_serializer(mode="wrap")
    def _without_defaults(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return self.without_unused(dump(self))

    @staticmethod
    def without_unused(dumped: dict[str, Any]) -> dict[str, Any]:
        """A dump without the keys that every step may have and this one does not use."""
        common = ("name", "conflict", "takes", "gives", "model", "kind")
        return {key: each for key, each in dumped.items() if key not in common or each}


class MissingStepParams(StepParams):
    """A stored step that is not installed, or no longer takes these keys; all of them are kept."""

    TRAITS: ClassVar[Traits] = Traits(
        is_steerable=True, takes_distributions=True, shows_order=False, can_decide=False
    )
    model_config = ConfigDict(extra="allow", frozen=True)


@dataclass(frozen=True)
class HasStepParams:
    """The part of a registered step that the reader of a profile needs: its parameters' class.

    `prompts` names the texts of its prompts (config/sources.py). The steps themselves are of type
    `adms.steps.base.PipelineStep`.
    """

    params: type[StepParams]
    prompts: tuple[str, ...] = field(default=(), kw_only=True)


STEPS: Registry[HasStepParams] = Registry(
    "step",
    "align_tui.steps",
    HasStepParams,
    {
        "labels": "align_tui.adms.steps.labels:LABELS",
        "label_relevance": "align_tui.adms.steps.labels:LABEL_RELEVANCE",
        "scenario_relevance": "align_tui.adms.steps.combining:SCENARIO_RELEVANCE",
        "comparative_regression": "align_tui.adms.steps.rating:COMPARATIVE_REGRESSION",
        "direct_regression": "align_tui.adms.steps.rating:DIRECT_REGRESSION",
        "kaleido": "align_tui.adms.steps.statements:KALEIDO",
        "relevance": "align_tui.adms.steps.relevance:RELEVANCE_STEP",
        "fixed_texts": "align_tui.adms.steps.rating:FIXED_TEXTS",
        "rename": "align_tui.adms.steps.combining:RENAME",
        "merge": "align_tui.adms.steps.combining:MERGE",
        "rank": "align_tui.adms.steps.ranking:RANK",
        "justify": "align_tui.adms.steps.ranking:JUSTIFY",
        "random": "align_tui.adms.steps.answering:RANDOM",
        "fixed": "align_tui.adms.steps.answering:FIXED",
        "baseline": "align_tui.adms.steps.asking:BASELINE",
        "prompt_aligned": "align_tui.adms.steps.asking:PROMPT_ALIGNED",
    },
)
"""The steps by their name in `step`. Other packages add theirs by entry points of the group."""

StepTable = Annotated[
    StepParams,
    ClassByName("step", STEPS, lambda kind: kind.params, StepParams, MissingStepParams),
]


def givers(kind: Kind[Any]) -> list[str]:
    """The registered steps that give values of that kind, for hints."""
    return [
        name
        for name, entry in STEPS.loaded()
        if any(given.kind == kind for given in entry.params.GIVES)
    ]
