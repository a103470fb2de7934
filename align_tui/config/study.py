"""The study: which profiles decide which scenarios, how often, and which scorer judges them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Annotated, Self

from pydantic import Field, field_validator, model_validator

from align_tui.config.profile import Profile
from align_tui.config.reading.toml import Strict
from align_tui.core.attributes import Attributes
from align_tui.core.choice_order import OrderSetting
from align_tui.core.errors import ConfigError
from align_tui.core.families import DEFAULT_RULE, ClusterRule
from align_tui.core.scenarios import Scenario
from align_tui.core.scorers.base import ScorerEntry
from align_tui.core.scorers.registry import DEFAULT, SCORERS, find_scorer
from align_tui.core.targets import Targets, target_id

OUT_OF_DEPTH = (
    "The demo model was trained only on the demo's kind of triage scenarios, so its decisions on "
    "these scenarios mean nothing."
)


class ScoringSpec(Strict):
    """`[scoring]` of a study file; `rule` is the name of a scorer."""

    rule: str = DEFAULT

    @field_validator("rule")
    @classmethod
    def _is_known(cls, rule: str) -> str:
        try:
            SCORERS.get(rule)
        except ConfigError as error:
            raise ValueError(f"{error.message}. {error.hint}") from error
        return rule


class SweepSpec(Strict):
    """`[[sweep]]` of a study file: one profile once for each attribute and value, as columns."""

    profile: str
    attributes: tuple[str, ...] = Field(min_length=1, max_length=200)
    values: tuple[Annotated[float, Field(ge=0.0, le=1.0)], ...] = Field(
        (1.0,), min_length=1, max_length=100
    )


class StudyFile(Strict):
    """The content of a study's TOML file: `profiles`, then a column for each entry of `sweep`.

    `backbone` is the model of every profile; with `backbones` every profile runs on each of them.
    `order` is the order in which every profile shows the choices.
    """

    name: str = Field("", max_length=200)
    description: str = ""
    profiles: tuple[str, ...] = Field((), max_length=100)
    sweep: tuple[SweepSpec, ...] = Field((), max_length=100)
    scenarios: tuple[str, ...] = Field(min_length=1, max_length=100)
    backbone: str | None = None
    backbones: tuple[str, ...] = Field((), max_length=100)
    target: dict[str, float] = Field(default_factory=dict)
    set: tuple[str, ...] = Field((), max_length=1_000)
    limit: int | None = Field(None, ge=1)
    repeat: int = Field(1, ge=1, le=10_000)
    order: OrderSetting | None = None
    scored_only: bool = False
    margin: float | None = Field(None, gt=0.0, lt=1.0)
    scoring: ScoringSpec = ScoringSpec()
    cluster: ClusterRule = DEFAULT_RULE

    @model_validator(mode="after")
    def _one_or_several(self) -> Self:
        if self.backbone is not None and self.backbones:
            raise ValueError("a study has `backbone` or `backbones`, not both")
        return self

    @model_validator(mode="after")
    def _some_profile(self) -> Self:
        if not self.profiles and not self.sweep:
            raise ValueError("a study needs `profiles`, or a `[[sweep]]`")
        if self.sweep and self.target:
            raise ValueError("`[target]` would replace the targets of `[[sweep]]`: keep one")
        return self


@dataclass(frozen=True, slots=True)
class Study:
    """Everything that a run stores: the profiles, the scenarios, and how they are paired.

    `cluster` says which decisions count as independent. `attributes` are the definitions from which
    prompts are rendered; None means today's packs. `own_code` is not stored: the keys of code that
    the user's own configuration names, about which the program does not ask.
    """

    name: str
    profiles: tuple[Profile, ...]
    scenarios: tuple[Scenario, ...]
    repeat: int = 1
    scored_only: bool = False
    rule: str = DEFAULT
    is_demo: bool = False
    notes: tuple[str, ...] = field(default=())
    own_code: frozenset[str] = field(default=frozenset(), compare=False)
    margin: float | None = None  # differences of accuracies inside it count as tied
    attributes: Attributes | None = field(default=None, compare=False, repr=False)
    cluster: ClusterRule = DEFAULT_RULE

    @property
    def scorer(self) -> ScorerEntry:
        """The scorer that `rule` names; one that scores nothing if it is not installed."""
        return find_scorer(self.rule)

    def scoring_targets(self, profile: Profile) -> tuple[Targets, ...]:
        """The targets that a profile is scored against.

        They are its own or, if it has none, those of the study's other profiles, in order, and
        those that an imported profile was scored by.
        """
        if profile.target:
            return (profile.target,)
        aims = [other.target for other in self.profiles if other.target]
        return tuple(_by_id((*aims, *profile.adm.others_targets)).values())

    def targets_by_id(self) -> dict[str, Targets]:
        """All targets by which the study's profiles are scored, by their key."""
        aims = [profile.target for profile in self.profiles if profile.target]
        others = [
            each for profile in self.profiles if not profile.target
            for each in profile.adm.others_targets
        ]  # fmt: skip
        return _by_id((*aims, *others))

    def takes(self, profile: Profile, scenario: Scenario) -> bool:
        """Does the profile run on that scenario? With `scored_only`, only if it can be scored."""
        if not self.scored_only:
            return True
        scorer = self.scorer
        return any(scorer.has_labels(scenario, each) for each in self.scoring_targets(profile))

    def pairs(self) -> Iterator[tuple[int, int, int]]:
        """(scenario, profile, repeat) indices of every sample, scenario by scenario."""
        for repeat in range(self.repeat):
            for s, scenario in enumerate(self.scenarios):
                for p, profile in enumerate(self.profiles):
                    if self.takes(profile, scenario):
                        yield s, p, repeat


def _by_id(aims: Iterable[Targets]) -> dict[str, Targets]:
    """The targets by their key; of equal keys the first."""
    found: dict[str, Targets] = {}
    for each in aims:
        found.setdefault(target_id(each), each)
    return found
