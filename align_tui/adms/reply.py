"""Ask a model for one JSON reply, whatever its schema; ask again if the reply was cut."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from align_tui.adms.base import Llm
from align_tui.core.decisions import Generation, Message, Response, Sampling
from align_tui.core.errors import ReplyError, Truncated
from align_tui.core.replies import split_thinking
from align_tui.core.strict_json import read_json
from align_tui.core.text.plurals import counted
from align_tui.core.types import JsonObject

T = TypeVar("T")


async def write_reply(
    llm: Llm,
    messages: Sequence[Message],
    schema: JsonObject,
    sampling: Sampling,
    *,
    stream: int = 0,
    to_choice: bool = False,
) -> tuple[Generation, Sampling, bool]:
    """Ask for a reply: (reply, its sampling, True if it is the second attempt).

    If the model cuts the reply at max_tokens, this asks once more with twice the limit. Raises
    Truncated if the second reply is cut too.
    """

    async def once(sampling: Sampling) -> Generation:
        return await llm.generate(messages, schema, sampling, stream=stream, to_choice=to_choice)

    made = await once(sampling)
    if made.finish != "length":
        return made, sampling, False
    more = replace(sampling, max_tokens=2 * sampling.max_tokens)
    made = await once(more)
    if made.finish == "length":
        raise Truncated(
            "The reply was not complete at "
            f"{counted(sampling.max_tokens, 'token')}, nor at {counted(more.max_tokens, 'token')}",
            "Raise decoding.max_tokens, or lower adm.max_reasoning_chars.",
        )
    return made, more, True


async def ask_json(
    llm: Llm,
    messages: Sequence[Message],
    schema: JsonObject,
    read: Callable[[JsonObject], T],
    *,
    role: str,
    stream: int,
    reasoning: Callable[[T], str] = lambda found: "",
) -> tuple[T, Response]:
    """Ask for one reply that takes no choice, and read its JSON object with `read`.

    `read` checks the object (the model may be a server that ignores schemas) and raises ReplyError,
    KeyError, TypeError or ValueError if it cannot be used; `reasoning` takes from what was read the
    text that is shown and searched. Each text of a sample needs its own `stream`. Raises
    Truncated if the reply is cut twice, and ReplyError if it cannot be read.
    """
    told = tuple(messages)
    made, sampling, retried = await write_reply(
        llm, told, schema, llm.sampling(stream), stream=stream
    )
    found = read_object(made.text, read)
    return found, Response(
        role=role,
        choice=None,
        reasoning=reasoning(found),
        messages=told,
        schema=schema,
        sampling=sampling,
        generation=made,
        retried=retried,
    )


def read_object(text: str, read: Callable[[JsonObject], T]) -> T:
    """Read a whole reply with `read`; raises ReplyError that names the fault."""
    reply = split_thinking(text)[1]
    try:
        body = read_json(reply)
    except (ValueError, RecursionError) as error:
        raise ReplyError(f"The reply is not JSON ({error}): {reply[:80]!r}") from error
    if not isinstance(body, dict):
        raise ReplyError(f"The reply is not a JSON object: {reply[:80]!r}")
    try:
        return read(body)
    except (KeyError, TypeError, ValueError) as error:
        raise ReplyError(f"The reply does not fit its schema ({error}): {reply[:80]!r}") from error
