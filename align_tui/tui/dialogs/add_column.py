"""The dialog to pick a profile as another column: from the library, a file, or a removed one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from align_tui.core.text.display import one_line
from align_tui.tui.dialogs.pick import Item, PickDialog
from align_tui.tui.format.glyphs import Glyphs
from align_tui.tui.format.library import Offer, offer_lines, offer_words


class AddColumnDialog(PickDialog):
    """Returns the key of an offer or the path of a profile file, or None."""

    SECTION: ClassVar[str] = "add_column"  # of a keymap file

    HINT = "type to narrow down, or the path of a profile file"
    BOX = "box wide"
    TAKES = "add it"

    def __init__(self, offers: Sequence[Offer], glyphs: Glyphs) -> None:
        lines = offer_lines(offers, glyphs.more)
        items = [
            Item(offer.key, line, offer_words(offer))
            for offer, line in zip(offers, lines, strict=True)
        ]
        super().__init__("add a column", items, glyphs)

    def look_for(self, query: str) -> None:
        """Find offers that have all the words, matching names first; also offer a typed path."""
        super().look_for(query)
        named = query.casefold()
        self.found = tuple(
            sorted(self.found, key=lambda item: named not in item.line[1][0].casefold())
        )
        if query.endswith(".toml") or "/" in query or "\\" in query:
            line = (("  ", ""), (one_line(query, 400), "bright"), ("  a profile file", "quiet"))
            self.found = (*self.found, Item(query, line))
