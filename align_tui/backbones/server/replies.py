"""Check whole replies against their schema, and build the turns that state a schema."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from jsonschema import Draft202012Validator

from align_tui.core.decisions import Message
from align_tui.core.errors import ReplyError
from align_tui.core.strict_json import read_json
from align_tui.core.text.display import one_line
from align_tui.core.types import JsonObject

_LENGTHS = {"minLength", "maxLength"}


def check_reply(text: str, schema: JsonObject) -> None:
    """Raise ReplyError unless `text` is JSON that fits, with its keys in the schema's order."""
    try:
        value = read_json(text)
    except (ValueError, RecursionError) as error:
        raise ReplyError(f"The reply is not JSON ({error}): {text[:80]!r}") from error
    check_value(value, schema)


def check_value(value: object, schema: JsonObject) -> None:
    """Raise ReplyError unless a parsed reply fits, with its keys in the schema's order."""
    problem = next(Draft202012Validator(schema).iter_errors(value), None)
    if problem is not None:
        where = "/".join(str(part) for part in problem.absolute_path) or "the reply"
        problem_text = one_line(f"{where}: {problem.message[:200]}")
        # A model reads this too (`asked_again`), so new words would change replies.
        raise ReplyError(f"The reply is not what was asked for: {problem_text}")
    wanted = schema.get("properties")
    if isinstance(wanted, Mapping) and isinstance(value, Mapping):
        order = [key for key in wanted if key in value]
        if order != [key for key in value if key in wanted]:
            found = one_line(", ".join(map(str, value)), 80)
            raise ReplyError(f"The reply has its keys in another order: {found}")


def without_lengths(schema: JsonObject) -> JsonObject:
    """The schema without string lengths, which some servers refuse."""

    def bare(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {k: bare(v) for k, v in value.items() if k not in _LENGTHS}
        return value

    made: JsonObject = bare(schema)
    return made


def with_schema(messages: tuple[Message, ...], schema: JsonObject) -> tuple[Message, ...]:
    """The turns with the schema stated, for a server that does not hold replies to it."""
    last = messages[-1]
    stated = json.dumps(schema, ensure_ascii=False)
    asked = (
        f"{last.content}\n\nAnswer with one JSON object that fits this JSON schema, "
        f"and with nothing else:\n{stated}"
    )
    return (*messages[:-1], Message(last.role, asked))


def asked_again(
    messages: tuple[Message, ...], reply: str, problem: ReplyError
) -> tuple[Message, ...]:
    """The turns after a reply that did not fit, with a last turn that says what was wrong."""
    complaint = f"{one_line(problem.message, 300)} Answer again, with the JSON object alone."
    return (*messages, Message("assistant", reply[:4000]), Message("user", complaint))


def as_sent(messages: tuple[Message, ...]) -> str:
    """The turns as one text, since a server does not send its own rendering."""
    return "\n\n".join(f"[{message.role}]\n{message.content}" for message in messages)
