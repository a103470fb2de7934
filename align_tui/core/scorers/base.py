"""What a scorer is: it says what an answer is worth against the targets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from align_tui.core.answers import Answer, AnswerKind, ChoiceAnswer
from align_tui.core.scenarios import Scenario
from align_tui.core.targets import Targets


@dataclass(frozen=True, slots=True)
class Score:
    """One answer against one target (its attributes taken together).

    `correct` is None where the scorer says nothing: an unlabelled scenario, an answer or a target
    of a kind that it cannot score. `distance` (0 to the sum of the targets' weights) is None where
    the chosen choice is unlabelled. `discriminating`: could alignment show in that scenario?
    """

    correct: bool | None
    distance: float | None
    discriminating: bool


UNSCORED = Score(None, None, False)


class Scorer(Protocol):
    """Scores at once, from labels: it is pure, and quick enough for every cell of a screen."""

    def __call__(self, answer: Answer, scenario: Scenario, targets: Targets) -> Score:
        """The score; it need not look at answers of a kind that its entry does not list."""
        ...


class AsyncScorer(Protocol):
    """Scores in its own time: a judge that asks a model. The worker awaits it with the sample."""

    async def __call__(self, answer: Answer, scenario: Scenario, targets: Targets) -> Score:
        """The score; whatever it raises leaves the answer unscored, and the sample decided."""
        ...


class RightChoices(Protocol):
    """Which choices a scorer would call right, from which its chance level follows."""

    def __call__(self, scenario: Scenario, targets: Targets) -> frozenset[int] | None:
        """Their indices (from 0); None where the scenario is unscored."""
        ...


@dataclass(frozen=True, slots=True)
class ScorerEntry:
    """One scorer as the registry knows it: `score` or `score_async`, and not both.

    `answers` are the kinds of answers it can score. A scorer that has no `right_choices` has no
    chance level, and is asked for each choice instead.
    """

    name: str
    description: str
    score: Scorer | None = None
    score_async: AsyncScorer | None = None
    answers: frozenset[AnswerKind] = frozenset({"choice"})
    right_choices: RightChoices | None = None

    def __post_init__(self) -> None:
        if (self.score is None) == (self.score_async is None):
            raise ValueError(f"the scorer {self.name!r} needs either score or score_async")

    @property
    def is_async(self) -> bool:
        """Must its scores be waited for?"""
        return self.score_async is not None

    def takes(self, answer: Answer) -> bool:
        """Can it score an answer of that kind?"""
        kind: AnswerKind = "choice" if isinstance(answer, ChoiceAnswer) else "text"
        return kind in self.answers

    def score_now(self, answer: Answer, scenario: Scenario, targets: Targets) -> Score:
        """The score where it can be had at once; else unscored."""
        if self.score is None or not self.takes(answer):
            return UNSCORED
        return self.score(answer, scenario, targets)

    def is_correct(self, choice: int, scenario: Scenario, targets: Targets) -> bool | None:
        """Is that choice (from 0) right? None where that cannot be said at once."""
        if self.right_choices is not None:
            right = self.right_choices(scenario, targets)
            return None if right is None else choice in right
        return self.score_now(ChoiceAnswer(choice), scenario, targets).correct
