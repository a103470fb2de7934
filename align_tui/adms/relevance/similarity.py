"""`similarity`: the attribute matters whose labelled examples are most like the scenario."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar

from pydantic import Field

from align_tui.adms.base import Llm
from align_tui.adms.relevance.base import FoundRelevance, Predictor, RelevanceKind, names_of
from align_tui.config.backbone_kinds import Capability
from align_tui.config.profile import Profile
from align_tui.config.relevance import RelevanceParams
from align_tui.core.attributes import Attributes
from align_tui.core.errors import ConfigError
from align_tui.core.kaleido import cosine
from align_tui.core.relevance import most_similar
from align_tui.core.scenarios import Scenario
from align_tui.core.targets import Targets

RATER = "similarity"
Example = Annotated[str, Field(min_length=1, max_length=20_000)]


class SimilarityParams(RelevanceParams):
    """Relevance 1 for the attribute whose `examples` are most similar in the mean, 0 for others.

    `examples` are texts of scenarios in which an attribute mattered, by its id or an alias. A model
    in the role `embedding` compares them with the scenario (cosine of the vectors). A single
    attribute has relevance 1, and no model is asked.
    """

    asks: ClassVar[frozenset[Capability]] = frozenset({"embeds"})
    role: ClassVar[str] = "embedding"
    examples: dict[str, Annotated[tuple[Example, ...], Field(max_length=1_000)]]


def make(profile: Profile, params: SimilarityParams, attributes: Attributes) -> Predictor:
    """Make a predictor that compares the scenario with examples of each attribute."""
    known = {attributes.canonical(name): texts for name, texts in params.examples.items()}

    async def predict(
        scenario: Scenario, targets: Targets, llm: Llm, stream: int
    ) -> FoundRelevance:
        names = names_of(targets)
        examples = {name: examples_of(known, name) for name in names}
        if len(names) < 2:
            similar: dict[str, Sequence[float]] = dict.fromkeys(names, ())
        else:
            texts = [text for name in names for text in examples[name]]
            own, *vectors = await llm.embed([scenario.text.strip(), *texts])
            rest = iter(vectors)
            similar = {name: [cosine(own, next(rest)) for _ in examples[name]] for name in names}
        lacking = [name for name in names if not examples[name] and len(names) > 1]
        notes = [f"[relevance] has no examples of {name}: its relevance is 0." for name in lacking]
        return FoundRelevance.for_all(most_similar(similar), scenario, RATER, notes=notes)

    return predict


def examples_of(known: dict[str, tuple[str, ...]], name: str) -> tuple[str, ...]:
    """The examples of an attribute; raises ConfigError if the table does not name it."""
    if name not in known:
        raise ConfigError(
            f"[relevance.examples] has no examples of {name!r}",
            f'Add some: {name} = ["the text of a scenario in which it matters"]',
        )
    return known[name]


KIND = RelevanceKind(SimilarityParams, make)
