"""What a message of a server says, however it is shaped: reply, thinking and refusal apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

THINKING_KEYS = ("reasoning_content", "reasoning", "thinking", "reasoning_details", "thought")
"""Where servers put what a model thinks. Some say the same under two of them: the first counts."""
_THINKING_TYPES = ("think", "reason", "thought", "analysis")
_TEXT_KEYS = ("text", "content", "thinking", "reasoning", "summary", "value", "refusal")


@dataclass(frozen=True, slots=True)
class Said:
    """The text of a message, or what a chunk adds to it."""

    text: str = ""
    thinking: str = ""
    refusal: str = ""


def said(message: Mapping[str, Any]) -> Said:
    """What a message says: texts may be strings, lists of parts, parts, or null."""
    text, thinking, refusal = _parted(message.get("content"))
    for key in THINKING_KEYS:
        if told := _text_of(message.get(key)):
            thinking = told
            break
    return Said(text, thinking, _text_of(message.get("refusal")) or refusal)


def _parted(content: object) -> tuple[str, str, str]:
    """(text, thinking, refusal) of a content."""
    if isinstance(content, str):
        return content, "", ""
    texts, thoughts, refusals = [], [], []
    for part in content if isinstance(content, list) else [content]:
        kind = str(part.get("type", "")).lower() if isinstance(part, Mapping) else ""
        if kind.startswith(_THINKING_TYPES):
            thoughts.append(_text_of(part))
        elif kind == "refusal":
            refusals.append(_text_of(part))
        else:
            texts.append(_text_of(part))
    return "".join(texts), "".join(thoughts), "".join(refusals)


def _text_of(value: object, depth: int = 0) -> str:
    """All text of a string, a part or a list of parts; what is no text counts for nothing."""
    if isinstance(value, str):
        return value
    if depth > 8:
        return ""
    if isinstance(value, list):
        return "".join(_text_of(part, depth + 1) for part in value)
    if isinstance(value, Mapping):
        return next((t for key in _TEXT_KEYS if (t := _text_of(value.get(key), depth + 1))), "")
    return ""
