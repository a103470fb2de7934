"""What a relevance predictor is, and what it returns."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from align_tui.adms.base import Llm
from align_tui.config.profile import Profile
from align_tui.config.relevance import HasRelevanceParams, RelevanceParams
from align_tui.core.attributes import Attribute, Attributes
from align_tui.core.decisions import Response, Step
from align_tui.core.errors import ConfigError
from align_tui.core.predictions import Relevance
from align_tui.core.scenarios import Scenario
from align_tui.core.targets import Targets


@dataclass(frozen=True, slots=True)
class FoundRelevance:
    """The relevance of a target's attributes for each choice, and what it was made of."""

    relevance: Relevance
    responses: tuple[Response, ...] = ()
    notes: tuple[str, ...] = ()
    steps: tuple[Step, ...] = field(default=())

    @classmethod
    def for_all(
        cls,
        values: Mapping[str, float],
        scenario: Scenario,
        rater: str,
        responses: Sequence[Response] = (),
        notes: Sequence[str] = (),
    ) -> FoundRelevance:
        """The same relevance for every choice of the scenario."""
        relevance = Relevance.of_scenario(values, len(scenario.choices), rater)
        return cls(relevance, tuple(responses), tuple(notes))


Predictor = Callable[[Scenario, Targets, Llm, int], Awaitable[FoundRelevance]]
"""Takes the scenario, its targets, the model that it asks, and the first stream of its texts."""
P = TypeVar("P", bound=RelevanceParams)


@dataclass(frozen=True)
class RelevanceKind(HasRelevanceParams, Generic[P]):
    """A kind of predictor: the class of its `[relevance]` table, and a function that makes one.

    `make` takes the profile, its `[relevance]` table as `params`, and the attribute definitions. It
    may raise ConfigError.
    """

    params: type[P]
    make: Callable[[Profile, P, Attributes], Predictor]


def names_of(targets: Targets) -> tuple[str, ...]:
    """The attribute ids of the targets, each once, in order."""
    return tuple(dict.fromkeys(target.attribute for target in targets))


def defined(name: str, attributes: Attributes) -> Attribute:
    """The definition of an attribute; raises ConfigError if no pack has one."""
    found = attributes.get(name)
    if found is None:
        raise ConfigError(
            f"No attribute pack defines {name!r}, and the model must be told what it means",
            "Define it in your own pack: see docs/attributes.md.",
        )
    return found
