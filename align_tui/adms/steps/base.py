"""What a step of a pipeline is: its parameters, and an async function of the state.

A step of a package of its own is one module with a class of parameters and a `PipelineStep`, and an
entry point of the group `align_tui.steps`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from align_tui.adms.base import Llm
from align_tui.config.profile import Profile
from align_tui.config.steps import HasStepParams, StepParams
from align_tui.core.attributes import Attributes
from align_tui.core.decisions import Decision
from align_tui.core.pipeline.names import (
    ANSWER,
    PREDICTIONS,
    PROBABILITIES,
    RANKING,
    REASONING,
    RELEVANCE,
    VOTES,
    Name,
)
from align_tui.core.pipeline.state import Given, State

Step = Callable[[State, Llm], Awaitable[Given]]
P = TypeVar("P", bound=StepParams)


@dataclass(frozen=True)
class PipelineStep(HasStepParams, Generic[P]):
    """A kind of step: the class of its `[[adm.steps]]` table, and a function that makes one.

    `make` takes the profile, the step's own table as `params`, and the attribute definitions. It
    may raise AdmError or ConfigError.
    """

    params: type[P]
    make: Callable[[Profile, P, Attributes], Step]

    def __post_init__(self) -> None:
        if not (isinstance(self.params, type) and issubclass(self.params, StepParams)):
            raise TypeError("the class of a step's parameters must derive from StepParams")


def given_by(decision: Decision) -> Given:
    """What a decision-maker gives as a step: every part of its decision that is there."""
    parts: dict[Name[Any], object] = {
        ANSWER: decision.answer,
        REASONING: decision.reasoning or None,
        VOTES: decision.votes,
        PROBABILITIES: decision.probabilities,
        PREDICTIONS: decision.predictions,
        RELEVANCE: decision.relevance,
        RANKING: decision.ranking,
    }
    values = {name: value for name, value in parts.items() if value is not None}
    return Given(values, decision.responses, decision.notes, decision.examples)
