"""A pane: one profile's reasoning and decision on the shown scenario."""

from __future__ import annotations

from collections.abc import Callable

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.css.scalar import Scalar
from textual.widget import Widget

from align_tui.tui.format.decision import FOOT
from align_tui.tui.format.panes import PaneView
from align_tui.tui.widgets.edged import Edged
from align_tui.tui.widgets.lines import Lines
from align_tui.tui.widgets.prose import Prose


class Pane(Edged, Vertical, can_focus=True):
    """The pane of one profile."""

    DEFAULT_CSS = """
    Pane > .foot { height: 3; }
    """

    def __init__(self, profile: int, resized: Callable[[], None] = lambda: None) -> None:
        super().__init__(id=f"pane-{profile}", classes="pane")
        self.profile, self._resized = profile, resized
        self._view: PaneView | None = None
        self._document: VerticalScroll | None = None
        self._prose = Prose()
        self._foot = Lines(classes="foot")
        self._foot.styles.height = FOOT

    def compose(self) -> ComposeResult:
        """Reasoning above, decision below."""
        self._foot.display = False
        yield self._prose
        yield self._foot

    def paint(self, view: PaneView) -> None:
        """Show this view, painting only what differs from the last one."""
        old = self._view
        if view == old:
            return
        self._view = view
        self.entitle(view.title, view.subtitle)
        self._show_prose(view)
        self._prose.set_foot(() if view.markdown else view.foot, low=view.low)
        self._show_foot(view)
        if old is None or _document_of(view) != _document_of(old):
            self._show_document(_document_of(view), above=bool(view.above))

    def _show_foot(self, view: PaneView) -> None:
        """Show the foot below a document; below plain text, that text's widget paints it."""
        if self._foot.display != view.markdown:
            self._foot.display = view.markdown
        if view.markdown:
            if self._foot.styles.height != (lines := Scalar.from_number(len(view.foot))):
                self._foot.styles.height = lines
            self._foot.paint(view.foot)
            self._bound_document()

    def _bound_document(self) -> None:
        """A document is as high as its text, and leaves room for the foot."""
        if self._document is not None and self._view is not None:
            rest = len(self._view.foot) + bool(self._view.above)
            self._document.styles.max_height = max(1, self.size.height - rest)

    def on_resize(self) -> None:
        """Give a document the room that there is now; the foot is made again to fit."""
        self._bound_document()
        self._resized()

    def _show_prose(self, view: PaneView) -> None:
        """Show the text with the parts above and below it; for a document only the part above."""
        before = f"{view.above}\n" if view.above and view.text else view.above
        text = before if view.markdown else before + view.text
        loud = range(len(before), len(text))
        if view.below and not view.markdown:
            text += f"\n\n{view.below}"
        style = "quiet" if view.quiet else ""
        self._prose.show(text, view.key, view.cursor, style, loud)

    def _show_document(self, document: tuple[object, str] | None, above: bool) -> None:
        """Show Markdown in place of the plain text, or remove it."""
        if self._document is not None:
            self._document.remove()
            self._document = None
        self._prose.display = document is None or above
        self._prose.styles.height = "1fr" if document is None else 1
        if document is not None:
            from textual.widgets import Markdown

            self._document = VerticalScroll(
                Markdown(document[1], open_links=False), can_focus=False, classes="document"
            )
            self.mount(self._document, before=self._foot)
            self._bound_document()

    def turn_page(self, step: int) -> None:
        """Scroll the text down (1) or up (-1) by what is in sight."""
        if self._document is None:
            self._prose.turn_page(step)
        elif step > 0:
            self._document.scroll_page_down(animate=False)
        else:
            self._document.scroll_page_up(animate=False)

    @property
    def scroller(self) -> Widget:
        """The widget whose ends the keys scroll to."""
        return self._document if self._document is not None else self._prose


def _document_of(view: PaneView) -> tuple[object, str] | None:
    """(key of the text, its Markdown) of a pane that shows a document; else None."""
    if not view.markdown:
        return None
    if not view.below:
        return view.key, view.text
    from align_tui.output.markdown_text import md

    # Notes are plain text, in which a name may hold signs of Markdown.
    notes = "".join(f"\n\n> {md(note)}" for note in view.below.splitlines())
    return view.key, view.text + notes
