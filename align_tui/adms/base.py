"""What a decision-maker is, and what it may ask of a model."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from align_tui.config.adm_kinds import HasParams
from align_tui.config.adm_params import AdmParams
from align_tui.config.profile import Profile
from align_tui.core.attributes import Attributes
from align_tui.core.decisions import ChoiceProbabilities, Decision, Generation, Message, Sampling
from align_tui.core.scenarios import Scenario
from align_tui.core.statements import Statement, StatementRating
from align_tui.core.targets import Targets
from align_tui.core.types import JsonObject


class Llm(Protocol):
    """A model, as a decision-maker sees it: awaited replies, and nothing of batches or screens.

    `seed` is this sample's own: the same profile, scenario and repeat always get the same one.
    Methods raise AdmError where the model is not there, or cannot do what is asked.
    """

    @property
    def seed(self) -> int:
        """The sample's seed."""
        ...

    def role(self, name: str) -> Llm:
        """The model of `[models.NAME]` in the profile, asked in the same way.

        Streams are numbered for the whole sample: give each text one of its own, whichever model
        writes it. Raises AdmError where the profile names no such model.
        """
        ...

    def sampling(self, stream: int = 0) -> Sampling:
        """The decoding of the model's role, with the seed of the sample's text number `stream`."""
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
        """One reply under the schema. Replies awaited together (asyncio.gather) decode together.

        With `to_choice` it may end (finish `choice`) where its choice begins, for `score` to draw.
        """
        ...

    async def score(
        self, messages: Sequence[Message], replies: Sequence[str], sampling: Sampling
    ) -> ChoiceProbabilities | None:
        """Probabilities of half-written replies that differ in the choice alone, and the one drawn.

        None where the model cannot tell: a server without token probabilities.
        """
        ...

    async def rate(
        self, action: str, statements: Sequence[Statement]
    ) -> tuple[StatementRating, ...]:
        """How much each statement has to do with the action, and which way it points."""
        ...

    async def embed(self, texts: Sequence[str]) -> tuple[tuple[float, ...], ...]:
        """A vector of length 1 for each text, in their order; all of one size."""
        ...


Adm = Callable[[Scenario, Targets, Llm], Awaitable[Decision]]
P = TypeVar("P", bound=AdmParams)


@dataclass(frozen=True)
class AdmKind(HasParams, Generic[P]):
    """A kind of decision-maker: the class of its `[adm]` table, and what makes one of a profile.

    `make` gets the profile, its `[adm]` table as `params`, and the attributes that are defined. It
    may raise AdmError or ConfigError.
    """

    params: type[P]
    make: Callable[[Profile, P, Attributes], Adm]

    def __post_init__(self) -> None:
        if not (isinstance(self.params, type) and issubclass(self.params, AdmParams)):
            raise TypeError("the parameters of a decision-maker derive from AdmParams")
