"""Show solved scenarios before a question: select them, and write them as turns.

A decision-maker makes one `Examples` and asks it for the turns of each scenario.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from align_tui.adms.base import Llm
from align_tui.config.examples import EMBEDDING, ExamplesSpec
from align_tui.core.decisions import Message, Step, UsedExample
from align_tui.core.errors import ExampleError
from align_tui.core.examples.bm25 import Bm25
from align_tui.core.examples.example_set import Example, candidate_of, only_labelled, prepared
from align_tui.core.examples.selection import Candidate, Selected, pool, take
from align_tui.core.examples.word_overlap import word_overlap
from align_tui.core.scenarios import Scenario
from align_tui.core.types import JsonObject, derive_seed

Show = Callable[[Scenario], str]
"""Writes the user turn for a scenario: an example's, or that of the scenario to decide."""
Answer = Callable[[Example], JsonObject | None]
"""The reply that an example gives, as the decision-maker's schema asks; None if it has none."""
DIGITS = 6
"""Similarities of vectors are rounded: their last bits depend on what is computed beside them."""


@dataclass(frozen=True, slots=True)
class Picked:
    """A selected example with its user turn; `similarity` is None for one drawn at random."""

    example: Example
    prompt: str
    similarity: float | None


@dataclass(frozen=True, slots=True)
class ExampleTurns:
    """The turns before a question (user, assistant, user, ...), and what the decision keeps."""

    messages: tuple[Message, ...] = ()
    used: tuple[UsedExample, ...] = ()

    def before(self, messages: Sequence[Message]) -> tuple[Message, ...]:
        """The messages with these turns before the last one, the question."""
        return (*messages[:-1], *self.messages, *messages[-1:])


class Examples:
    """The examples of a profile, prepared once for all samples of a run.

    It keeps prompts, index and vectors of the set.
    """

    def __init__(self, spec: ExamplesSpec, show: Show, *, only: str = "") -> None:
        """`show` writes the user turn for any scenario. Raises ExampleError if the set is lost.

        With the attribute `only`, examples have the choices that are labelled for it and no others,
        as a decision-maker that scores attribute by attribute shows them.
        """
        self.spec = spec
        self._show = show
        self._rule = spec.rule
        self._examples = prepared(
            spec.loaded.examples, spec.choice_order, spec.normalise, spec.seed
        )
        if only:
            self._examples = only_labelled(self._examples, only)
        self._prompts: tuple[str, ...] = ()
        self._candidates: tuple[Candidate, ...] = ()
        self._usable: dict[str, tuple[int, ...]] = {}
        self._index: Bm25 | None = None
        self._vectors: object = None

    async def pick(
        self, scenario: Scenario, llm: Llm, answer: Answer, attribute: str
    ) -> tuple[Picked, ...]:
        """Select examples that `answer` has a reply for, in the order of the prompt.

        `attribute` names what they are about: which examples have a reply is found out once for
        each name. A random selection is drawn by the sample's seed. Raises ExampleError if too few
        are left.
        """
        if not self._rule.number:
            return ()
        self._prepare()
        if attribute not in self._usable:
            self._usable[attribute] = tuple(
                index for index, each in enumerate(self._examples) if answer(each) is not None
            )
        usable = self._usable[attribute]
        if not usable:
            raise ExampleError(
                f"No scenario of the examples has labels for {attribute}",
                "Name other scenarios under [examples], or other attributes.",
            )
        probe = candidate_of(scenario, self._show(scenario))
        candidates = [self._candidates[i] for i in usable]
        pooled = pool(probe, candidates, self._rule)
        compared = await self._compared(probe, [usable[i] for i in pooled], llm)
        seed = derive_seed(self.spec.seed, llm.seed)
        found = take(probe, candidates, pooled, compared, self._rule, seed)
        return tuple(self._picked(usable[each.index], each) for each in found)

    def _prepare(self) -> None:
        if not self._candidates:
            self._prompts = tuple(self._show(each.scenario) for each in self._examples)
            self._candidates = tuple(
                candidate_of(each.scenario, prompt)
                for each, prompt in zip(self._examples, self._prompts, strict=True)
            )

    def _picked(self, index: int, selected: Selected) -> Picked:
        return Picked(self._examples[index], self._prompts[index], selected.similarity)

    async def _compared(self, probe: Candidate, indices: list[int], llm: Llm) -> list[float]:
        """How similar the examples at `indices` are to the probe; empty if nothing is compared."""
        if not self._rule.compares:
            return []
        text, texts = self._rule.text_of(probe), map(self._rule.text_of, self._candidates)
        if self.spec.similarity == EMBEDDING:
            return await self._by_vectors(text, list(texts), indices, llm)
        if self.spec.similarity == "words":
            known = list(texts)
            return [word_overlap(text, known[index]) for index in indices]
        if self._index is None:
            self._index = Bm25(list(texts))
        return self._index.similarities(text, indices)

    async def _by_vectors(
        self, text: str, texts: list[str], indices: list[int], llm: Llm
    ) -> list[float]:
        """The cosines (-1..1) of the texts' vectors; the set's vectors are asked for once."""
        import numpy as np

        model = llm.role(EMBEDDING)
        if self._vectors is None:
            self._vectors = np.asarray(await model.embed(texts), dtype=np.float64)
        [vector] = await model.embed([text])
        cosines = np.asarray(self._vectors)[indices] @ np.asarray(vector, dtype=np.float64)
        return [round(float(each), DIGITS) for each in cosines]


def written(
    picked: Sequence[Picked],
    answer: Answer,
    *,
    attribute: str,
    as_reference: bool = False,
    blanks: bool = False,
) -> ExampleTurns:
    """Write selected examples as turns, each answered by `answer` in JSON.

    `attribute` names what they are about. With `as_reference` an answer is Python's text of a
    dictionary, as in align-system; with `blanks` its JSON has them. Raises
    ExampleError if one has no answer.
    """
    messages: list[Message] = []
    used: list[UsedExample] = []
    for each in picked:
        body = answer(each.example)
        key = each.example.scenario.key
        if body is None:
            raise ExampleError(f"The example {key} has no answer for {attribute}")
        text = str(dict(body)) if as_reference else in_json(body, blanks=blanks)
        messages += [Message("user", each.prompt), Message("assistant", text)]
        used.append(UsedExample(key, each.similarity, attribute, each.prompt, text))
    return ExampleTurns(tuple(messages), tuple(used))


def in_json(body: JsonObject, *, blanks: bool = False) -> str:
    """A reply as the engine writes it: keys in their order, and no blanks unless its form has."""
    separators = (", ", ": ") if blanks else (",", ":")
    return json.dumps(body, ensure_ascii=False, separators=separators)


async def example_turns(
    examples: Examples, scenario: Scenario, llm: Llm, answer: Answer, *, attribute: str
) -> tuple[ExampleTurns, Step]:
    """Select and write the examples for one prompt about one attribute; with the time it took.

    This is what a decision-maker that asks attribute by attribute calls for each of them, with an
    `answer` in the form of its own schema. Raises ExampleError.
    """
    begun = time.monotonic()
    picked = await examples.pick(scenario, llm, answer, attribute)
    turns = written(picked, answer, attribute=attribute, as_reference=examples.spec.as_reference)
    return turns, Step(f"examples {attribute}".rstrip(), time.monotonic() - begun)
