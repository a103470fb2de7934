"""The model's thinking above its reasoning: whole while it is written, then folded to a line."""

from __future__ import annotations

from align_tui.core.text.display import one_line
from align_tui.core.text.plurals import counted
from align_tui.monitor.snapshot import Shown
from align_tui.tui.format.glyphs import Glyphs
from align_tui.tui.format.styled_text import cells, fit_end

LEAST = 24  # cells of the thinking's end, below which only the heading is shown


def is_reasoning(shown: Shown) -> bool:
    """True if the thinking was taken as the reasoning, because the reply has none."""
    ended = shown.status == "done"
    return ended and bool(shown.thinking) and shown.thinking == shown.text.strip()


def thinking_part(shown: Shown, width: int, glyphs: Glyphs, *, unfolded: bool) -> str:
    """The text above the reasoning; "" if the model did not think.

    Folded, it is one line with the length and the end of the thinking.
    """
    if not shown.thinking:
        return ""
    if shown.status == "running" and not shown.text:
        return f"thinking {glyphs.more}\n{shown.thinking}"
    sep = f" {glyphs.sep} "
    head = "thinking"
    if shown.thinking_tokens:
        head += f"{sep}{counted(shown.thinking_tokens, 'token')}"
    if is_reasoning(shown):
        return f"{head}{sep}taken as the reasoning"
    if unfolded:
        return f"{head}\n{shown.thinking}\n"
    room = width - cells(((head + sep, ""),))
    if room < LEAST:
        return head
    # Thinking can be long, so only a part that may fit is folded to one line.
    return head + sep + fit_end(one_line(shown.thinking[-8 * width :]), room, glyphs.more)
