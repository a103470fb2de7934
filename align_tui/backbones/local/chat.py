"""From turns to the exact tokens a model sees: chat templates, and models that have none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from jinja2 import TemplateError

from align_tui.core.decisions import Message
from align_tui.core.errors import BackboneError

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


def fold_system(messages: Sequence[Message]) -> list[Message]:
    """The system text in front of the first user turn, for models without a system role."""
    system = "\n\n".join(m.content for m in messages if m.role == "system")
    rest = [m for m in messages if m.role != "system"]
    if not system or not rest or rest[0].role != "user":
        return rest
    return [Message("user", f"{system}\n\n{rest[0].content}"), *rest[1:]]


def _apply(tokenizer: PreTrainedTokenizerBase, messages: Sequence[Message]) -> str:
    turns = [{"role": m.role, "content": m.content} for m in messages]
    text = tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
    return str(text)


def render(
    tokenizer: PreTrainedTokenizerBase, messages: Sequence[Message]
) -> tuple[str, list[int]]:
    """(the prompt's text, its token ids), with the generation prompt and one start token.

    A template that refuses or drops the system turn gets it folded into the first user turn. A
    model without a chat template gets the texts as paragraphs.
    """
    if not getattr(tokenizer, "chat_template", None):
        text = "\n\n".join(m.content for m in messages) + "\n\n"
        return text, _ids(tokenizer, text, special=True)
    try:
        try:
            text = _apply(tokenizer, messages)
            lost = any(m.role == "system" and m.content.strip() not in text for m in messages)
        except (TemplateError, ValueError):
            lost = True
        if lost:
            text = _apply(tokenizer, fold_system(messages))
    except (TemplateError, ValueError, TypeError) as error:
        raise BackboneError(
            f"The model's chat template cannot be used: {error}",
            "Is this a model for conversations? Its tokenizer_config.json holds the template.",
        ) from error
    # The template writes the start token itself where the model wants one.
    return text, _ids(tokenizer, text, special=False)


def _ids(tokenizer: PreTrainedTokenizerBase, text: str, *, special: bool) -> list[int]:
    return list(tokenizer(text, add_special_tokens=special)["input_ids"])
