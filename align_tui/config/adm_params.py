"""The parameters of a decision-maker (`[adm]` of a profile), and what it says of itself by them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, Self

from pydantic import (
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

from align_tui.config.backbone_kinds import Capability
from align_tui.config.reading.toml import Strict
from align_tui.config.value_types import Sha256, without_code
from align_tui.core.answers import AnswerKind

CHOICES: frozenset[AnswerKind] = frozenset({"choice"})


@dataclass(frozen=True, slots=True)
class Traits:
    """What a kind of decision-maker needs, takes and gives; the program asks these, not its name.

    `needs_model`: it asks the profile's `[backbone]`. `roles`: further models that it asks, by
    role, and what each must be able to do.
    `needs_target`: it cannot decide without a target. `is_steerable`: what it decides depends on
    its targets; others are only scored against them. `states_target`: its prompt states the
    targets in words, so an attribute pack has to define each. `takes_distributions`: a target of
    it may be a distribution.
    `ranks`: it ranks choices by the profile's `[alignment]` function. `gives_relevance`: it tells
    that function how much each attribute matters; `gives_history`: what it predicted before.
    `reads_labels`: what it decides may depend on the scenario's labels, so that a decision does not
    hold where labels differ; a kind that does not say is taken to read them.
    `answers`: what a scenario may ask of it. `can_decide`: False where it decided elsewhere, and
    its results were only imported.
    """

    needs_model: bool = False
    roles: Mapping[str, tuple[Capability, ...]] = field(default_factory=dict)
    needs_target: bool = False
    is_steerable: bool = False
    states_target: bool = False
    takes_distributions: bool = False
    ranks: bool = False
    gives_relevance: bool = False
    gives_history: bool = False
    reads_labels: bool = True
    answers: frozenset[AnswerKind] = CHOICES
    can_decide: bool = True


class AdmParams(Strict):
    """Base of every `[adm]` table. `kind` is the name under which the kind is registered."""

    TRAITS: ClassVar[Traits] = Traits()
    kind: str = Field("", max_length=200)

    @property
    def traits(self) -> Traits:
        """What this decision-maker needs, takes and gives; parameters may change it."""
        return self.TRAITS


class Reasoned(AdmParams):
    """What every decision-maker that asks a model by the profile's `[prompt]` has in common.

    `given` is reasoning that is put into the model's mouth, to see whether it carries the decision:
    the model only concludes from it or, with `goes_on`, writes on from there.
    """

    TRAITS: ClassVar[Traits] = Traits(needs_model=True, reads_labels=False)
    reasoning: Literal["before", "after", "none"] = "before"
    max_reasoning_chars: int = Field(512, ge=16, le=20_000)
    probabilities: bool = True
    given: str | None = Field(None, min_length=1, max_length=20_000)
    goes_on: bool = False

    @model_validator(mode="after")
    def _given_before(self) -> Self:
        if self.given is not None and (self.reasoning != "before" or not self.given.strip()):
            raise ValueError('given reasoning needs words, and reasoning = "before"')
        if self.goes_on and self.given is None:
            raise ValueError("goes_on says how given reasoning is used, and none is given")
        return self


class RunsFile(AdmParams):
    """A decision-maker that runs a Python file of the user's.

    `code_sha256` is filled in when the profile is read: the file's hash, and no other is run.
    """

    file: str = Field(min_length=1)
    code_sha256: Sha256 = ""

    @model_serializer(mode="wrap")
    def _without_empty(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return without_code(dump(self))


class MissingParams(AdmParams):
    """A stored `[adm]` table whose kind is not installed here, or no longer takes these keys.

    Its run can still be listed, shown and compared. Every key is kept as it was.
    """

    TRAITS: ClassVar[Traits] = Traits(is_steerable=True, takes_distributions=True, can_decide=False)
    model_config = ConfigDict(extra="allow", frozen=True)
