"""Actions on the compared columns: choose, swap, add and remove them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from align_tui.core.column_names import model_beside
from align_tui.core.text.display import one_line
from align_tui.monitor.columns import ColumnKey, OfferedColumn, list_columns
from align_tui.tui.dialogs.pick import Item, PickDialog

if TYPE_CHECKING:
    from align_tui.monitor.rows import Database
    from align_tui.tui.screens.compare.host import CompareHost
    from align_tui.tui.screens.compare.reading import ComparisonReading
    from align_tui.tui.screens.compare.state import ComparisonState

MAX_COLUMNS = 16


class ComparedColumns:
    """Changes the columns and computes the comparison again."""

    def __init__(
        self, state: ComparisonState, reading: ComparisonReading, host: CompareHost
    ) -> None:
        self.state, self.reading, self.host = state, reading, host

    def turn_second(self, by: int) -> None:
        """Take the next or previous column as the second."""
        state, count = self.state, len(self.state.columns)
        if count > 2 or (count == 2 and state.first == state.second):
            second = (state.second + by) % count
            self.pick(second if second != state.first else (second + by) % count)

    def pick(self, index: int) -> None:
        """Take that column as the second."""
        if self.state.pick(index):
            self.reading.work_out()

    def swap(self) -> None:
        """Swap the two columns."""
        self.state.first, self.state.second = self.state.second, self.state.first
        self.reading.work_out()

    def add(self) -> None:
        """Let the user pick a column from all profiles of all runs."""
        if len(self.state.columns) >= MAX_COLUMNS:
            self.host.say(f"a comparison holds at most {MAX_COLUMNS} columns")
            return
        keys = self.state.keys

        def job(db: Database) -> list[Item]:
            return [_item(offered) for offered in list_columns(db) if offered.key not in keys]

        def then(items: list[Item]) -> None:
            self.host.ask(PickDialog("add a column", items, self.host.glyphs), self._picked)

        self.host.do(job, then, holds=True)

    def _picked(self, key: str | None) -> None:
        if key:
            run, _, profile = key.partition("\n")
            self.state.keys.append(ColumnKey(run, int(profile)))
            self.state.second = len(self.state.keys) - 1
            self.reading.read()

    def remove(self) -> None:
        """Remove the second column."""
        if len(self.state.columns) < 3:
            self.host.say("a comparison needs two columns")
        else:
            self.state.drop_second()
            self.reading.read()

    def settings(self) -> None:
        """Show all settings side by side."""
        from align_tui.tui.dialogs.help import MessageDialog
        from align_tui.tui.format.settings import settings_text

        glyphs = self.host.glyphs
        text = settings_text(self.state.columns, glyphs)
        self.host.open(MessageDialog("settings of the columns", text, glyphs.ascii))


def _item(offered: OfferedColumn) -> Item:
    """The line of a column that the user can add."""
    run, profile = offered.key.run, offered.key.profile
    model = one_line(model_beside(offered.name, offered.model), 26)
    line = (
        (f"{run.rpartition('-')[2]}  ", "key"),
        (f"{one_line(offered.name, 40):<40}  ", "bright"),
        (f"{model:<26}  ", "text"),
        (one_line(offered.study, 60), "quiet"),
    )
    return Item(f"{run}\n{profile}", line)
