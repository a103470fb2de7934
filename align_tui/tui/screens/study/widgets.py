"""The widgets of the study screen and their layout; the presenter paints on them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from textual.containers import Container, Horizontal, Vertical
from textual.content import Content
from textual.geometry import Size
from textual.widgets import Static

from align_tui.tui.format.layout import MIN_HEIGHT, MIN_WIDTH, Layout
from align_tui.tui.keymap import keys_of
from align_tui.tui.widgets.lines import Lines
from align_tui.tui.widgets.listing import ScenarioList
from align_tui.tui.widgets.pane import Pane
from align_tui.tui.widgets.panel import ScenarioPanel

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.screen import Screen

    from align_tui.tui.format.key_names import KeyNames


class StudyWidgets:
    """The widgets of one screen; `repaint` is called after a new layout has been applied."""

    def __init__(self, screen: Screen[None], profiles: int, repaint: Callable[[], None]) -> None:
        self.screen, self._repaint = screen, repaint
        self._will_repaint = False
        self.status, self.tabs = Lines(id="status"), Lines(id="tabs")
        self.transport, self.keys = Lines(id="transport"), Lines(id="keys")
        self.tallies = Lines(id="tallies")
        self.listing, self.panel = ScenarioList(id="list"), ScenarioPanel(id="panel")
        self.panes = [Pane(index, self._resized) for index in range(profiles)]
        self.grid = Container(*self.panes, id="panes")
        self.trouble = Static("", id="trouble", markup=False)

    @property
    def size(self) -> Size:
        """The size of the screen; before the first layout, the size that it will get."""
        return self.screen.size or self.screen.app.size

    @property
    def names(self) -> KeyNames:
        """The names of the screen's keys in the user's keymap."""
        return keys_of(self.screen)

    def compose(self) -> ComposeResult:
        """Status above, list and panes in the middle, overview and keys below."""
        small = f"The screen needs {MIN_WIDTH} x {MIN_HEIGHT} cells: please enlarge the terminal."
        yield Static(small, id="small", markup=False)
        yield self.status
        with Horizontal(id="body"):
            yield self.listing
            with Vertical(id="main"):
                yield self.panel
                yield self.tabs
                yield self.grid
        yield self.tallies
        yield self.transport
        yield self.keys
        yield self.trouble

    def set_small(self, small: bool) -> None:
        """Show only the hint that the terminal is too small, or everything."""
        self.screen.set_class(small, "-small")

    def show_trouble(self, text: str) -> None:
        """Show an error over the screen; an empty text closes it."""
        if text:
            self.trouble.update(Content(text))
        self.screen.set_class(bool(text), "-trouble")

    def _resized(self) -> None:
        """Repaint once after all panes that change in one layout have their new sizes."""
        if not self._will_repaint:
            self._will_repaint = True
            self.screen.call_later(self._repaint_resized)

    def _repaint_resized(self) -> None:
        self._will_repaint = False
        self._repaint()

    def apply(self, layout: Layout) -> None:
        """Give the widgets the sizes of the layout."""
        low, grid = layout.height < 28, layout.grid
        self.screen.set_class(low, "-low")
        self.listing.display = layout.list_kind != "hidden"
        self.listing.styles.width = layout.list_width
        self.panel.styles.height = layout.scenario_height
        self.panel.can_focus = False
        self.tallies.styles.height = layout.overview_height + (0 if low else 1)
        self.tabs.display = grid.tabs
        self.grid.styles.grid_size_columns = grid.columns
        self.grid.styles.grid_size_rows = grid.rows
        for index, pane in enumerate(self.panes):
            pane.display = index in grid.panes
            if pane.display:
                pane.styles.column_span = grid.spans[grid.panes.index(index)]
        self.screen.call_after_refresh(self._repaint)
