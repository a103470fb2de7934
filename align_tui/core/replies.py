"""A model's JSON reply: its schema, and how a finished or unfinished one is read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from align_tui.core.decisions import ReasoningOrder
from align_tui.core.errors import ReplyError
from align_tui.core.partial_json import string_at, values_so_far
from align_tui.core.strict_json import read_json
from align_tui.core.text.repair import storable
from align_tui.core.types import Json, JsonObject, canonical


@dataclass(frozen=True, slots=True)
class ReplyForm:
    """The keys of a reply, whether the choice is its index (from 0), and if blanks may stand in it.

    A blank may stand between the parts of the JSON (`{"a": 1, "b": 2}`), one at a place.
    """

    reasoning: str
    choice: str
    by_index: bool = False
    blanks: bool = False

    def choice_json(self, index: int, choices: Sequence[str]) -> str:
        """The JSON of a choice in a reply."""
        return str(index) if self.by_index else canonical(choices[index])


PLAIN = ReplyForm("reasoning", "choice")
ALIGN = ReplyForm("detailed_reasoning", "action_choice", blanks=True)
NAACL = ReplyForm("Reasoning", "Answer", by_index=True, blanks=True)
FORMS = (PLAIN, ALIGN, NAACL)
"""Every form that a reply may have; a live text is read without knowing which it has."""
REASONING, CHOICE = PLAIN.reasoning, PLAIN.choice
CHOICE_MARK = f'"{CHOICE}":"'
FREE_TEXT: JsonObject = {}
"""In place of a schema: the reply is free text, which is not JSON as a whole."""
CHOICE_BEGINS = re.compile(
    f'"(?:{"|".join(form.choice for form in FORMS if not form.by_index)})"[ ]?:[ ]?"'
)
"""Where the text of a choice begins. JSON escapes quotes inside strings: reasoning has no such."""
LONGEST_MARK = 32
"""No text that `CHOICE_BEGINS` matches is longer."""
RESTART = "\0"
"""Marks in a stream of text where a reply starts again, since the first one was cut."""
THINKING, THOUGHT = "\x02", "\x03"
"""These two enclose the thinking of a model, in front of its reply."""
_MARKS = re.compile(f"[{RESTART}{THINKING}{THOUGHT}]")
_STRING_START = re.compile(rf'"(?:{"|".join(form.reasoning for form in FORMS)})"\s*:\s*"')
WORDS = frozenset({REASONING, "predicted_outcome"})
VALUES = frozenset({"score", "relevant"})
"""The fields of a reply that rates choices: those in words, and the ratings."""
SHOWN_CHOICE = 60  # characters of a choice in front of its rating


def decision_schema(
    choices: Sequence[str],
    order: ReasoningOrder = "before",
    max_chars: int = 512,
    given: str | None = None,
    goes_on: bool = False,
    form: ReplyForm = PLAIN,
) -> JsonObject:
    """The JSON schema of a reply: the reasoning (at most `max_chars`) and the choice as an enum.

    The model writes the properties in the schema's order. If `given` is set, the reasoning must be
    that text; with `goes_on` it must begin with it.
    """
    reasoning: dict[str, Json] = {"type": "string", "minLength": 1, "maxLength": max_chars}
    if given is not None and goes_on:
        reasoning = {"type": "string", "pattern": f"^{_literal(given)}(?s:.){{0,{max_chars}}}$"}
    elif given is not None:
        reasoning = {"type": "string", "enum": [given]}
    choice: dict[str, Json] = {"type": "string", "enum": list(choices)}
    if form.by_index:
        told = "; ".join(f"({index}) {text}" for index, text in enumerate(choices))
        choice = {"type": "integer", "enum": list(range(len(choices))), "description": told}
    parts: dict[str, Json] = {form.choice: choice}
    if order == "before":
        parts = {form.reasoning: reasoning, form.choice: choice}
    elif order == "after":
        parts = {form.choice: choice, form.reasoning: reasoning}
    return {
        "type": "object",
        "properties": parts,
        "required": list(parts),
        "additionalProperties": False,
    }


def decision_reply(
    choices: Sequence[str],
    index: int,
    reasoning: str,
    order: ReasoningOrder = "before",
    form: ReplyForm = PLAIN,
) -> JsonObject:
    """A reply that fits `decision_schema`, with its keys in the schema's order."""
    choice: Json = index if form.by_index else choices[index]
    if order == "none":
        return {form.choice: choice}
    if order == "after":
        return {form.choice: choice, form.reasoning: reasoning}
    return {form.reasoning: reasoning, form.choice: choice}


def reasoning_cap(schema: JsonObject) -> int:
    """The most characters of reasoning that a reply's schema allows; 0 if it sets no limit."""
    properties = schema.get("properties")
    known = properties if isinstance(properties, Mapping) else {}
    reasoning = next((known[form.reasoning] for form in FORMS if form.reasoning in known), None)
    cap = reasoning.get("maxLength") if isinstance(reasoning, Mapping) else None
    return cap if isinstance(cap, int) else 0


