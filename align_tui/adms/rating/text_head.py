"""A ridge regression on embeddings that predicts labels from texts.

It stands for align-system's text regressor (`outlines_hybrid_regression_adm.py`, a BERT with one
output, fine-tuned for each attribute), whose weights are not public.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from align_tui.adms.base import Llm
from align_tui.core.errors import AdmError
from align_tui.core.people import named
from align_tui.core.scenarios import Choice, Scenario

if TYPE_CHECKING:
    import numpy as np

SEPARATOR = "[SEP]"
LEAST_RECORDS = 2


def windowed(first: Sequence[str], second: Sequence[str], window: int) -> tuple[str, ...]:
    """Two lists of words with a separator between, cut to `window` words; the first is cut.

    So a long situation never pushes the choice out of the text that a model embeds.
    """
    kept = list(second)[: max(0, window - 1)]
    return (*first[: max(0, window - 1 - len(kept))], SEPARATOR, *kept)


def text_of(scenario: Scenario, choice: Choice, *, question: str = "", window: int = 200) -> str:
    """The text that is embedded for a choice: the situation, and the choice with its person.

    `question` stands between them; `window` is the greatest number of words.
    """
    person = next((each for each in scenario.characters if each.id == choice.character), None)
    last = f"{choice.text} ({named(person)})" if person is not None else choice.text
    return " ".join(windowed(f"{scenario.text} {question}".split(), last.split(), window))


@dataclass(frozen=True, slots=True)
class Record:
    """A labelled text: the scenario that it is from, and the label (0..1)."""

    scenario: str
    text: str
    label: float


def records_of(
    scenarios: Iterable[Scenario], attribute: str, *, question: str = "", window: int = 200
) -> tuple[Record, ...]:
    """A record for each choice that is labelled for the attribute."""
    return tuple(
        Record(
            scenario.text,
            text_of(scenario, choice, question=question, window=window),
            choice.labels[attribute],
        )
        for scenario in scenarios
        for choice in scenario.choices
        if attribute in choice.labels
    )


@dataclass
class TextHead:
    """Predicts the labels of one attribute; it embeds its records once, for all samples.

    `penalty` (above 0) is the weight of the squared coefficients in the ridge regression.
    """

    attribute: str
    records: tuple[Record, ...]
    penalty: float
    _vectors: np.ndarray | None = None
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def predict(self, llm: Llm, scenario: str, texts: Sequence[str]) -> tuple[float, ...]:
        """The predicted label (0..1) of each text of a scenario, given by its text.

        Records of that scenario are left out, so that it is not predicted from its own labels.
        Raises AdmError if too few records are left.
        """
        import numpy as np

        kept = [i for i, record in enumerate(self.records) if record.scenario != scenario]
        if len(kept) < LEAST_RECORDS:
            raise AdmError(
                f"A regression needs {LEAST_RECORDS} records with a label of {self.attribute} "
                f"besides the scenario itself, but there are only {len(kept)}",
                "Name more labelled scenarios in adm.records.",
            )
        async with self._lock:
            if self._vectors is None:
                known = await llm.embed([record.text for record in self.records])
                self._vectors = np.asarray(known, dtype=np.float64)
        given = np.asarray(await llm.embed(list(texts)), dtype=np.float64)
        labels = np.asarray([self.records[i].label for i in kept], dtype=np.float64)
        found = ridge(self._vectors[kept], labels, given, self.penalty)
        return tuple(float(value) for value in np.clip(found, 0.0, 1.0))


def ridge(known: np.ndarray, labels: np.ndarray, given: np.ndarray, penalty: float) -> np.ndarray:
    """The ridge regression's values at `given`, fitted to `known` rows with `labels`.

    Both are centred, so that the intercept is not penalised; solved in the dual form, which has as
    many unknowns as there are records (Hoerl and Kennard, 1970).
    """
    import numpy as np

    centre, mean = known.mean(axis=0), labels.mean()
    rows = known - centre
    gram = rows @ rows.T + penalty * np.eye(len(rows))
    weights = rows.T @ np.linalg.solve(gram, labels - mean)
    found: np.ndarray = (given - centre) @ weights + mean
    return found
