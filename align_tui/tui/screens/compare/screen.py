"""The comparison screen: two columns of any runs in a paired table, with their reasoning."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Horizontal, Vertical

from align_tui.monitor.columns import ColumnKey
from align_tui.tui.acts import bindings, calls
from align_tui.tui.format.comparison import LIST_WIDTH
from align_tui.tui.format.footer import Key, compare_keys
from align_tui.tui.format.glyphs import Glyphs
from align_tui.tui.screens.base_screen import BaseScreen
from align_tui.tui.screens.compare.acts import ACTS, CompareActs
from align_tui.tui.screens.compare.columns import ComparedColumns
from align_tui.tui.screens.compare.looking import ComparisonLooking
from align_tui.tui.screens.compare.presenter import ComparisonPresenter
from align_tui.tui.screens.compare.reading import ComparisonReading
from align_tui.tui.screens.compare.state import ComparisonState
from align_tui.tui.widgets.listing import ScenarioList


class CompareScreen(BaseScreen):
    """Shows the state of a comparison; `acts.py` has its keys."""

    # Textual takes a list too; its base says a string.
    CSS_PATH: ClassVar[list[str]] = ["../base_screen.tcss", "compare.tcss"]  # type: ignore[assignment]
    SECTION: ClassVar[str] = "compare"  # of a keymap file
    BINDINGS: ClassVar[list[BindingType]] = bindings(ACTS)

    def __init__(
        self, database: Path, keys: Sequence[ColumnKey], first: int, second: int, glyphs: Glyphs
    ) -> None:
        super().__init__(database, glyphs)
        self.state = ComparisonState(list(keys), first, second)
        self.presenter = ComparisonPresenter(self.state, glyphs)
        self.reading = ComparisonReading(self.state, self)
        self.looking = ComparisonLooking(self.state, self.reading, self)
        columns = ComparedColumns(self.state, self.reading, self)
        self.calls = calls(ACTS, CompareActs(self.looking, columns, self))

    def compose(self) -> ComposeResult:
        """Columns and table above, rows and the two texts below."""
        shown = self.presenter
        yield shown.title_bar
        yield shown.columns
        yield shown.table
        with Container(id="below"):
            yield shown.rows
            with Vertical(id="beside"):
                yield shown.scenario
                with Horizontal(id="sides"):
                    yield from shown.sides
        yield self.keys

    def on_mount(self) -> None:
        """Read the columns."""
        self.presenter.title_bar.paint([((" reading the columns", "quiet"),)])
        self.reading.read()
        self.paint_keys()

    def on_resize(self) -> None:
        """Lay everything out for the new size."""
        self.call_after_refresh(self.repaint)

    def repaint(self) -> None:
        """Paint the whole screen."""
        digest = self.state.digest
        if digest is None or not self.is_attached:
            return
        width, height = self.size
        self.set_class(width >= LIST_WIDTH, "-wide")
        self.presenter.paint(digest, width, height)
        self._ask_for_texts()
        self.presenter.paint_texts(digest, width)
        self.paint_keys()

    def _ask_for_texts(self) -> None:
        """Read the reasoning of the current row, if it is another row than before."""
        state, row = self.state, self.state.current
        if row is not state.texts_of:
            state.texts_of, state.texts = row, ("", "")
            if row is not None:
                self.reading.read_texts(row)

    def show_texts(self) -> None:
        """Paint the reasoning that was read."""
        if self.state.digest is not None:
            self.presenter.paint_texts(self.state.digest, self.size.width)

    def key_list(self) -> list[Key]:
        """The entries of the line of keys."""
        return compare_keys(self.names, self.glyphs, only=self.state.only)

    def on_scenario_list_chosen(self, message: ScenarioList.Chosen) -> None:
        """Go to the row that was clicked."""
        self.looking.go(message.scenario)

    def scroll_page(self, step: int) -> None:
        """Scroll both texts down (1) or up (-1) by a page."""
        for side in self.presenter.sides:
            if step > 0:
                side.scroll_page_down(animate=False)
            else:
                side.scroll_page_up(animate=False)
