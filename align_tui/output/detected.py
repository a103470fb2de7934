"""Which difference a run could have detected between two of its columns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from align_tui.core.column_names import with_model
from align_tui.core.columns import pair_up, scored_pairs
from align_tui.core.stats.comparison import question_pairs
from align_tui.core.stats.paired_clusters import paired_difference
from align_tui.core.text.display import one_line
from align_tui.core.types import Json
from align_tui.output.decision_json import target_words
from align_tui.output.numbers import point
from align_tui.store.columns import read_columns
from align_tui.store.database import Database


@dataclass(frozen=True, slots=True)
class Detected:
    """Two columns under one target; `smallest` is None where no difference is detected."""

    first: str
    second: str
    target: str
    clusters: int
    smallest: float | None


def detected(db: Database, run: str) -> tuple[Detected, ...]:
    """Every two columns under each target that both are scored against."""
    found = []
    for one, other in combinations(read_columns(db, run), 2):
        shared = [targets for targets in one.under if targets in other.under]
        paired = pair_up([one, other]) if shared else None
        for targets in shared:
            assert paired is not None
            between = paired_difference(question_pairs(paired, scored_pairs(paired, 0, 1, targets)))
            if between is not None:
                found.append(
                    Detected(
                        with_model(one.name, one.model),
                        with_model(other.name, other.model),
                        target_words(targets),
                        between.clusters,
                        between.detectable,
                    )
                )
    return tuple(found)


def detected_json(found: Detected) -> dict[str, Json]:
    """One entry of `detectable` of `show --json`."""
    return {
        "first": found.first,
        "second": found.second,
        "target": found.target,
        "clusters": found.clusters,
        "detectable": found.smallest,
    }


def detected_lines(found: tuple[Detected, ...]) -> Iterator[str]:
    """One line: `this run could have detected a difference of .19 to .25 between ... (...)`."""
    known = [each.smallest for each in found if each.smallest is not None]
    if not found:
        return
    if not known:
        yield (
            "this run could not have detected any difference between two columns; "
            "`align-tui power` estimates how many questions it takes"
        )
        return
    ends = dict.fromkeys((point(min(known)), point(max(known))))
    yield (
        "this run could have detected a difference of "
        f"{one_line(' to '.join(ends))} between two columns (80 % power)"
    )
