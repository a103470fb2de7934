"""What an encoder-decoder model reads for each task: Kaleido's own templates, or ours.

Kaleido's config has a template and the names of its blanks for each of its four tasks, under
`task_specific_params`. A model without them (any other T5) reads templates of this program.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from align_tui.core.errors import BackboneError
from align_tui.core.statements import Statement, StatementKind

Task = Literal["generate", "relevance", "valence", "explanation"]
NAMES: Final[dict[StatementKind, str]] = {"value": "Value", "right": "Right", "duty": "Duty"}
"""The model's word for each kind of statement."""
LONGEST: Final = 4_000
"""The most characters of a template."""


@dataclass(frozen=True, slots=True)
class Template:
    """A text with blanks: `blanks` are filled in order with action, kind and statement."""

    text: str
    blanks: tuple[str, ...]

    def fill(self, action: str, statement: Statement | None = None) -> str:
        """The text with its blanks filled, all at once: what fills a blank is never a blank."""
        values = [action]
        if statement is not None:
            values += [NAMES[statement.kind], statement.text]
        found = dict(zip(self.blanks, values, strict=False))
        pattern = "|".join(re.escape(each) for each in sorted(found, key=len, reverse=True))
        return re.sub(pattern, lambda match: found[match[0]], self.text)


_BLANKS: Final = ("ACTION", "KIND", "STATEMENT")
OURS: Final[dict[Task, Template]] = {
    "generate": Template("Name a value, right or duty that bears on this: ACTION", _BLANKS[:1]),
    "relevance": Template(
        "Does it bear on the action? Yes or No. Action: ACTION KIND: STATEMENT", _BLANKS
    ),
    "valence": Template(
        "How does it see the action? Supports, Opposes or Either. Action: ACTION KIND: STATEMENT",
        _BLANKS,
    ),
    "explanation": Template(
        "Explain how it bears on the action. Action: ACTION KIND: STATEMENT", _BLANKS
    ),
}
NO_TEMPLATES: Final = (
    "its config has no templates of Kaleido, so it reads templates of this program"
)


def templates_of(config: object, name: str) -> tuple[dict[Task, Template], tuple[str, ...]]:
    """(the templates of a model by task, notes); raises BackboneError for unusable ones.

    `config` is the model's config, which may come from anyone; `name` is the model's for messages.
    """
    given = getattr(config, "task_specific_params", None)
    if not isinstance(given, Mapping) or not set(OURS) <= set(given):
        return dict(OURS), (NO_TEMPLATES,)
    return {task: _read(task, given[task], name) for task in OURS}, ()


def _read(task: Task, given: Any, name: str) -> Template:
    text = given.get("template") if isinstance(given, Mapping) else None
    blanks = given.get("args") if isinstance(given, Mapping) else None
    needed = len(OURS[task].blanks)
    fits = (
        isinstance(text, str)
        and isinstance(blanks, list)
        and len(blanks) == needed
        and all(isinstance(each, str) and each and each in text for each in blanks)
        and len(text) <= LONGEST
    )
    if not fits:
        raise BackboneError(
            f"The template of {name} for {task!r} cannot be used",
            f"config.json needs `template` (text) and `args` (its {needed} blanks) under "
            f"task_specific_params.{task}.",
        )
    return Template(str(text), tuple(map(str, blanks or ())))
