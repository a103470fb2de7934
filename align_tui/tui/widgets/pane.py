"""A pane: one decision-maker's reasoning and decision on the shown scenario."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.widget import Widget

from align_tui.tui.view.decision import FOOT
from align_tui.tui.view.panes import PaneView
from align_tui.tui.widgets.edged import Edged
from align_tui.tui.widgets.lines import Lines
from align_tui.tui.widgets.prose import Prose


class Pane(Edged, Vertical, can_focus=True):
    """The pane of one profile."""

    DEFAULT_CSS = """
    Pane > .foot { height: 3; }
    """

    def __init__(self, profile: int) -> None:
        super().__init__(id=f"pane-{profile}", classes="pane")
        self.profile = profile
        self._view: PaneView | None = None
        self._document: VerticalScroll | None = None
        self._prose = Prose()
        self._foot = Lines(classes="foot")
        self._foot.styles.height = FOOT

    def compose(self) -> ComposeResult:
        """Reasoning above, decision below."""
        yield self._prose
        yield self._foot

    def paint(self, view: PaneView) -> None:
        """Show this; only what differs is painted."""
        old = self._view
        if view == old:
            return
        self._view = view
        self.entitle(view.title, view.subtitle)
        self._foot.paint(view.foot)
        self._prose.show(view.text, view.key, view.cursor, "quiet" if view.quiet else "")
        before = (old.markdown, old.key, old.text) if old is not None else (False, None, "")
        if (view.markdown, view.key, view.text) != before:
            self._show_document(view.text if view.markdown else None)

    def _show_document(self, text: str | None) -> None:
        """Markdown in place of the plain text, once the text is whole."""
        if self._document is not None:
            self._document.remove()
            self._document = None
        self._prose.display = text is None
        if text is not None:
            from textual.widgets import Markdown

            self._document = VerticalScroll(
                Markdown(text, open_links=False), can_focus=False, classes="document"
            )
            self.mount(self._document, before=self._foot)

    @property
    def scroller(self) -> Widget:
        """What page up and down move."""
        return self._document if self._document is not None else self._prose
