"""The dialog to pick one of several lines, which typed words narrow down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from align_tui.tui.dialogs.finder import FinderDialog
from align_tui.tui.format.glyphs import Glyphs
from align_tui.tui.format.styled_text import Line, cells, cut, text_of


@dataclass(frozen=True, slots=True)
class Item:
    """A line to pick, and the key that the dialog returns for it.

    The dialog shows `whole` below the list where it has to cut the line.
    """

    key: str
    line: Line
    whole: str = ""


class PickDialog(FinderDialog[str]):
    """Returns the key of the chosen item, or None."""

    SECTION: ClassVar[str] = "pick"  # of a keymap file

    HINT = "type to narrow down"
    BOX: ClassVar[str] = "box"

    def __init__(self, title: str, items: Sequence[Item], glyphs: Glyphs) -> None:
        super().__init__(glyphs, title, box=self.BOX)
        self._items = self.found = tuple(items)

    def look_for(self, query: str) -> None:
        """Keep the lines that have all the words."""
        words = query.casefold().split()
        self.found = tuple(
            item
            for item in self._items
            if all(word in text_of(item.line).casefold() for word in words)
        )

    def count(self) -> int:
        """The number of lines that are left."""
        return len(self.found)

    def head(self) -> tuple[Line, ...]:
        """Why there is no line, if there is none."""
        if self.found:
            return ()
        why = "no line has all of these words" if self._items else "there is nothing to choose"
        return (((why, "quiet"),),)

    def is_cut(self, number: int, width: int) -> bool:
        """True if the item's line is wider."""
        return cells(self.found[number].line) > width

    def detail(self, number: int) -> str:
        """The item's own words, or else its line."""
        item = self.found[number]
        return item.whole or " ".join(text_of(item.line).split())

    def row(self, number: int, width: int) -> Line:
        """The item's line."""
        return cut(self.found[number].line, width, self.glyphs.more)

    def take(self, number: int) -> None:
        """Return the item's key."""
        self.dismiss(self.found[number].key)
