"""Answers: the choice or the text that a decision-maker gives to a scenario."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

AnswerKind = Literal["choice", "text"]
"""What a scenario asks for: one of its choices, or a text that the decision-maker writes."""


@dataclass(frozen=True, slots=True)
class ChoiceAnswer:
    """One of the scenario's choices; `index` counts from 0."""

    index: int


@dataclass(frozen=True, slots=True)
class TextAnswer:
    """An open answer. The scenario may still have reference choices, for a scorer."""

    text: str


Answer: TypeAlias = ChoiceAnswer | TextAnswer


def letter(choice: int) -> str:
    """The name that people see for the choice of that index: A, B, ... Z, then 27, 28, ..."""
    return chr(ord("A") + choice) if choice < 26 else str(choice + 1)
