"""The names of a pipeline's working state: which kind of value stands under each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Generic, Literal, TypeVar

from align_tui.core.alignment.ranking import Ranking
from align_tui.core.answers import Answer, ChoiceAnswer, TextAnswer
from align_tui.core.pipeline.merging import join_predictions, merge_predictions, merge_relevance
from align_tui.core.predictions import Predictions, Relevance

T = TypeVar("T")
Rule = Literal["replace", "join", "merge"]
"""What happens where two steps give one name: the later value replaces the earlier one; the samples
of both are joined; both are merged, and the later wins where both have a value."""


@dataclass(frozen=True, slots=True)
class Kind(Generic[T]):
    """A kind of value. `types` are the classes of its values; `rules` merge two of them.

    `parts` are the classes of the entries of a value that is a tuple; empty for any class. Two
    kinds are the same if they have the same name.
    """

    name: str
    types: tuple[type, ...]
    rules: Mapping[str, Callable[[T, T], T]] = field(
        default_factory=dict, compare=False, repr=False, hash=False
    )
    parts: tuple[type, ...] = field(default=(), compare=False, repr=False, hash=False)

    def unfit(self, value: object) -> str:
        """What keeps a value from being of this kind: `a str`, `a str among them`; empty if not."""
        if not isinstance(value, self.types):
            return f"a {type(value).__name__}"
        if self.parts and isinstance(value, tuple):
            for part in value:
                if not isinstance(part, self.parts):
                    return f"a {type(part).__name__} among them"
        return ""

    def merged(self, rule: Rule, earlier: T, later: T) -> T:
        """One value of two by the rule; the later one if the kind has no such rule."""
        merge = self.rules.get(rule)
        return later if merge is None else merge(earlier, later)


@dataclass(frozen=True, slots=True)
class Name(Generic[T]):
    """A name that a step takes or gives, and the kind of its value.

    `needed` is False for a name that a step takes only if an earlier step gave it. `like` names
    another name of the state, for a step that takes or gives values of any kind: the value is of
    that one's kind, whatever it is.
    """

    name: str
    kind: Kind[T]
    needed: bool = True
    like: str = ""

    @property
    def optional(self) -> Name[T]:
        """The same name, for a step that can do without it."""
        return replace(self, needed=False)

    def called(self, name: str) -> Name[T]:
        """Another name for a value of the same kind."""
        return replace(self, name=name)


ANY: Final[Kind[Any]] = Kind("any value", (object,))
TEXT: Final[Kind[str]] = Kind("text", (str,))
SHARES: Final[Kind[tuple[float, ...]]] = Kind("shares", (tuple,), parts=(int, float))
ANSWERS: Final[Kind[Answer]] = Kind("answer", (ChoiceAnswer, TextAnswer))
RANKINGS: Final[Kind[Ranking]] = Kind("ranking", (Ranking,))
RATINGS: Final[Kind[Predictions]] = Kind(
    "predictions", (tuple,), {"join": join_predictions, "merge": merge_predictions}, (Mapping,)
)
RELEVANCES: Final[Kind[Relevance]] = Kind("relevance", (Relevance,), {"merge": merge_relevance})

PREDICTIONS: Final = Name("predictions", RATINGS)
RELEVANCE: Final = Name("relevance", RELEVANCES)
RANKING: Final = Name("ranking", RANKINGS)
ANSWER: Final = Name("answer", ANSWERS)
REASONING: Final = Name("reasoning", TEXT)
VOTES: Final = Name("votes", SHARES)
PROBABILITIES: Final = Name("probabilities", SHARES)
