"""What the comparison screen has worked out: columns read, paired and counted in its thread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from align_tui.core.column_names import model_beside
from align_tui.core.columns import (
    Column,
    Paired,
    PairedRow,
    column_rate,
    pair_up,
    target_for,
    versus_options,
)
from align_tui.core.stats.comparison import compare
from align_tui.core.stats.rates import chance
from align_tui.core.targets import Targets
from align_tui.core.text.display import one_line
from align_tui.tui.dialogs.pick import Item, PickDialog
from align_tui.tui.format.comparison import Digest, chose_apart, indices_of, versus_words

if TYPE_CHECKING:
    from align_tui.store.database import Database
    from align_tui.tui.screens.compare.screen import CompareScreen


@dataclass(frozen=True, slots=True)
class ColumnKey:
    """Which column: a profile (by its place) of a run."""

    run: str
    profile: int


class ComparisonWork:
    """The columns and what is asked of them. Nothing here waits for the database."""

    def __init__(
        self, screen: CompareScreen, keys: list[ColumnKey], first: int, second: int
    ) -> None:
        self.screen, self.keys = screen, keys
        self.first, self.second = first, second
        self.columns: tuple[Column, ...] = ()
        self.digest: Digest | None = None
        self.only = self.discriminating = False
        self._versus = 0
        self._asked = 0

    def read(self) -> None:
        """Read all columns afresh and work everything out."""
        keys = tuple(self.keys)

        def job(db: Database) -> tuple[Column, ...]:
            from align_tui.store.columns import read_columns

            found: dict[ColumnKey, Column] = {}
            for run in dict.fromkeys(key.run for key in keys):
                wanted = {key.profile for key in keys if key.run == run}
                for column in read_columns(db, run, wanted, inherited=True):
                    found[ColumnKey(run, column.profile)] = column
            return tuple(found[key] for key in keys if key in found)

        def then(columns: tuple[Column, ...]) -> None:
            self.columns = columns
            self.work_out()

        self.screen.do(job, then)

    def versus(self) -> Targets:
        """What columns without targets are scored against."""
        options = versus_options(self.columns)
        return options[self._versus % len(options)] if options else ()

    def next_versus(self) -> None:
        """The next of the targets they can be scored against."""
        self._versus += 1
        self.work_out(lambda digest: self.screen.say(versus_words(digest, self.screen.glyphs)))

    def work_out(self, after: Callable[[Digest], None] | None = None) -> None:
        """Pair and count in the thread; only the newest answer is shown."""
        self._asked += 1
        mine, columns = self._asked, self.columns
        versus, only, discriminating = self.versus(), self.only, self.discriminating
        last = max(0, len(columns) - 1)
        self.first, self.second = min(self.first, last), min(self.second, last)
        first, second = self.first, self.second
        before = self.digest.paired if self.digest is not None else None

        def job(_: Database) -> Digest:
            paired = (
                before if before is not None and before.columns is columns else pair_up(columns)
            )
            return digest_of(
                paired, first, second, versus, only=only, discriminating=discriminating
            )

        def then(digest: Digest) -> None:
            if mine == self._asked:
                self.digest = digest
                self.screen.arrived()
                if after is not None:
                    after(digest)

        if columns:
            self.screen.do(job, then)

    def read_texts(self, row: PairedRow) -> None:
        """The reasons of the two columns in that row, if it was read with both of them."""
        if max(self.first, self.second) >= len(row.outcomes):
            return  # a column was added: what is shown is from before
        samples = tuple(
            outcome.sample if outcome is not None else None
            for outcome in (row.outcomes[self.first], row.outcomes[self.second])
        )

        def job(db: Database) -> tuple[str, str]:
            from align_tui.store.columns import reasoning_of

            one, other = reasoning_of(db, samples)
            return one, other

        self.screen.do(job, lambda texts: self.screen.show_texts(row, texts))

    def remove(self) -> None:
        """Take the second column away."""
        del self.keys[self.second]
        if self.first > self.second:
            self.first -= 1
        self.second = next(i for i in range(len(self.keys)) if i != self.first)
        self.read()

    def offer_columns(self) -> None:
        """Let one of all profiles of all runs be picked."""

        def job(db: Database) -> list[Item]:
            from align_tui.store.columns import list_columns

            return [
                Item(
                    f"{run}\n{profile}",
                    (
                        (f"{run.rpartition('-')[2]}  ", "key"),
                        (f"{one_line(name, 40):<40}  ", "bright"),
                        (f"{one_line(model_beside(name, model), 26):<26}  ", "text"),
                        (one_line(study, 60), "quiet"),
                    ),
                )
                for run, study, profile, name, model in list_columns(db)
                if ColumnKey(run, profile) not in self.keys
            ]

        def then(items: list[Item]) -> None:
            picker = PickDialog("add a column", items, self.screen.glyphs)
            self.screen.app.push_screen(picker, self._picked)

        self.screen.do(job, then)

    def _picked(self, key: str | None) -> None:
        if key:
            run, _, profile = key.partition("\n")
            self.keys.append(ColumnKey(run, int(profile)))
            self.second = len(self.keys) - 1
            self.read()


def digest_of(
    paired: Paired,
    first: int,
    second: int,
    versus: Targets,
    *,
    only: bool = False,
    discriminating: bool = False,
) -> Digest:
    """Everything that the screen shows of these columns."""
    every = range(len(paired.columns))
    scenarios = [row.scenario for row in paired.rows]
    return Digest(
        paired=paired,
        versus=versus,
        comparison=compare(paired, first, second, versus, discriminating=discriminating),
        rates=tuple(
            column_rate(paired, index, versus, discriminating=discriminating) for index in every
        ),
        chances=tuple(
            chance(
                scenarios,
                target_for(column, versus),
                column.scorer,
                discriminating=discriminating,
            )
            for column in paired.columns
        ),
        shown=indices_of(paired.rows, first, second, only=only),
        differing=sum(chose_apart(row, first, second) for row in paired.rows),
    )
