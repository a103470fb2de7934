"""The prompt that an edit leads to, as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from align_tui.core.text.display import plain

if TYPE_CHECKING:
    from align_tui.studies.first_prompt import FirstPrompt


def prompt_text(prompt: FirstPrompt) -> str:
    """The turns under their roles, after the note; a model's chat template is not applied."""
    parts = [prompt.note] * bool(prompt.note)
    parts += [f"[{turn.role}]\n{turn.content}" for turn in prompt.turns]
    return plain("\n\n".join(parts))
