"""What of a reply ended because it reached its cap, and not because the model was done."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from align_tui.core.loose_json import find_object
from align_tui.core.replies import FORMS, WORDS, split_thinking
from align_tui.core.text.display import one_line
from align_tui.core.text.plurals import counted
from align_tui.core.types import JsonObject

LENGTH = "length"  # the finish of a reply that reached its limit of tokens
REASONS = frozenset(form.reasoning for form in FORMS) | WORDS
DEEPEST = 64  # levels of a schema; one that refers to itself has no end
LONGEST_NAME = 40
_GIVEN = re.compile(r"\^(.*)\(\?s:\.\)\{0,(\d+)\}\$", re.DOTALL)
"""The pattern of a text that begins with a given one (core/replies.py, `decision_schema`)."""
_UNIONS = ("anyOf", "oneOf", "allOf")


@dataclass(frozen=True, slots=True)
class Cut:
    """The replies of a sample that were cut; `what` says where, such as `reasoning at 512`.

    A text of a reply is cut if it has as many characters as its schema allows, at whatever depth of
    the schema. A reply is cut if the backbone ended it at its limit of tokens, and thinking is cut
    at a limit of its own.
    """

    what: str
    cut: int
    replies: int

    @property
    def words(self) -> str:
        """`reasoning cut at 512 characters`, with `in 2 of 5 replies` for several replies."""
        of = f" in {self.cut} of {counted(self.replies, 'reply', 'replies')}"
        return self.what + (of if self.replies > 1 else "")


@dataclass(frozen=True, slots=True)
class ReplyEnd:
    """How a stored reply ended: its text, the schema that bound it, and its finish.

    The numbers of tokens are 0 where there is no limit, or no thinking.
    """

    raw: str
    schema: JsonObject
    finish: str
    max_tokens: int = 0
    thinking_tokens: int = 0
    max_thinking_tokens: int = 0


def cut_of(replies: Sequence[ReplyEnd]) -> Cut | None:
    """What was cut in the replies of one sample; None if all came to their own end."""
    found = [words for words in map(cut_words, replies) if words]
    return Cut(found[0], len(found), len(replies)) if found else None


def cut_words(reply: ReplyEnd) -> str:
    """What was cut in one reply, such as `reply cut at 64 tokens`; empty if nothing was."""
    if reply.finish == LENGTH:
        at = f" at {counted(reply.max_tokens, 'token')}" if reply.max_tokens else ""
        return f"reply cut{at}"
    for name, cap in _texts_at_cap(reply):
        what = "reasoning" if name in REASONS else one_line(name, LONGEST_NAME) or "answer"
        return f"{what} cut at {counted(cap, 'character')}"
    if 0 < reply.max_thinking_tokens <= reply.thinking_tokens:
        return f"thinking cut at {counted(reply.max_thinking_tokens, 'token')}"
    return ""


def least_cap(schema: object) -> int | None:
    """The fewest characters that a schema allows for one of its texts; None if it has no limit.

    A reply that is shorter than this has no text at its cap, so it need not be parsed.
    """
    found: list[int] = []
    parts, seen = [schema], set[int]()
    while parts:
        part = parts.pop()
        if isinstance(part, list):
            parts += part
        elif isinstance(part, Mapping) and id(part) not in seen:
            seen.add(id(part))
            found += [cap for cap in [_cap(part)] if cap is not None]
            parts += part.values()
    return min(found, default=None)


def _texts_at_cap(reply: ReplyEnd) -> Iterator[tuple[str, int]]:
    least = least_cap(reply.schema)
    if least is not None and len(reply.raw) >= least:
        body = find_object(split_thinking(reply.raw)[1], by_key=False)
        yield from _at_cap(reply.schema, reply.schema, body, set())


def _cap(schema: Mapping[str, object]) -> int | None:
    """The most characters of a text that fits a schema; None if it sets no limit."""
    cap, pattern = schema.get("maxLength"), schema.get("pattern")
    if isinstance(cap, int) and cap > 0:
        return cap
    given = _GIVEN.fullmatch(pattern) if isinstance(pattern, str) else None
    return None if given is None else len(re.sub(r"\\(.)", r"\1", given[1])) + int(given[2])


def _at_cap(
    root: JsonObject,
    schema: object,
    value: object,
    seen: set[tuple[int, int]],
    name: str = "",
    depth: int = 0,
) -> Iterator[tuple[str, int]]:
    """(name, cap) of each text in the value that is as long as its schema allows.

    `seen` has the pairs of a part of the schema and a part of the value that were looked at, so
    that a schema that refers to itself in many ways takes no more time than its size.
    """
    here = id(schema), id(value)
    if not isinstance(schema, Mapping) or depth > DEEPEST or here in seen:
        return
    seen.add(here)
    below = depth + 1
    if isinstance(value, str) and (cap := _cap(schema)) is not None and len(value) >= cap:
        yield name, cap
    for union in _UNIONS:
        for each in _list(schema.get(union)):
            # A text that is longer than one part allows belongs to another part.
            yield from (
                (name, cap)
                for name, cap in _at_cap(root, each, value, seen, name, below)
                if not isinstance(value, str) or len(value) == cap
            )
    if isinstance(referred := schema.get("$ref"), str):
        yield from _at_cap(root, _target(root, referred), value, seen, name, below)
    if isinstance(value, Mapping):
        properties, others = schema.get("properties"), schema.get("additionalProperties")
        known = properties if isinstance(properties, Mapping) else {}
        for key, each in value.items():
            yield from _at_cap(root, known.get(key, others), each, seen, str(key), below)
    if isinstance(value, list):
        first = _list(schema.get("prefixItems"))
        for place, each in enumerate(value):
            part = first[place] if place < len(first) else schema.get("items")
            yield from _at_cap(root, part, each, seen, name, below)


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _target(root: JsonObject, reference: str) -> object:
    """What a reference such as `#/$defs/reason` names in the schema; None if it names nothing."""
    found: object = root
    for part in reference.removeprefix("#").strip("/").split("/"):
        key = part.replace("~1", "/").replace("~0", "~")
        found = found.get(key) if part and isinstance(found, Mapping) else found
    return found if reference.startswith("#") else None
