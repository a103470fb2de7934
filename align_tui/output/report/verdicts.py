"""Count people's verdicts on decisions, and compare them with the labels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from align_tui.core.columns import Column, correctness, pair_up, target_for
from align_tui.store.run_annotations import NOTHING, Annotation


@dataclass(frozen=True, slots=True)
class Verdicts:
    """One column's verdicts; `right` and `wrong` count (agree, disagree) among scored decisions."""

    label: str
    agree: int
    disagree: int
    unsure: int
    right: tuple[int, int]
    wrong: tuple[int, int]


def tally(
    columns: Sequence[Column], labels: Sequence[str], annotations: Mapping[int, Annotation]
) -> tuple[Verdicts, ...]:
    """The verdicts on each column that has any, in the order of the columns."""
    found = []
    for column, label in zip(columns, labels, strict=True):
        said: Counter[tuple[str, bool | None]] = Counter()
        for row in pair_up([column]).rows:
            outcome = row.outcomes[0]
            verdict = (
                annotations.get(outcome.sample, NOTHING).verdict if outcome is not None else None
            )
            if verdict is not None:
                correct = correctness(row, 0, target_for(column, ()), column.scorer)
                said[verdict, correct] += 1
        if said:
            every = (True, False, None)
            agree, disagree, unsure = (
                sum(said[verdict, correct] for correct in every)
                for verdict in ("agree", "disagree", "unsure")
            )
            right, wrong = ((said["agree", c], said["disagree", c]) for c in (True, False))
            found.append(Verdicts(label, agree, disagree, unsure, right, wrong))
    return tuple(found)
