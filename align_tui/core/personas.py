"""Personas: imagined people with a backstory, who answered a question about each attribute.

They are chosen by how near their answers are to the targets, and introduced to a model as an
interview (align-system, `algorithms/lib/persona`).
"""

from __future__ import annotations

import math
import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from align_tui.core.attributes import fold
from align_tui.core.decisions import Message
from align_tui.core.targets import Distribution, Target, Targets

SCALE = 10  # answers are 1..10, and targets 0..1
FRAME = (
    "This is an interview. You are the person who answers, and you speak for yourself all the way "
    "through.\n\nQuestion 1. Please tell us about yourself."
)


@dataclass(frozen=True, slots=True)
class PersonaAnswer:
    """What a persona answered to a question; `value` is 1..10.

    `attributes` are those that the question is about, in any spelling.
    """

    attributes: tuple[str, ...]
    question: str
    text: str
    value: float

    def is_about(self, names: Collection[str]) -> bool:
        """Is the question about any of these attributes?"""
        folded = set(map(fold, names))
        return any(fold(name) in folded for name in self.attributes)


@dataclass(frozen=True, slots=True)
class Persona:
    """An imagined person; the answers have the order of the questions."""

    name: str
    backstory: str
    answers: tuple[PersonaAnswer, ...] = ()

    def value(self, attribute: str) -> float | None:
        """The value (1..10) of the answer about an attribute; None if there is none."""
        return next((each.value for each in self.answers if each.is_about([attribute])), None)


@dataclass(frozen=True, slots=True)
class Chosen:
    """The indices of the chosen personas, the nearest first, with notes on how they were chosen."""

    indices: tuple[int, ...]
    notes: tuple[str, ...] = ()


def choose(personas: Sequence[Persona], targets: Targets, number: int, seed: int) -> Chosen:
    """Choose `number` different personas (at most as many as there are).

    If all targets are distributions, those with the greatest sum of the targets' densities at
    value / 10 come first. Otherwise those with the least sum of |value - 10 * target| do, where a
    distribution counts by its mean. A target's weight multiplies its term; among equals the first
    in the collection is taken. A persona without an answer about some target comes behind all with
    more answers (in align-system it counts as distance 0). Targets that nobody answered a question
    about are left out, with a note. Without any target left, `seed` draws the personas.
    """
    used = [
        target
        for target in targets
        if target.point is not None
        and any(each.value(target.attribute) is not None for each in personas)
    ]
    notes = tuple(
        f"No persona answers a question about {target.attribute}, so it did not count when they "
        "were chosen."
        for target in targets
        if target not in used
    )
    if not used:
        drawn = random.Random(seed).sample(range(len(personas)), min(number, len(personas)))
        return Chosen(tuple(drawn), notes)
    by_likelihood = all(isinstance(target.value, Distribution) for target in used)
    term = _minus_density if by_likelihood else _distance

    def rank(index: int) -> tuple[int, float]:
        values = [(target, personas[index].value(target.attribute)) for target in used]
        terms = [each.weight * term(each, value) for each, value in values if value is not None]
        return len(used) - len(terms), math.fsum(terms)

    return Chosen(tuple(sorted(range(len(personas)), key=rank)[:number]), notes)


def _distance(target: Target, value: float) -> float:
    assert target.point is not None
    return abs(value - SCALE * target.point)


def _minus_density(target: Target, value: float) -> float:
    assert isinstance(target.value, Distribution)
    return -density(target.value, value / SCALE)


def density(distribution: Distribution, at: float) -> float:
    """The density of a distribution (its Gaussian kernel over its samples) at `at`."""
    h = distribution.bandwidth
    kernel = (math.exp(-(((at - sample) / h) ** 2) / 2) for sample in distribution.samples)
    return math.fsum(kernel) / (len(distribution.samples) * h * math.sqrt(2 * math.pi))


def interview(persona: Persona, attributes: Collection[str] | None = None) -> tuple[Message, ...]:
    """The interview so far: its frame, the backstory, and each question with its answer.

    Only questions about `attributes` are asked, or all if it is None; they keep their numbers.
    """
    turns = [Message("user", FRAME), Message("assistant", persona.backstory)]
    for number, answer in enumerate(persona.answers, start=2):
        if attributes is None or answer.is_about(attributes):
            turns.append(Message("user", f"Question {number}. {answer.question}"))
            turns.append(Message("assistant", answer.text))
    return tuple(turns)
