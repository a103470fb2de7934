"""The state of the comparison screen: its columns, the two that are compared, and the result."""

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
    """`keys` name the columns; `columns` are those that were read; `first` and `second` index them.

    With `only` the screen lists only rows that differ. `row` is an index among the listed rows.
    `texts` is the reasoning of the two columns in the row `texts_of`.
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
        """The targets that columns without targets are scored against."""
        options = versus_options(self.columns)
        return options[self.versus_number % len(options)] if options else ()

    @property
    def current(self) -> PairedRow | None:
        """The current row; None if no row is listed."""
        digest = self.digest
        if digest is None or not digest.shown:
            return None
        return digest.paired.rows[digest.shown[min(self.row, len(digest.shown) - 1)]]

    def take(self, digest: Digest) -> None:
        """Take a new digest; the reasoning of its row must be read again."""
        self.digest = digest
        self.row = max(0, min(self.row, len(digest.shown) - 1))
        self.texts_of, self.texts = None, ("", "")

    def pick(self, index: int) -> bool:
        """Take that column as the second, swapping if it is the first; False if there is none."""
        if index >= len(self.columns):
            return False
        if index == self.first:
            self.first = self.second
        self.second = index
        return True

    def drop_second(self) -> None:
        """Remove the second column."""
        del self.keys[self.second]
        if self.first > self.second:
            self.first -= 1
        self.second = next(i for i in range(len(self.keys)) if i != self.first)
