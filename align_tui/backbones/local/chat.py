"""Turn messages into the exact tokens that a model sees, with or without a chat template."""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from align_tui.backbones.local.chat_template import render_chat
from align_tui.backbones.local.literal_text import (
    LiteralEncoder,
    bare,
    marks_of_template,
    template_of,
)
from align_tui.backbones.local.thinking import (
    Marks,
    Thinking,
    find_thinking,
    is_open,
)
from align_tui.config.prompts.sandbox import TemplateTrouble
from align_tui.core.decisions import DEFAULT_RENDERING, Message, Rendering, ThinkingMode
from align_tui.core.errors import BackboneError
from align_tui.core.types import JsonObject

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

PLAIN_FORM = (
    "This model has no chat template: its prompt is plain text, with a line for the question and "
    "a line for the answer."
)
_CLOCK = re.compile(r"strftime_now\(\s{0,20}(['\"])(.{0,200}?)\1\s{0,20}\)")
_PROBE = (Message("user", "Who is first?"),)


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a model sees before it writes. `thinks`: the marks of the thinking that it writes first.

    `notes` are sentences for the reader of the decision.
    """

    text: str
    ids: list[int]
    thinks: Marks | None = None
    notes: tuple[str, ...] = ()


@dataclass(eq=False)
class ChatFormat:
    """How one model reads a conversation: its chat template, its thinking and its tokenizer."""

    tokenizer: PreTrainedTokenizerBase
    encoder: LiteralEncoder = field(init=False)
    thinking: Thinking | None = field(init=False)

    def __post_init__(self) -> None:
        self.encoder = LiteralEncoder(self.tokenizer)
        self.thinking = None
        if self.template:
            self.thinking = find_thinking(self.tokenizer, self._probe)

    @property
    def template(self) -> str:
        """The text of the chat template; '' for a model without one."""
        return template_of(self.tokenizer)

    def _probe(self, values: JsonObject) -> str:
        try:
            return self._apply(_PROBE, Rendering(values))
        except (TemplateTrouble, TypeError) as error:
            raise ValueError(str(error)) from error

    def render(
        self,
        messages: Sequence[Message],
        rendering: Rendering = DEFAULT_RENDERING,
        thinking: ThinkingMode = "off",
    ) -> Prompt:
        """The prompt, up to the beginning of the model's turn, with one start token.

        When a template refuses or drops the system turn, its text moves into the first user turn.
        The model reads nothing in a message's text as a control token. Raises BackboneError for a
        template that cannot be used, and for thinking that the model cannot do.
        """
        thinks = self._wanted(thinking)
        guarded = [Message(m.role, self.encoder.guard(m.content)) for m in messages]
        if not self.template:
            text = plain_form(guarded)
            return Prompt(bare(text), self.encoder.encode(text, special=True), None, (PLAIN_FORM,))
        values = {} if self.thinking is None else self.thinking.values(thinks)
        text = self._rendered(guarded, Rendering({**values, **rendering.values}, rendering.date))
        marks = None
        if self.thinking is not None:
            text, marks = _begun(text, self.thinking.marks, thinks)
        # The template writes the start token itself where the model wants one.
        return Prompt(bare(text), self.encoder.encode(text), marks, tuple(self._notes(messages)))

    def _wanted(self, mode: ThinkingMode) -> bool:
        if mode == "on" and self.thinking is None:
            raise BackboneError(
                "decoding.thinking is on, but this model does not think: its chat template has "
                "no marks for thinking",
                "Set decoding.thinking to auto or off.",
            )
        return self.thinking is not None and (
            mode == "on" or (mode == "auto" and self.thinking.by_itself)
        )

    def _rendered(self, messages: Sequence[Message], rendering: Rendering) -> str:
        try:
            try:
                text = self._apply(messages, rendering)
                lost = any(m.role == "system" and m.content.strip() not in text for m in messages)
            except TemplateTrouble as error:
                if error.costly:
                    raise
                lost = True
            except ValueError:
                lost = True
            if lost:
                text = self._apply(fold_system(messages), rendering)
        except (TemplateTrouble, ValueError, TypeError) as error:
            line = getattr(error, "line", None)
            raise BackboneError(
                f"The model's chat template failed: {error}" + (f" (line {line})" if line else ""),
                "Check that the model is made for conversations; the template is in its "
                "tokenizer_config.json or chat_template.jinja.",
            ) from error
        return text

    def _apply(self, messages: Sequence[Message], rendering: Rendering) -> str:
        turns = [{"role": m.role, "content": m.content} for m in messages]
        template = pinned(self.template, rendering.date)
        return render_chat(self.tokenizer, template, turns, rendering.values)

    def _notes(self, messages: Sequence[Message]) -> list[str]:
        mark = marks_of_template(self.template, (m.content for m in messages))
        if not mark or self.encoder.guard(mark) != mark:
            return []  # the guard cuts it, so it is text to the model
        return [
            f"A text of the scenario or profile contains {mark}, which the model's chat template "
            "writes as ordinary text: the model cannot tell the two apart."
        ]


def plain_form(messages: Sequence[Message]) -> str:
    """The turns as one text to continue, for models without a chat template."""
    parts = []
    for message in messages:
        if message.role == "system":
            parts.append(message.content.strip())
        else:
            word = "Question" if message.role == "user" else "Answer"
            parts.append(f"{word}: {message.content.strip()}")
    return "\n\n".join([*parts, "Answer: "]).rstrip(" ") + " "


def fold_system(messages: Sequence[Message]) -> list[Message]:
    """The turns with the system text in the first user turn, for models without that role."""
    system = "\n\n".join(m.content for m in messages if m.role == "system")
    rest = [m for m in messages if m.role != "system"]
    if not system or not rest or rest[0].role != "user":
        return rest
    return [Message("user", f"{system}\n\n{rest[0].content}"), *rest[1:]]


def pinned(template: str, date: str | None) -> str:
    """The template with `date` (at noon) in place of the clock; None leaves it as it is."""
    if date is None or "strftime_now" not in template:
        return template
    day = datetime.datetime.fromisoformat(date).replace(hour=12)
    return _CLOCK.sub(lambda found: repr(day.strftime(found[2])), template)


def _begun(text: str, marks: Marks, thinks: bool) -> tuple[str, Marks | None]:
    """The prompt with the model's turn begun: thinking opened, closed or left out."""
    if thinks:
        if not is_open(text, marks):
            text += marks.opens
        return text, marks
    if is_open(text, marks):  # the template opens thinking in any case
        return f"{text.rstrip()}\n\n{marks.bridge}", None
    if marks.channels and not text.endswith(marks.skip):
        return text + marks.skip, None
    return text, None
