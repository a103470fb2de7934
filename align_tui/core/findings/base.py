"""What a finding is, the facts of a run from which findings follow, and the type of a kind."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from align_tui.core.stats.position import NO_POSITION, PositionRate
from align_tui.core.stats.rates import Rate
from align_tui.core.targets import Targets

Severity = Literal["warning", "info"]
SampleKey = tuple[int, int]  # scenario, repeat: both from 0
MOST_EXAMPLES = 5
"""At most so many samples and scenarios stand in the evidence of one finding."""
ENOUGH_QUESTIONS = 5
"""A finding about decisions needs at least so many different questions."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a finding rests on: counts by name, and a few sample ids and scenario keys."""

    counts: tuple[tuple[str, int], ...] = ()
    samples: tuple[int, ...] = ()
    scenarios: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding about the columns that it names.

    `sentence` says what was found, `advice` what to do about it. A warning puts a number of the run
    in doubt; an info is good to know.
    """

    id: str
    severity: Severity
    columns: tuple[str, ...]
    sentence: str
    advice: str = ""
    evidence: Evidence = Evidence()


@dataclass(frozen=True, slots=True)
class Failed:
    """Failed samples of a column with the same kind of error; `message` is that of the first."""

    kind: str
    count: int
    samples: tuple[int, ...]
    message: str = ""


@dataclass(frozen=True, slots=True)
class Scored:
    """A column's accuracy for one target, and that of a uniform chooser on the same questions.

    The rate's interval allows for questions that are dependent.
    """

    targets: Targets
    rate: Rate
    chance: float | None


@dataclass(frozen=True, slots=True)
class Replies:
    """The number of a column's stored replies, and of those that were cut or asked again.

    `capped` ones have a text that is as long as its schema allows, or thinking that reached its
    limit; `caps` say which, such as `reasoning cut at 512 characters`, the most frequent first.
    """

    total: int = 0
    cut: int = 0
    retried: int = 0
    cut_samples: tuple[int, ...] = ()
    retried_samples: tuple[int, ...] = ()
    capped: int = 0
    capped_samples: tuple[int, ...] = ()
    caps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ColumnFacts:
    """What findings need to know of one column.

    `model` is the key of its models (empty without one) and `model_name` their short name.
    `settings` is a hash of everything but name, description and targets. `temperature` is None if
    no model writes text for it. `votes` counts the replies to one question that vote or are
    averaged; None if that is unknown. `choices` are the choices by sample, without open answers.
    `order` is how it shows the choices, and `position` how often the one shown first was taken.
    """

    name: str
    model: str = ""
    model_name: str = ""
    targets: Targets = ()
    is_steerable: bool = False
    settings: str = ""
    temperature: float | None = None
    votes: int | None = None
    choices: Mapping[SampleKey, int] = field(default_factory=dict)
    scored: tuple[Scored, ...] = ()
    decided: int = 0
    failures: tuple[Failed, ...] = ()
    replies: Replies = Replies()
    order: str = "given"
    position: PositionRate = NO_POSITION

    @property
    def failed(self) -> int:
        """The number of its failed samples."""
        return sum(failure.count for failure in self.failures)


@dataclass(frozen=True, slots=True)
class UnequalReplies:
    """Greedy replies of one model to one prompt that are not all equal.

    `profiles` are the indices of their columns, and `samples` have two of the different replies.
    `choices_differ`: they do not all name the same choice.
    """

    profiles: tuple[int, ...]
    replies: int
    samples: tuple[int, ...]
    choices_differ: bool


@dataclass(frozen=True, slots=True)
class SeveralSetups:
    """Replies of one model for one purpose that several setups of a server wrote.

    `profiles` are the indices of their columns. `fingerprints` has what the server calls each
    setup, with the number of its replies, and `samples` one sample for each.
    """

    profiles: tuple[int, ...]
    fingerprints: tuple[tuple[str, int], ...]
    samples: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What findings need to know of a run.

    `scenarios` are the keys, and `questions` a key that is equal for scenarios with the same text
    and choices; both by index. `unequal` has a few of the `unequal_prompts` prompts that a greedy
    model answered differently, of `repeated_prompts` that it got more than once. `setups` are the
    models whose replies come from several setups of a server.
    """

    columns: tuple[ColumnFacts, ...]
    scenarios: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()
    repeat: int = 1
    unequal: tuple[UnequalReplies, ...] = ()
    unequal_prompts: int = 0
    unequal_choices: int = 0
    repeated_prompts: int = 0
    setups: tuple[SeveralSetups, ...] = ()

    def number_of_questions(self, keys: Iterable[SampleKey]) -> int:
        """The number of different questions among samples."""
        return len({self.questions[scenario] for scenario in {key[0] for key in keys}})

    def keys_of(self, samples: Iterable[SampleKey]) -> tuple[str, ...]:
        """The keys of the first few scenarios of these samples."""
        places = sorted({scenario for scenario, _ in samples})
        return tuple(self.scenarios[place] for place in places[:MOST_EXAMPLES])


@dataclass(frozen=True, slots=True)
class FindingKind:
    """A kind of finding; `find` is pure and quick."""

    name: str
    description: str
    find: Callable[[RunFacts], Iterable[Finding]]
