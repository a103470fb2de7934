"""What the comparison shows: which columns, which two of them, which rows, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from align_tui.core.columns import Column, versus_options
from align_tui.core.targets import Targets

if TYPE_CHECKING:
    from align_tui.core.columns import PairedRow
    from align_tui.monitor.columns import ColumnKey
    from align_tui.tui.format.comparison import Digest


@dataclass(slots=True)
class ComparisonState:
    """`keys` name the columns, `columns` are those that were read; two of them are compared.

    With `only` the rows that differ are listed alone; `row` is a place among the listed rows.
    `texts` are the reasons of the two columns in the row `texts_of`.
    """

    keys: list[ColumnKey]
    first: int
    second: int
    columns: tuple[Column, ...] = ()
    digest: Digest | None = None
    only: bool = False
    discriminating: bool = False
    versus_number: int = 0
    row: int = 0
    texts: tuple[str, str] = ("", "")
    texts_of: PairedRow | None = None

    @property
    def versus(self) -> Targets:
        """What columns without targets are scored against."""
        options = versus_options(self.columns)
        return options[self.versus_number % len(options)] if options else ()

    @property
    def current(self) -> PairedRow | None:
        """The row that is looked at."""
        digest = self.digest
        if digest is None or not digest.shown:
            return None
        return digest.paired.rows[digest.shown[min(self.row, len(digest.shown) - 1)]]

    def take(self, digest: Digest) -> None:
        """There is another digest: the reasons are read again for its row."""
        self.digest = digest
        self.row = max(0, min(self.row, len(digest.shown) - 1))
        self.texts_of, self.texts = None, ("", "")

    def pick(self, index: int) -> bool:
        """Take that column as the second, swapped where it is the first. Is there such a column?"""
        if index >= len(self.columns):
            return False
        if index == self.first:
            self.first = self.second
        self.second = index
        return True

    def drop_second(self) -> None:
        """Take the second column away."""
        del self.keys[self.second]
        if self.first > self.second:
            self.first -= 1
        self.second = next(i for i in range(len(self.keys)) if i != self.first)
