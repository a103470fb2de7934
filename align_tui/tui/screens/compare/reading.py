"""Reads, pairs and counts columns in the store's thread; the screen shows the newest result."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from rich.cells import cell_len

from align_tui.core.columns import (
    Column,
    Paired,
    PairedRow,
    column_rate,
    pair_up,
    paired_chance,
    versus_for,
)
from align_tui.core.stats.comparison import Comparison, compare
from align_tui.core.stats.paired import holm
from align_tui.core.targets import Targets
from align_tui.monitor.columns import read_columns, read_reasons
from align_tui.tui.format.compared_rows import chose_apart, indices_of
from align_tui.tui.format.comparison import Digest, row_name
from align_tui.tui.format.styled_text import shared_beginning

if TYPE_CHECKING:
    from align_tui.monitor.rows import Database
    from align_tui.tui.screens.compare.host import CompareHost
    from align_tui.tui.screens.compare.state import ComparisonState


class ComparisonReading:
    """Updates the state. Nothing here waits for the database."""

    def __init__(self, state: ComparisonState, host: CompareHost) -> None:
        self.state, self.host = state, host
        self._asked = 0

    def read(self) -> None:
        """Read all columns again and compute the comparison."""
        keys = tuple(self.state.keys)

        def then(columns: tuple[Column, ...]) -> None:
            self.state.columns = columns
            self.work_out()

        self.host.do(lambda db: read_columns(db, keys), then, holds=True)

    def work_out(self, after: Callable[[Digest], None] | None = None) -> None:
        """Pair and count the columns; `after` is called with the result once it is shown."""
        self._asked += 1
        state, mine = self.state, self._asked
        columns, versus = state.columns, state.versus
        only, discriminating = state.only, state.discriminating
        last = max(0, len(columns) - 1)
        state.first, state.second = min(state.first, last), min(state.second, last)
        first, second = state.first, state.second
        before = state.digest.paired if state.digest is not None else None

        def job(_: Database) -> Digest:
            paired = (
                before if before is not None and before.columns is columns else pair_up(columns)
            )
            return digest_of(
                paired, first, second, versus, only=only, discriminating=discriminating
            )

        def then(digest: Digest) -> None:
            if mine == self._asked:
                state.take(digest)
                self.host.repaint()
                if after is not None:
                    after(digest)

        if columns:
            self.host.do(job, then, holds=state.digest is None)

    def read_texts(self, row: PairedRow) -> None:
        """Read the reasoning of the two columns in that row, if the row has both of them."""
        first, second = self.state.first, self.state.second
        if max(first, second) >= len(row.outcomes):
            return  # a column was added after this row was read
        samples = tuple(
            outcome.sample if outcome is not None else None
            for outcome in (row.outcomes[first], row.outcomes[second])
        )

        def then(texts: tuple[str, ...]) -> None:
            if row is self.state.texts_of and self.state.digest is not None:
                self.state.texts = (texts[0], texts[1])
                self.host.show_texts()

        self.host.do(lambda db: read_reasons(db, samples), then)


def digest_of(
    paired: Paired,
    first: int,
    second: int,
    versus: Targets,
    *,
    only: bool = False,
    discriminating: bool = False,
) -> Digest:
    """Everything that the screen shows about these columns."""
    every = range(len(paired.columns))
    columns = paired.columns
    versus = versus_for(columns[first], columns[second], versus)
    comparison = compare(paired, first, second, versus, discriminating=discriminating)
    names = [row_name(row.scenario) for row in paired.rows]
    return Digest(
        paired=paired,
        versus=versus,
        comparison=comparison,
        rates=tuple(
            column_rate(paired, index, versus, discriminating=discriminating) for index in every
        ),
        chances=tuple(
            paired_chance(paired, index, versus, discriminating=discriminating) for index in every
        ),
        shown=indices_of(paired.rows, first, second, only=only),
        differing=sum(chose_apart(row, first, second) for row in paired.rows),
        adjusted=adjusted_among(paired, comparison, versus, discriminating=discriminating),
        longest=max(map(cell_len, names), default=0),
        shared=shared_beginning(names),
    )


def adjusted_among(
    paired: Paired, found: Comparison, versus: Targets, *, discriminating: bool = False
) -> float | None:
    """Holm's p of a comparison among those of its first column with every other column.

    They are what a user reads who steps through the columns. None if it is the only test.
    """
    tested = {}
    for other in range(len(paired.columns)):
        if other == found.b:
            tested[other] = found.tested
        elif other != found.a:
            beside = compare(paired, found.a, other, versus, discriminating=discriminating)
            tested[other] = beside.tested
    known = {other: p for other, p in tested.items() if p is not None}
    if len(known) < 2 or found.b not in known:
        return None
    return dict(zip(known, holm(list(known.values())), strict=True))[found.b]
