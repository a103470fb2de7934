"""Comparison: columns of any runs, two of them in a paired table and with their reasons."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal
from textual.content import Content

from align_tui.core.column_names import model_beside
from align_tui.core.text.display import one_line
from align_tui.tui.format import comparison
from align_tui.tui.format.comparison import Digest
from align_tui.tui.format.difference import difference_lines
from align_tui.tui.format.footer import Key, compare_keys
from align_tui.tui.format.glyphs import Glyphs
from align_tui.tui.format.styled_text import Line
from align_tui.tui.keymap import keys_of
from align_tui.tui.screens.base_screen import BaseScreen
from align_tui.tui.screens.compare.comparison import ColumnKey, ComparisonWork
from align_tui.tui.widgets.lines import Lines
from align_tui.tui.widgets.listing import ScenarioList
from align_tui.tui.widgets.panel import ScenarioPanel

if TYPE_CHECKING:
    from align_tui.core.columns import PairedRow

MAX_COLUMNS = 16


class CompareScreen(BaseScreen):
    """Shows a digest; what is worked out is the Work's, in the desk's thread."""

    # Textual takes a list too; its base says a string.
    CSS_PATH: ClassVar[list[str]] = ["../base_screen.tcss", "compare.tcss"]  # type: ignore[assignment]
    SECTION: ClassVar[str] = "compare"  # of a keymap file
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "step(1)", "next row", id="compare.next_row"),
        Binding("k,up", "step(-1)", "previous row", id="compare.previous_row"),
        Binding("g", "go(0)", "first row", id="compare.first_row"),
        Binding("G", "go(-1)", "last row", id="compare.last_row"),
        Binding(
            "n",
            "next(1)",
            "next row in which the two chose differently",
            id="compare.next_difference",
        ),
        Binding("N", "next(-1)", "previous such row", id="compare.previous_difference"),
        Binding("o", "only", "list only those rows, or all", id="compare.only_differences"),
        Binding(
            "tab", "second(1)", "another second column", priority=True, id="compare.next_column"
        ),
        Binding(
            "shift+tab",
            "second(-1)",
            "another second column, backwards",
            priority=True,
            id="compare.previous_column",
        ),
        *(
            Binding(str(n), f"pick({n - 1})", f"column {n} as the second", id=f"compare.column_{n}")
            for n in range(1, 10)
        ),
        Binding("x", "swap", "swap the two columns", id="compare.swap"),
        Binding("plus,equals_sign", "add", "add a column, from any run", id="compare.add"),
        Binding("minus", "remove", "take the second column away", id="compare.remove"),
        Binding(
            "d",
            "discriminating",
            "count all scored rows, or discriminating ones",
            id="compare.discriminating",
        ),
        Binding(
            "t",
            "versus",
            "next target that columns without one are scored against",
            id="compare.comparison_target",
        ),
        Binding(
            "s",
            "settings",
            "the settings of all columns, differing ones first",
            id="compare.settings",
        ),
        Binding("pageup", "page(-1)", "scroll both texts up", id="compare.page_up"),
        Binding("pagedown", "page(1)", "scroll both texts down", id="compare.page_down"),
        Binding("question_mark", "help", "help", id="compare.help"),
        Binding("escape,q,c", "back", "back", id="compare.back"),
    ]

    def __init__(
        self, database: Path, keys: Sequence[ColumnKey], first: int, second: int, glyphs: Glyphs
    ) -> None:
        super().__init__(database, glyphs)
        self.work = ComparisonWork(self, list(keys), first, second)
        self.row = 0  # place in the listed rows
        self.texts: tuple[str, str] = ("", "")
        self._asked: PairedRow | None = None  # the row whose texts were asked for
        self.title_bar = Lines(classes="title")
        self.columns, self.table = Lines(id="columns"), Lines(id="table")
        self.rows = ScenarioList(id="rows")
        self.rows.add_class("rows")
        self.sides = (ScenarioPanel(id="one"), ScenarioPanel(id="other"))
        for side in self.sides:
            side.add_class("text")

    def compose(self) -> ComposeResult:
        """Columns and table above, rows and the two texts below."""
        yield self.title_bar
        yield self.columns
        yield self.table
        with Container(id="below"):
            yield self.rows
            with Horizontal(id="sides"):
                yield from self.sides
        yield self.keys

    def on_mount(self) -> None:
        """Read the columns."""
        self.title_bar.paint([((" reading the columns", "quiet"),)])
        self.work.read()
        self.paint_keys()

    def on_resize(self) -> None:
        """Other measures."""
        self.call_after_refresh(self.repaint)

    # Painting

    @property
    def digest(self) -> Digest | None:
        """What is shown, once it is worked out."""
        return self.work.digest

    def current(self) -> PairedRow | None:
        """The row that is looked at."""
        digest = self.digest
        if digest is None or not digest.shown:
            return None
        return digest.paired.rows[digest.shown[min(self.row, len(digest.shown) - 1)]]

    def arrived(self) -> None:
        """There is another digest."""
        digest = self.digest
        assert digest is not None
        self.row = max(0, min(self.row, len(digest.shown) - 1))
        self._asked, self.texts = None, ("", "")
        self.repaint()

    def repaint(self) -> None:
        """Everything."""
        digest = self.digest
        if digest is None or not self.is_attached:
            return
        width, height = self.size
        wide = width >= comparison.LIST_WIDTH
        self.set_class(wide, "-wide")
        a, b = digest.comparison.a, digest.comparison.b
        lines = comparison.column_lines(digest, a, b, width, max(2, height // 5 - 1), self.glyphs)
        self.columns.styles.height = len(lines)
        self.columns.paint(lines)
        work = self.work
        self.title_bar.paint(
            (comparison.title_line(digest, work.discriminating, work.only, width, self.glyphs),)
        )
        table = comparison.table_lines(digest, width, self.glyphs)[: 4 if height >= 20 else 2]
        self.table.styles.height = len(table)
        self.table.paint(table)
        self.rows.styles.height = "100%" if wide else max(4, (height - len(lines) - 6) // 2)
        self.rows.styles.width = max(44, width // 3) if wide else "100%"
        self._paint_rows(digest, int(width if not wide else max(44, width // 3)) - 2)
        self._paint_texts(digest)
        self.paint_keys()

    def _paint_rows(self, digest: Digest, width: int) -> None:
        def make(place: int) -> Line:
            current = place == self.row
            return comparison.row_line(
                digest.shown[place], digest, current=current, width=width, glyphs=self.glyphs
            )

        header = comparison.row_header(digest, width, self.glyphs)
        self.rows.border_title = Content("rows that differ" if self.work.only else "rows")
        said = "none: they chose the same" if self.work.only else "no scenario is in all columns"
        self.rows.empty = (((f" {said}", "quiet"),),)
        self.rows.fill(range(len(digest.shown)), self.row, header, make)

    def _paint_texts(self, digest: Digest) -> None:
        row = self.current()
        if row is not self._asked:
            self._asked, self.texts = row, ("", "")
            if row is not None:
                self.work.read_texts(row)
        widths = tuple(max(10, side.size.width - 5) for side in self.sides)
        pair = difference_lines(self.texts, (widths[0], widths[1]), self.glyphs)
        compared = (digest.comparison.a, digest.comparison.b)
        for side, index, lines, width in zip(self.sides, compared, pair, widths, strict=True):
            column = digest.paired.columns[index]
            model = one_line(model_beside(column.name, column.model))
            below: Line = ((model, "quiet"),) if model else ()
            head: tuple[Line, ...] = ()
            if row is not None:
                head = (comparison.chosen_line(row, index, digest, width, self.glyphs), ())
            title = ((f"{index + 1} ", "key"), (one_line(column.name), "title"))
            side.show((*head, *lines), title, below, self.row)

    def show_texts(self, row: PairedRow, texts: tuple[str, str]) -> None:
        """The two reasons of a row have been read."""
        if row is self._asked and self.digest is not None:
            self.texts = texts
            self._paint_texts(self.digest)

    def key_list(self) -> list[Key]:
        """The keys of this screen."""
        return compare_keys(keys_of(self), self.glyphs, only=self.work.only)

    # Keys

    def action_step(self, by: int) -> None:
        """Another row."""
        if self.digest is not None:
            self.row = max(0, min(len(self.digest.shown) - 1, self.row + by))
            self.repaint()

    def action_go(self, row: int) -> None:
        """The first or the last row."""
        if self.digest is not None:
            self.row = row if row >= 0 else max(0, len(self.digest.shown) - 1)
            self.repaint()

    def on_scenario_list_chosen(self, message: ScenarioList.Chosen) -> None:
        """A line was clicked."""
        self.action_go(message.scenario)

    def action_next(self, step: int) -> None:
        """The next row in which the two chose differently."""
        if self.digest is None:
            return
        found = comparison.next_difference(self.digest, self.row, step)
        if found is None:
            self.say("the two columns chose the same wherever both decided")
        else:
            self.action_go(found)

    def action_only(self) -> None:
        """All rows, or those that differ."""
        self.work.only = not self.work.only
        self.row = 0
        self.work.work_out()

    def action_second(self, by: int) -> None:
        """Another second column."""
        count = len(self.work.columns)
        if count > 2 or (count == 2 and self.work.first == self.work.second):
            second = (self.work.second + by) % count
            self.action_pick(second if second != self.work.first else (second + by) % count)

    def action_pick(self, index: int) -> None:
        """That column as the second; the first one where it is the first."""
        if index < len(self.work.columns):
            if index == self.work.first:
                self.work.first = self.work.second
            self.work.second = index
            self.work.work_out()

    def action_swap(self) -> None:
        """The other way round."""
        self.work.first, self.work.second = self.work.second, self.work.first
        self.work.work_out()

    def action_discriminating(self) -> None:
        """Which rows are counted."""
        self.work.discriminating = not self.work.discriminating
        self.work.work_out()

    def action_versus(self) -> None:
        """The next target."""
        self.work.next_versus()

    def action_add(self) -> None:
        """A column of any run."""
        if len(self.work.columns) >= MAX_COLUMNS:
            self.say(f"no more than {MAX_COLUMNS} columns fit")
        else:
            self.work.offer_columns()

    def action_remove(self) -> None:
        """Take the second column away."""
        if len(self.work.columns) < 3:
            self.say("two columns are the least that can be compared")
        else:
            self.work.remove()

    def action_settings(self) -> None:
        """All settings side by side."""
        from align_tui.tui.dialogs.help import MessageDialog
        from align_tui.tui.format.settings import settings_text

        text = settings_text(self.work.columns, self.glyphs)
        self.app.push_screen(MessageDialog("settings of the columns", text, self.glyphs.ascii))

    def action_page(self, step: int) -> None:
        """Scroll both texts."""
        for side in self.sides:
            if step > 0:
                side.scroll_page_down(animate=False)
            else:
                side.scroll_page_up(animate=False)
