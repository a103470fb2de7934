"""What of a reply ended because it reached its cap, and not because the model was done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from align_tui.core.loose_json import find_object
from align_tui.core.replies import FORMS, WORDS, split_thinking
from align_tui.core.text.plurals import counted
from align_tui.core.types import JsonObject

LENGTH = "length"  # the finish of a reply that reached its limit of tokens
REASONS = frozenset(form.reasoning for form in FORMS) | WORDS


@dataclass(frozen=True, slots=True)
class Cut:
    """The replies of a sample that were cut; `what` says where, such as `reasoning at 512`.

    A reasoning is cut if it has as many characters as its schema allows. A reply is cut if the
    backbone ended it at its limit of tokens.
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
    """How a stored reply ended: its text, the schema that bound it, and its finish."""

    raw: str
    schema: JsonObject
    finish: str
    max_tokens: int = 0


def cut_of(replies: Sequence[ReplyEnd]) -> Cut | None:
    """What was cut in the replies of one sample; None if all came to their own end."""
    found = [words for words in map(_cut_words, replies) if words]
    return Cut(found[0], len(found), len(replies)) if found else None


def _cut_words(reply: ReplyEnd) -> str:
    if reply.finish == LENGTH:
        at = f" at {counted(reply.max_tokens, 'token')}" if reply.max_tokens else ""
        return f"reply cut{at}"
    if not reply.schema:
        return ""  # free text
    body = find_object(split_thinking(reply.raw)[1], by_key=False)
    for name, cap in _at_cap(reply.schema, body):
        what = "reasoning" if name in REASONS else "answer"
        return f"{what} cut at {counted(cap, 'character')}"
    return ""


def _at_cap(schema: object, value: object, name: str = "") -> Iterator[tuple[str, int]]:
    """(name, cap) of each text in the value that is as long as its schema allows."""
    if not isinstance(schema, Mapping):
        return
    cap = schema.get("maxLength")
    if isinstance(value, str) and isinstance(cap, int) and 0 < cap <= len(value):
        yield name, cap
    properties = schema.get("properties")
    if isinstance(value, Mapping) and isinstance(properties, Mapping):
        for key, each in value.items():
            yield from _at_cap(properties.get(key), each, str(key))
    if isinstance(value, list):
        for each in value:
            yield from _at_cap(schema.get("items"), each, name)