def _literal(text: str) -> str:
    """A JSON Schema pattern that matches the text alone."""
    return re.sub(r"[\\^$.|?*+(){}\[\]]", r"\\\g<0>", text)


def without_marks(text: str) -> str:
    """Text of a model without the characters that this program uses as marks in a stream."""
    return _MARKS.sub("\ufffd", text)


def with_thinking(thinking: str, reply: str) -> str:
    """A reply with its thinking in front, between marks; the reply alone without thinking."""
    return f"{THINKING}{thinking}{THOUGHT}{reply}" if thinking else reply


def split_thinking(text: str) -> tuple[str, str]:
    """Split a text, finished or not, into (thinking, reply); drop all before the last RESTART."""
    text = text.rpartition(RESTART)[2]
    if not text.startswith(THINKING):
        return "", text
    thinking, _, reply = text[1:].partition(THOUGHT)
    return thinking, reply


def read_reply(
    text: str, choices: Sequence[str], order: ReasoningOrder, form: ReplyForm = PLAIN
) -> tuple[int, str]:
    """Read a whole reply as (choice index, reasoning); raises ReplyError that names the fault.

    Every reply is checked here, even one that was constrained. If no reasoning was asked for, the
    thinking before the reply is the reasoning.
    """
    thinking, text = split_thinking(text)
    try:
        body = read_json(text)
    except (ValueError, RecursionError) as error:
        raise ReplyError(f"The reply is not JSON ({error}): {text[:80]!r}") from error
    if not isinstance(body, dict):
        raise ReplyError(f"The reply is not a JSON object: {text[:80]!r}")
    choice, reasoning = body.get(form.choice), body.get(form.reasoning, "")
    index = _index_of(choice, choices, form)
    if index is None:
        raise ReplyError(f"The reply chooses {str(choice)[:80]!r}, which is none of the choices")
    if not isinstance(reasoning, str) or (order != "none" and not reasoning.strip()):
        raise ReplyError("The reply gives no reasoning")
    if order == "none":
        reasoning = reasoning or thinking.strip()
    return index, storable(reasoning)


def _index_of(choice: Json, choices: Sequence[str], form: ReplyForm) -> int | None:
    """The index of the choice that a reply names, or None."""
    if form.by_index:
        is_whole = isinstance(choice, int) and not isinstance(choice, bool)
        return choice if is_whole and 0 <= choice < len(choices) else None  # type: ignore[operator,return-value]
    return list(choices).index(choice) if isinstance(choice, str) and choice in choices else None


def reasoning_so_far(text: str) -> str:
    """The reasoning of an unfinished reply so far, unescaped; '' before it begins.

    A reply that rates choices gives a line for each: `CHOICE: why [score]`. A NUL marks where a
    reply starts again, since the first one was cut.
    """
    text = split_thinking(text)[1]
    rated = _ratings_so_far(text)
    if rated:
        return rated
    start = _STRING_START.search(text)
    return string_at(text, start.end())[0] if start is not None else ""


def _ratings_so_far(text: str) -> str:
    """The lines of a reply that rates, or '' for another reply."""
    lines: dict[str, list[str]] = {}
    rates = False
    for value in values_so_far(text):
        choice, field = "".join(value.path[:-1][-1:]), value.path[-1]
        if field in WORDS and value.is_text:
            lines.setdefault(choice, []).append(value.text.strip())
        elif field in VALUES and value.is_whole:
            lines.setdefault(choice, []).append(f"[{value.text}]")
        else:
            continue
        rates = rates or bool(choice) or field in VALUES
    if not rates:
        return ""
    return "\n".join(_line(choice, parts) for choice, parts in lines.items())


def _line(choice: str, parts: Sequence[str]) -> str:
    said = " ".join(part for part in parts if part)
    if not choice:
        return said
    name = choice if len(choice) <= SHOWN_CHOICE else f"{choice[: SHOWN_CHOICE - 1]}…"
    return f"{name}: {said}"


def choice_start(text: str, order: ReasoningOrder, form: ReplyForm = PLAIN) -> int | None:
    """The offset where the choice begins in a reply, or None if there is none yet.

    It is behind the quote of a text, or before the first digit of an index. JSON escapes quotes
    inside strings, so the reasoning cannot contain the mark.
    """
    begin = text.find(THOUGHT) + 1 if text.startswith(THINKING) else 0
    end = r"(?=\d)" if form.by_index else '"'
    found = list(re.finditer(rf'"{form.choice}"\s*:\s*{end}', text[begin:]))
    if not found:
        return None
    return begin + (found[-1] if order == "before" else found[0]).end()
