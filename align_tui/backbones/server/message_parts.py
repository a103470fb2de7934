"""Separate a server's message, of any known shape, into reply, thinking and refusal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

THINKING_KEYS = ("reasoning_content", "reasoning", "thinking", "reasoning_details", "thought")
"""Keys for a model's thinking. Some servers repeat it under two keys: the first counts."""
_THINKING_TYPES = ("think", "reason", "thought", "analysis")
_TEXT_KEYS = ("text", "content", "thinking", "reasoning", "summary", "value", "refusal")


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of a message, or of what a chunk adds to it."""

    text: str = ""
    thinking: str = ""
    refusal: str = ""


def parts_of(message: Mapping[str, Any]) -> Parts:
    """The parts of a message, whose texts may be strings, parts, lists of parts, or null."""
    text, thinking, refusal = _parts_of_content(message.get("content"))
    for key in THINKING_KEYS:
        if thought := _text_of(message.get(key)):
            thinking = thought
            break
    return Parts(text, thinking, _text_of(message.get("refusal")) or refusal)


def _parts_of_content(content: object) -> tuple[str, str, str]:
    """(text, thinking, refusal) of a message's content."""
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
    """All text of a string, a part or a list of parts; ignores anything else."""
    if isinstance(value, str):
        return value
    if depth > 8:
        return ""
    if isinstance(value, list):
        return "".join(_text_of(part, depth + 1) for part in value)
    if isinstance(value, Mapping):
        return next((t for key in _TEXT_KEYS if (t := _text_of(value.get(key), depth + 1))), "")
    return ""
