"""The reply that is asked of a model: its JSON schema, reading it whole, and reading it half."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from align_tui.core.decisions import ReasoningOrder
from align_tui.core.errors import ReplyError
from align_tui.core.strict_json import read_json
from align_tui.core.text.repair import storable
from align_tui.core.types import Json, JsonObject

REASONING, CHOICE = "reasoning", "choice"
CHOICE_MARK = f'"{CHOICE}":"'
RESTART = "\0"
"""Marks in a stream of text where a reply is begun anew: it was cut and asked for again."""
THINKING, THOUGHT = "\x02", "\x03"
"""What a model thought before its reply stands between these two, in front of it."""
_MARKS = re.compile(f"[{RESTART}{THINKING}{THOUGHT}]")
_STRING_START = re.compile(r'"reasoning"\s*:\s*"')
_CHOICE_START = re.compile(r'"choice"\s*:\s*"')
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", '"': '"', "\\": "\\", "/": "/"}


def decision_schema(
    choices: Sequence[str],
    order: ReasoningOrder = "before",
    max_chars: int = 512,
    given: str | None = None,
    goes_on: bool = False,
) -> JsonObject:
    """JSON schema of a reply: the reasoning (capped in characters) and the choice as an enum.

    The order of the properties is the order in which they are written. `given` reasoning is all
    that may be written before the choice or, when it `goes_on`, what it has to begin with.
    """
    reasoning: dict[str, Json] = {"type": "string", "minLength": 1, "maxLength": max_chars}
    if given is not None and goes_on:
        reasoning = {"type": "string", "pattern": f"^{_literal(given)}(?s:.){{0,{max_chars}}}$"}
    elif given is not None:
        reasoning = {"type": "string", "enum": [given]}
    choice: dict[str, Json] = {"type": "string", "enum": list(choices)}
    parts: dict[str, Json] = {CHOICE: choice}
    if order == "before":
        parts = {REASONING: reasoning, CHOICE: choice}
    elif order == "after":
        parts = {CHOICE: choice, REASONING: reasoning}
    return {
        "type": "object",
        "properties": parts,
        "required": list(parts),
        "additionalProperties": False,
    }


def reasoning_cap(schema: JsonObject) -> int:
    """The most characters of reasoning that a reply's schema allows; 0 where it does not say."""
    properties = schema.get("properties")
    reasoning = properties.get(REASONING) if isinstance(properties, Mapping) else None
    cap = reasoning.get("maxLength") if isinstance(reasoning, Mapping) else None
    return cap if isinstance(cap, int) else 0


def _literal(text: str) -> str:
    """The text as a pattern of JSON Schema that only it matches."""
    return re.sub(r"[\\^$.|?*+(){}\[\]]", r"\\\g<0>", text)


def without_marks(text: str) -> str:
    """Text of a model without the characters that mean something in a stream of ours."""
    return _MARKS.sub("\ufffd", text)


def with_thinking(thinking: str, reply: str) -> str:
    """A reply with what was thought before it in front; nothing is added where nothing was."""
    return f"{THINKING}{thinking}{THOUGHT}{reply}" if thinking else reply


def split_thinking(text: str) -> tuple[str, str]:
    """(what the model thought, its reply) of a text, finished or not; RESTART voids all before."""
    text = text.rpartition(RESTART)[2]
    if not text.startswith(THINKING):
        return "", text
    thinking, _, reply = text[1:].partition(THOUGHT)
    return thinking, reply


def read_reply(text: str, choices: Sequence[str], order: ReasoningOrder) -> tuple[int, str]:
    """(choice index, reasoning) of a whole reply; raises ReplyError with what is wrong.

    Every reply is checked here, whoever promised to have constrained it. Where no reasoning is
    asked for, what the model thought before its reply is its reasoning.
    """
    thinking, text = split_thinking(text)
    try:
        body = read_json(text)
    except (ValueError, RecursionError) as error:
        raise ReplyError(f"The reply is not JSON ({error}): {text[:80]!r}") from error
    if not isinstance(body, dict):
        raise ReplyError(f"The reply is not a JSON object: {text[:80]!r}")
    choice, reasoning = body.get(CHOICE), body.get(REASONING, "")
    if not isinstance(choice, str) or choice not in choices:
        raise ReplyError(f"The reply chooses {str(choice)[:80]!r}, which is none of the choices")
    if not isinstance(reasoning, str) or (order != "none" and not reasoning.strip()):
        raise ReplyError("The reply gives no reasoning")
    if order == "none":
        reasoning = reasoning or thinking.strip()
    return list(choices).index(choice), storable(reasoning)


def reasoning_so_far(text: str) -> str:
    """The reasoning in an unfinished reply, unescaped as far as it has come; '' before it.

    A NUL marks where a reply was begun anew (it was cut and asked for again).
    """
    text = split_thinking(text)[1]
    start = _STRING_START.search(text)
    if start is None:
        return ""
    out: list[str] = []
    i = start.end()
    while i < len(text) and text[i] != '"':
        if text[i] != "\\":
            out.append(text[i])
            i += 1
        elif i + 1 >= len(text):
            break
        elif text[i + 1] == "u":
            digits = text[i + 2 : i + 6]
            if not re.fullmatch(r"[0-9a-fA-F]{4}", digits):
                break
            out.append(chr(int(digits, 16)))
            i += 6
        else:
            out.append(_ESCAPES.get(text[i + 1], text[i + 1]))
            i += 2
    return storable("".join(out))


def choice_start(text: str, order: ReasoningOrder) -> int | None:
    """Where the text of the choice begins in a reply, or None when it has none.

    Inside a string the quotes are escaped, so the mark cannot be part of the reasoning.
    """
    begin = text.find(THOUGHT) + 1 if text.startswith(THINKING) else 0
    found = list(_CHOICE_START.finditer(text, begin))
    if not found:
        return None
    return (found[-1] if order == "before" else found[0]).end()
