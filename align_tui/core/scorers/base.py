"""The types of a scorer and of its score."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from align_tui.core.answers import Answer, AnswerKind, ChoiceAnswer
from align_tui.core.decisions import Decision
from align_tui.core.scenarios import Scenario
from align_tui.core.targets import Targets


@dataclass(frozen=True, slots=True)
class Score:
    """The score of one answer against the targets, taken together.

    `correct` is None if the scorer cannot score it: the scenario has no labels, or the answer or
    target is of another kind. `distance` (0 to the sum of the targets' weights) is None if the
    chosen choice has no label. `discriminating`: do the scenario's choices differ in distance?
    """

    correct: bool | None
    distance: float | None
    discriminating: bool


UNSCORED = Score(None, None, False)


class Scorer(Protocol):
    """Scores from labels: a pure function, quick enough for every cell of a screen."""

    def __call__(self, answer: Answer, scenario: Scenario, targets: Targets) -> Score:
        """Score the answer, which is of a kind that the scorer's entry lists."""
        ...


class DecisionScorer(Protocol):
    """Scores a whole decision from labels: its probabilities or votes, not its answer alone."""

    def __call__(self, decision: Decision, scenario: Scenario, targets: Targets) -> Score:
        """Score the decision, whose answer is of a kind that the scorer's entry lists."""
        ...


class AsyncScorer(Protocol):
    """Scores slowly, as a judge that asks a model; the worker awaits it with the sample."""

    async def __call__(self, answer: Answer, scenario: Scenario, targets: Targets) -> Score:
        """Score the answer; if this raises, the sample stays decided and is unscored."""
        ...


class RightChoices(Protocol):
    """The choices that a scorer counts as right; the chance level follows from them."""

    def __call__(self, scenario: Scenario, targets: Targets) -> frozenset[int] | None:
        """Their indices (from 0); None if the scenario is unscored."""
        ...


@dataclass(frozen=True, slots=True)
class ScorerEntry:
    """One scorer as the registry knows it, with either `score` or `score_async`.

    `answers` are the kinds of answers that it can score. A scorer without `right_choices` has no
    chance level; each choice is then scored on its own. With `score_decision` a new decision is
    scored as a whole, and `score` is for a choice without its decision. `compares_shares`: its
    labels are a scenario's shares of groups.
    """

    name: str
    description: str
    score: Scorer | None = None
    score_async: AsyncScorer | None = None
    answers: frozenset[AnswerKind] = frozenset({"choice"})
    right_choices: RightChoices | None = None
    score_decision: DecisionScorer | None = None
    compares_shares: bool = False

    def __post_init__(self) -> None:
        if (self.score is None) == (self.score_async is None):
            raise ValueError(f"the scorer {self.name!r} needs either score or score_async")

    @property
    def is_async(self) -> bool:
        """Must the caller await its scores?"""
        return self.score_async is not None

    def takes(self, answer: Answer) -> bool:
        """Can it score an answer of that kind?"""
        kind: AnswerKind = "choice" if isinstance(answer, ChoiceAnswer) else "text"
        return kind in self.answers

    def score_now(self, answer: Answer, scenario: Scenario, targets: Targets) -> Score:
        """The score by `score`; UNSCORED if the scorer is async or does not take the answer."""
        if self.score is None or not self.takes(answer):
            return UNSCORED
        return self.score(answer, scenario, targets)

    def score_made(self, decision: Decision, scenario: Scenario, targets: Targets) -> Score:
        """The score of a new decision, without waiting: UNSCORED if the scorer is async."""
        if self.score_decision is None or not self.takes(decision.answer):
            return self.score_now(decision.answer, scenario, targets)
        return self.score_decision(decision, scenario, targets)

    def has_labels(self, scenario: Scenario, targets: Targets) -> bool:
        """Does the scenario have the labels, or shares, of each target that the scorer needs?"""
        known = scenario.groups if self.compares_shares else scenario.labelled
        return bool(targets) and all(target.attribute in known for target in targets)

    def is_correct(self, choice: int, scenario: Scenario, targets: Targets) -> bool | None:
        """Is the choice of that index (from 0) right? None if it is unscored for now."""
        if self.right_choices is not None:
            right = self.right_choices(scenario, targets)
            return None if right is None else choice in right
        return self.score_now(ChoiceAnswer(choice), scenario, targets).correct
