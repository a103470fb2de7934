"""The part of a report on position: P(first) of each column, and choosers of one place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from align_tui.core.stats.position import PositionRate
from align_tui.core.targets import target_id
from align_tui.monitor.positions import column_positions
from align_tui.output.numbers import point
from align_tui.output.positions import (
    PLACES,
    Always,
    always_of,
    always_words,
    warning,
)
from align_tui.output.tables import size_words
from align_tui.store import runs
from align_tui.store.database import Database

HOW_PLACED = (
    "P(first): how often a column took the choice that was shown first, with its 95 % interval; "
    "repeats of a question are averaged first. Beside it stands the value of a chooser that sees "
    "no order. That value is exact for the orders shuffled and both. For the given order it is a "
    "guide, since the right choices may stand at one place. The table leaves out columns whose "
    "decision-maker sees no order, and columns whose order is not known."
)
HOW_ALWAYS = (
    "The accuracy of a chooser that always takes the choice at one place of the scenarios' own "
    "order. A column that prefers a place can look aligned if this is not chance (marked *: the "
    "two-sided p against a uniform chooser is below .05, each place and target by itself)."
)


@dataclass(frozen=True, slots=True)
class Position:
    """P(first) by column, with its label, and the choosers of one place by target."""

    columns: tuple[tuple[str, PositionRate], ...]
    always: tuple[Always, ...]

    @property
    def cautions(self) -> tuple[str, ...]:
        """What a reader must see: columns that prefer a place, and places that win."""
        columns = [f"{label}: {said}" for label, found in self.columns if (said := warning(found))]
        return (*columns, *(said for each in self.always for said in always_words(each)))


def position_of(db: Database, ids: Sequence[str], labels: Sequence[str]) -> Position:
    """Read the positions of the runs; `labels` name all their columns. Raises StoreError."""
    found: list[PositionRate] = []
    always: dict[tuple[str, tuple[object, ...]], Always] = {}
    for run in ids:
        study = runs.load_study(db, run)
        found += column_positions(db, run, study)
        for each in always_of(study):
            key = (target_id(each.targets), each.rates)
            if key not in always or each.in_given:
                always[key] = each
    pairs = zip(labels, found, strict=True)
    return Position(tuple(pair for pair in pairs if pair[1].first), tuple(always.values()))


def first_rows(position: Position) -> list[tuple[str, str, str, str, str]]:
    """Cells: profile, P(first), that of a chooser that sees no order, decisions, by place."""
    rows = []
    for label, found in position.columns:
        first = found.first
        assert first is not None
        mark = " *" if found.leaves_expected else ""
        ends = f"[{point(first.low)}, {point(first.high)}]"
        places = " / ".join(map(point, found.by_place))
        rows.append(
            (
                label,
                f"{point(first.mean)} {ends}{mark}",
                point(found.expected),
                f"{found.decisions}{size_words(found.decisions, first.questions, first.clusters)}",
                places,
            )
        )
    return rows


FIRST_HEADER = ("profile", "P(first)", "no order seen", "decisions", "share of each place")


def always_rows(each: Always) -> list[tuple[str, str, str]]:
    """Cells of one target: place, its accuracy, chance on the same scenarios."""
    return [
        (
            f"always the {PLACES[one.place]}",
            f"{point(one.rate.accuracy)} [{point(one.rate.low)}, {point(one.rate.high)}] "
            f"{one.rate.correct}/{one.rate.scored}"
            f"{size_words(one.rate.scored, one.rate.questions, one.rate.clusters)}"
            f"{' *' if one.leaves_chance else ''}",
            point(one.chance),
        )
        for one in each.rates
    ]


ALWAYS_HEADER = ("target", "chooser", "accuracy", "chance")
