"""A study: which profiles decide which scenarios, how often, and scored by which rule."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Self

from pydantic import Field, field_validator, model_validator

from align_tui.config.profile import Profile
from align_tui.config.reading.toml import Strict
from align_tui.core.attributes import Attributes
from align_tui.core.errors import ConfigError
from align_tui.core.scenarios import Scenario
from align_tui.core.scorers.base import ScorerEntry
from align_tui.core.scorers.labels import labels_all
from align_tui.core.scorers.registry import DEFAULT, SCORERS, find_scorer
from align_tui.core.targets import Targets, target_id

OUT_OF_DEPTH = (
    "The demo model was trained on triage scenarios of its own kind; on these it is out of its "
    "depth, and its decisions mean nothing."
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


class StudyFile(Strict):
    """A study as its TOML file says it.

    `backbone` is the model of every profile; on each of several `backbones` every profile runs.
    """

    name: str = Field("", max_length=200)
    description: str = ""
    profiles: tuple[str, ...] = Field(min_length=1, max_length=100)
    scenarios: tuple[str, ...] = Field(min_length=1, max_length=100)
    backbone: str | None = None
    backbones: tuple[str, ...] = Field((), max_length=100)
    target: dict[str, float] = Field(default_factory=dict)
    set: tuple[str, ...] = Field((), max_length=1_000)
    limit: int | None = Field(None, ge=1)
    repeat: int = Field(1, ge=1, le=10_000)
    scored_only: bool = False
    scoring: ScoringSpec = ScoringSpec()

    @model_validator(mode="after")
    def _one_or_several(self) -> Self:
        if self.backbone is not None and self.backbones:
            raise ValueError("a study has `backbone` or `backbones`, not both")
        return self


@dataclass(frozen=True, slots=True)
class Study:
    """Everything that a run keeps: profiles and scenarios verbatim, and how they are paired.

    `attributes` are the definitions that its prompts are rendered from; None stands for the packs
    as they are today. `own_code` is not kept: the keys of code that the user's own configuration
    names, and about which nobody need be asked.
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
    attributes: Attributes | None = field(default=None, compare=False, repr=False)

    @property
    def scorer(self) -> ScorerEntry:
        """What `rule` names; one that scores nothing where it is not installed here."""
        return find_scorer(self.rule)

    def scoring_targets(self, profile: Profile) -> tuple[Targets, ...]:
        """The targets that a profile is scored against.

        Its own; without any, each that another profile of the study has, in their order.
        """
        if profile.target:
            return (profile.target,)
        found: dict[str, Targets] = {}
        for other in self.profiles:
            if other.target:
                found.setdefault(target_id(other.target), other.target)
        return tuple(found.values())

    def targets_by_id(self) -> dict[str, Targets]:
        """All targets that a profile of the study is scored against, by their key."""
        return {
            target_id(profile.target): profile.target for profile in self.profiles if profile.target
        }

    def takes(self, profile: Profile, scenario: Scenario) -> bool:
        """Does the profile run on that scenario? All do, unless only scored pairs are wanted."""
        if not self.scored_only:
            return True
        return any(labels_all(scenario, targets) for targets in self.scoring_targets(profile))

    def pairs(self) -> Iterator[tuple[int, int, int]]:
        """(scenario, profile, repeat) indices of every sample, scenario by scenario."""
        for repeat in range(self.repeat):
            for s, scenario in enumerate(self.scenarios):
                for p, profile in enumerate(self.profiles):
                    if self.takes(profile, scenario):
                        yield s, p, repeat
