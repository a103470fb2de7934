"""The protocols of a decision-maker and of the model that it asks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from align_tui.adms.first_question import first_question
from align_tui.config.adm_kinds import HasParams
from align_tui.config.adm_params import AdmParams
from align_tui.config.profile import Profile
from align_tui.core.alignment.ranking import History
from align_tui.core.attributes import Attributes
from align_tui.core.decisions import ChoiceProbabilities, Decision, Generation, Message, Sampling
from align_tui.core.scenarios import Scenario
from align_tui.core.statements import Statement, StatementRating
from align_tui.core.targets import Targets
from align_tui.core.types import JsonObject


class Llm(Protocol):
    """The model as a decision-maker asks it. Batches and screens are hidden from it.

    The same profile, scenario and repeat always get the same `seed`. Methods raise AdmError if the
    profile has no model, or the model cannot do what they ask.
    """

    @property
    def seed(self) -> int:
        """The sample's seed."""
        ...

    @property
    def history(self) -> History:
        """By attribute: the mean predictions of the choices that this decision-maker took earlier.

        They are in the order of the run's scenarios (core/alignment/history.py). It is empty unless
        the profile's alignment function needs a history.
        """
        ...

    def role(self, name: str) -> Llm:
        """The model of `[models.NAME]` in the profile, with the same methods.

        All models of a sample share one numbering of streams: give each text its own number.
        Raises AdmError if the profile names no such model.
        """
        ...

    def sampling(self, stream: int = 0) -> Sampling:
        """The decoding of the model's role, with the seed of the sample's stream `stream`."""
        ...

    async def generate(
        self,
        messages: Sequence[Message],
        schema: JsonObject,
        sampling: Sampling,
        *,
        stream: int = 0,
        to_choice: bool = False,
    ) -> Generation:
        """One reply that fits the schema. Replies awaited together (asyncio.gather) share a batch.

        With `to_choice` the reply may end (finish `choice`) where its choice begins, so that
        `score` draws the choice.
        """
        ...

    async def score(
        self, messages: Sequence[Message], replies: Sequence[str], sampling: Sampling
    ) -> ChoiceProbabilities | None:
        """The probabilities of begun replies that differ in the choice alone, and a drawn one.

        None if the model cannot give them: a server without token probabilities.
        """
        ...

    async def rate(
        self, action: str, statements: Sequence[Statement]
    ) -> tuple[StatementRating, ...]:
        """The rating of each statement for the action: its relevance and its valence."""
        ...

    async def explain(self, action: str, statements: Sequence[Statement]) -> tuple[str, ...]:
        """The model's reason for the rating of each statement, in their order."""
        ...

    async def suggest(
        self, action: str, most: int, seed: int | None = None
    ) -> tuple[Statement, ...]:
        """At most `most` different statements that bear on the action, the likeliest first.

        Without a `seed` they come from a beam search, with one they are drawn.
        """
        ...

    async def embed(self, texts: Sequence[str]) -> tuple[tuple[float, ...], ...]:
        """A vector of length 1 for each text, in their order; all have the same dimension."""
        ...


Adm = Callable[[Scenario, Targets, Llm], Awaitable[Decision]]
P = TypeVar("P", bound=AdmParams)


@dataclass(frozen=True)
class AdmKind(HasParams, Generic[P]):
    """A kind of decision-maker: the class of its `[adm]` table, and a function that makes one.

    `make` takes the profile, its `[adm]` table as `params`, and the attribute definitions. It may
    raise AdmError or ConfigError.
    """

    params: type[P]
    make: Callable[[Profile, P, Attributes], Adm]

    def __post_init__(self) -> None:
        if not (isinstance(self.params, type) and issubclass(self.params, AdmParams)):
            raise TypeError("the class of a decision-maker's parameters must derive from AdmParams")

    def first_prompt(
        self, profile: Profile, scenario: Scenario, targets: Targets, attributes: Attributes
    ) -> tuple[Message, ...]:
        """The turns of the first question that the decision-maker asks; empty if it asks none.

        Raises whatever the decision-maker raises before it asks.
        """
        if not isinstance(profile.adm, self.params):
            return ()
        decide = self.make(profile, profile.adm, attributes)
        return first_question(lambda llm: decide(scenario, targets, llm))
