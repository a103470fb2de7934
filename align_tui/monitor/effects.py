"""What a run's targets changed, and the numbers that stand beside its accuracies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from align_tui.core.column_numbers import ColumnNumbers, Probabilities, column_numbers
from align_tui.core.columns import Column
from align_tui.core.stats.paired import holm
from align_tui.core.steering import Steering, steering_effects
from align_tui.core.targets import target_id
from align_tui.store.columns import read_columns
from align_tui.store.database import Database
from align_tui.store.probabilities import probabilities_of

Place = tuple[int, str]
"""A column (from 0), and the id of the targets that it is scored against."""


@dataclass(frozen=True, slots=True)
class Effects:
    """The numbers by column and targets, and the steering effects between columns.

    `chance_adjusted` has p of the test against chance after Holm over all of them.
    """

    columns: tuple[Column, ...] = ()
    numbers: Mapping[Place, ColumnNumbers] = field(default_factory=dict)
    chance_adjusted: Mapping[Place, float] = field(default_factory=dict)
    steering: tuple[Steering, ...] = ()


def read_effects(db: Database, run: str) -> Effects:
    """Read a run's columns, and compute its effects. Raises StoreError."""
    return effects_of(read_columns(db, run), probabilities_of(db, run))


def effects_of(columns: Sequence[Column], probabilities: Probabilities) -> Effects:
    """The effects of these columns; `probabilities` are those of their samples."""
    numbers: dict[Place, ColumnNumbers] = {
        (index, target_id(targets)): column_numbers(column, targets, probabilities)
        for index, column in enumerate(columns)
        for targets in column.under
    }
    tested = {place: each.chance.p for place, each in numbers.items() if each.chance is not None}
    adjusted = holm(list(tested.values()))
    return Effects(
        tuple(columns),
        numbers,
        dict(zip(tested, adjusted, strict=True)),
        steering_effects(columns),
    )
