"""The parameters of a decision-maker (`[adm]` of a profile), and its traits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import (
    ConfigDict,
    Field,
    PrivateAttr,
    SerializerFunctionWrapHandler,
    field_validator,
    model_serializer,
    model_validator,
)

from align_tui.config.backbone_kinds import Capability
from align_tui.config.reading.toml import Strict
from align_tui.config.value_types import Sha256, without_code
from align_tui.core.answers import AnswerKind
from align_tui.core.predictions import Predictions, Relevance
from align_tui.core.records import RecordSets
from align_tui.core.scenarios import Scenario
from align_tui.core.targets import Targets

CHOICES: frozenset[AnswerKind] = frozenset({"choice"})


@dataclass(frozen=True, slots=True)
class Traits:
    """What a kind of decision-maker needs and does. The program reads these, never a kind's name.

    `needs_model`: it asks the profile's `[backbone]`, which must have the capabilities of `asks`.
    `roles`: the other models that it asks, by
    role, with the capabilities that each must have.
    `needs_target`: it cannot decide without a target. `is_steerable`: its decisions depend on its
    targets; others are only scored against them. `states_target`: its prompt states the targets in
    words, so an attribute pack must define each. `first_prompt_tells`: what its first prompt tells
    the model of its targets: nothing, which attributes they name, or their values too. A study
    whose prompt does not change with it is refused (studies/prompt_arrival.py).
    `follows_protocol`: its target, if it has one, is an attribute with steps.
    `takes_distributions`: its targets may be distributions.
    `ranks`: it ranks choices by the profile's `[alignment]` function. `gives_relevance`: it gives
    that function the relevance of each attribute; `takes_relevance`: it gives that of the profile's
    `[relevance]`, without which it cannot decide if `needs_relevance`; `gives_history`: its earlier
    predictions.
    `takes_examples`: its prompts can show the profile's `[examples]` before the question,
    `together` for all attributes or `each` for one.
    `reads_labels`: its decisions may depend on the scenario's labels, so they do not hold if the
    labels differ (the default, to be safe).
    `shows_order`: it sees the choices together, in an order that may influence it.
    `order_by_style`: the profile's `prompt_style` says in which, unless the profile does.
    `answers`: the kinds of answers that it can give. `can_decide`: False if it decided elsewhere
    and its results were imported.
    """

    needs_model: bool = False
    asks: frozenset[Capability] = frozenset({"generates"})
    roles: Mapping[str, tuple[Capability, ...]] = field(default_factory=dict)
    needs_target: bool = False
    is_steerable: bool = False
    states_target: bool = False
    first_prompt_tells: Literal["nothing", "attributes", "values"] = "nothing"
    follows_protocol: bool = False
    takes_distributions: bool = False
    ranks: bool = False
    gives_relevance: bool = False
    takes_relevance: bool = False
    needs_relevance: bool = False
    gives_history: bool = False
    takes_examples: Literal["no", "together", "each"] = "no"
    reads_labels: bool = True
    shows_order: bool = True
    order_by_style: bool = False
    answers: frozenset[AnswerKind] = CHOICES
    can_decide: bool = True


@dataclass(frozen=True, slots=True)
class RankingInputs:
    """The choices (indices from 0) that an alignment function ranks, and their relevance."""

    kept: tuple[int, ...]
    relevance: Relevance | None = None


class AdmParams(Strict):
    """Base of every `[adm]` table. `kind` is the registered name of the kind."""

    TRAITS: ClassVar[Traits] = Traits()
    STYLED: ClassVar[Mapping[str, object]] = MappingProxyType({})
    """Defaults of keys in a profile with a `prompt_style`, in place of the class's own."""
    kind: str = Field("", max_length=200)

    @property
    def traits(self) -> Traits:
        """The traits of this decision-maker; a subclass may derive them from parameters."""
        return self.TRAITS

    @property
    def replies_per_question(self) -> int | None:
        """How many replies to one question vote or are averaged; None if that is unknown."""
        return None

    @property
    def others_targets(self) -> tuple[Targets, ...]:
        """Targets of other profiles by which a profile without a target is scored as well."""
        return ()

    @property
    def alignment_changes(self) -> Mapping[str, Any]:
        """The parameters of the profile's alignment function that these parameters set."""
        return MappingProxyType({})

    @property
    def rates_by(self) -> str:
        """What an alignment function ranks, as a word of a sentence about the ranking."""
        return "ratings"

    def ranked(
        self,
        predictions: Predictions,
        relevance: Relevance | None,
        scenario: Scenario,
        targets: Targets,
        *,
        needs_relevance: bool,
    ) -> RankingInputs:
        """Which choices of a stored decision are ranked, and by which relevance.

        `relevance` is that of the decision. `needs_relevance`: the function cannot do without.
        """
        return RankingInputs(tuple(range(len(predictions))), relevance)

    def attributes_to_rate(self, targets: Targets) -> tuple[str, ...]:
        """The attributes that it rates for these targets, each once; a pack must define each.

        Empty for a decision-maker whose ratings quote no definitions.
        """
        return ()


class Reasoned(AdmParams):
    """Parameters that all decision-makers with the profile's `[prompt]` share.

    `given` is reasoning that the program writes for the model, to test whether the reasoning leads
    to the decision: the model concludes from it or, with `goes_on`, first continues it.
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
            raise ValueError('`given` needs text, and reasoning = "before"')
        if self.goes_on and self.given is None:
            raise ValueError("`goes_on` needs `given`, the reasoning that the model continues")
        return self


class RunsFile(AdmParams):
    """A decision-maker that runs a Python file of the user.

    The reader of the profile sets `code_sha256` to the file's hash; no other code is run.
    """

    file: str = Field(min_length=1)
    code_sha256: Sha256 = ""

    @model_serializer(mode="wrap")
    def _without_empty(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return without_code(dump(self))


class UsesRecords(AdmParams):
    """A decision-maker that learns from labelled scenarios.

    `records` names their sets, as names of the library or paths. `records_sha256` pins what they
    hold; a study sets it when it is put together, and a worker reads no other records. The sets
    themselves come from the run that stores them (`loaded`), so that a run needs no files.
    """

    records: tuple[Annotated[str, Field(min_length=1, max_length=4_000)], ...] = Field(
        (), max_length=100
    )
    records_sha256: Sha256 = ""
    _loaded: RecordSets | None = PrivateAttr(None)

    @property
    def loaded(self) -> RecordSets | None:
        """The sets that a run stores; None where they are read from their files."""
        return self._loaded

    def with_sets(self, sets: RecordSets) -> Self:
        """These parameters with the sets that their hash names."""
        made = self.model_copy()
        made._loaded = sets
        return made

    @field_validator("records", mode="before")
    @classmethod
    def _one_or_several(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value

    @model_serializer(mode="wrap")
    def _without_empty_hash(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        dumped: dict[str, Any] = dump(self)
        if not dumped.get("records_sha256", True):
            del dumped["records_sha256"]
        return dumped


class MissingParams(AdmParams):
    """A stored `[adm]` table whose kind is not installed, or no longer takes these keys.

    Its run can still be listed, shown and compared. Every key is kept unchanged.
    """

    TRAITS: ClassVar[Traits] = Traits(
        is_steerable=True, takes_distributions=True, shows_order=False, can_decide=False
    )
    model_config = ConfigDict(extra="allow", frozen=True)
