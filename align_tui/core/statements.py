"""Statements of values, rights and duties, and how a model rates an action by them (Kaleido)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

StatementKind: TypeAlias = Literal["value", "right", "duty"]


@dataclass(frozen=True, slots=True)
class Statement:
    """A value, right or duty in words, by which a model rates an action."""

    kind: StatementKind
    text: str


@dataclass(frozen=True, slots=True)
class StatementRating:
    """The relevance of a statement to an action, and its valence; all 0 to 1.

    `relevance` is the probability that it is relevant; `supports`, `opposes` and `either` are the
    valence and sum to 1 (Sorensen et al., Value Kaleidoscope, AAAI 2024).
    """

    relevance: float
    supports: float
    opposes: float
    either: float
