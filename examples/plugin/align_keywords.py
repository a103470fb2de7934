"""An example of a decision-maker in a package: it rates a choice by the words in its text.

This module has its parameters, its traits and its function. The entry point in pyproject.toml
names `KIND`, so align-tui finds it without any change.
"""

from typing import ClassVar

from pydantic import Field

from align_tui.adms.base import Adm, AdmKind, Llm
from align_tui.adms.ranking import alignment_function
from align_tui.config.adm_params import AdmParams, Traits
from align_tui.config.alignment import params_of
from align_tui.config.profile import Profile
from align_tui.core.answers import ChoiceAnswer
from align_tui.core.attributes import Attributes
from align_tui.core.decisions import Decision
from align_tui.core.predictions import Prediction
from align_tui.core.scenarios import Scenario
from align_tui.core.targets import Targets


class KeywordParams(AdmParams):
    """The keys of `[adm]`: a choice whose text has one of `words` is rated 1, any other 0."""

    TRAITS: ClassVar[Traits] = Traits(needs_target=True, is_steerable=True, ranks=True)
    words: tuple[str, ...] = Field(min_length=1)


def make(profile: Profile, params: KeywordParams, attributes: Attributes) -> Adm:
    """Make the decision-maker: it rates by words, and the alignment function ranks the choices."""
    rank = alignment_function(params_of(profile.alignment))
    words = [word.casefold() for word in params.words]

    async def decide(scenario: Scenario, targets: Targets, llm: Llm) -> Decision:
        named = [
            any(word in choice.text.casefold() for word in words) for choice in scenario.choices
        ]
        predictions = tuple(
            {target.attribute: Prediction((float(each),), rater="keywords") for target in targets}
            for each in named
        )
        ranking = rank(predictions, targets, None, {}, llm.seed)
        verb = "names" if named[ranking.taken] else "does not name"
        return Decision(
            ChoiceAnswer(ranking.taken),
            f"This choice {verb} one of: {', '.join(params.words)}.",
            predictions=predictions,
            ranking=ranking,
        )

    return decide


KIND = AdmKind(KeywordParams, make)
