"""Inside a decision: everything that was sent and everything that came back."""

from __future__ import annotations

from align_tui.tui.screens.help import TextScreen


class InsideScreen(TextScreen):
    """Prompt, raw reply, schema, seed and timings of one decision."""

    def __init__(self, text: str, ascii_only: bool) -> None:
        super().__init__("inside this decision", text, ascii_only)
