"""Probe a server: its model, whether it holds replies to schemas, and token probabilities."""

from __future__ import annotations

import asyncio
import re
import secrets
from dataclasses import replace
from typing import Literal

import openai
from outlines.exceptions import BadRequestError

from align_tui.backbones.server.capabilities import (
    FAMILIES,
    GO_ON,
    Capabilities,
    Schema,
    make_request,
)
from align_tui.backbones.server.errors import Unfit, explain
from align_tui.backbones.server.outcomes import ServerReply, only_thought, settle
from align_tui.backbones.server.pool import LONGEST_WAIT_S, Endpoint, backoff
from align_tui.backbones.server.repair import repaired
from align_tui.backbones.server.replies import without_lengths
from align_tui.backbones.server.streaming import BAD_SHAPE, likeliest_tokens, stream_reply
from align_tui.config.backbone_spec import BackboneSpec
from align_tui.core.decisions import Message, Sampling
from align_tui.core.errors import ReplyError, ServerError
from align_tui.core.text.display import one_line
from align_tui.core.text.nearest import close_to
from align_tui.core.text.plurals import counted
from align_tui.core.types import JsonObject

Evidence = Literal["held", "free", "unknown"]
"""What a reply shows: the server holds it to the schema, does not, or neither."""
ROOMS = (64, 512, 4096)
"""Token caps of the schema check: a larger one after a reply that showed nothing."""
LOOKS = 2
"""How many replies must miss a schema, or requests for probabilities fail, to count."""
TEMPLATE_REFUSED = re.compile(r"template|enable_thinking|reasoning_effort|extra.{0,20}forbid", re.I)


async def examine(endpoint: Endpoint, spec: BackboneSpec) -> Capabilities:
    """Find out what one server can do; raises ServerError and what the client raises."""
    found = await _identify(endpoint, spec)
    found = await _with_schema(endpoint, spec, found)
    return replace(found, logprobs=await _has_logprobs(endpoint, spec, found))


async def _identify(endpoint: Endpoint, spec: BackboneSpec) -> Capabilities:
    """The model and the kind of server, from its list of models."""
    try:
        async with asyncio.timeout(spec.server.first_text_s):
            listed = (await endpoint.client.models.list()).data or []
        names = [endpoint.secret.redacted(repaired(str(model.id))) for model in listed]
        owner = str(listed[0].owned_by).lower() if listed else ""
    except openai.APIStatusError as error:
        if error.status_code not in (404, 405, 501):
            raise
        names, owner = [], ""  # a server without the list: its first request shows whether it works
    except BAD_SHAPE as error:
        raise ServerError(
            f"{endpoint.url} does not answer with a list of models",
            "Check that the URL leads to the API. It usually ends in /v1.",
        ) from error
    shown = ", ".join(one_line(name, 80) for name in names[:8])
    known = [name for name in names if name == spec.model or name.startswith(f"{spec.model}:")]
    if spec.model and names and not known:
        close = close_to(spec.model, names, n=1, cutoff=0.3)
        raise ServerError(
            f"{endpoint.url} serves no model {spec.model!r}",
            f"Did you mean {close[0]!r}?" if close else f"It serves: {shown}",
        )
    if not spec.model and len(names) != 1:
        raise ServerError(
            f"{endpoint.url} serves {counted(len(names), 'model')}, but the profile names none",
            f"Set backbone.model: {shown}"
            if names
            else "Set backbone.model. Check that the URL leads to the API. It usually ends in /v1.",
        )
    family = next((each for each in FAMILIES if each in owner), "openai")
    wanted = spec.server.dialect
    if wanted in GO_ON:
        family = wanted  # a server behind a proxy with another name
    dialect = wanted if wanted != "auto" else family if family in GO_ON else "openai"
    return Capabilities(family, dialect, spec.model or names[0])


async def _with_schema(endpoint: Endpoint, spec: BackboneSpec, found: Capabilities) -> Capabilities:
    """How far the server holds replies to a schema that no model follows by itself."""
    for level in ("whole", "plain"):
        wanted = replace(found, schema=level)
        try:
            return replace(found, schema=await _judge_schema(endpoint, spec, wanted))
        except BadRequestError as error:
            if (other := _without_refused_key(found, str(error))) is not None:
                return await _with_schema(endpoint, spec, other)
    # It refuses schemas, or something else in the request: it must answer without one.
    await _try_schema(endpoint, spec, replace(found, schema="none"), ROOMS[0])
    return replace(found, schema="none")


def _without_refused_key(found: Capabilities, refused: str) -> Capabilities | None:
    """The capabilities without the key that the server refuses; None when it names no key."""
    if "max_completion_tokens" in refused and found.cap == "max_tokens":
        return replace(found, cap="max_completion_tokens")
    if TEMPLATE_REFUSED.search(refused) and found.template.takes_values:
        return replace(found, template_values=False)
    return None


async def _judge_schema(endpoint: Endpoint, spec: BackboneSpec, found: Capabilities) -> Schema:
    """Judge by several replies, with more tokens for a model that only thinks."""
    rooms, looks = list(ROOMS), LOOKS
    while True:
        evidence = await _try_schema(endpoint, spec, found, rooms[0])
        if evidence == "held":
            return found.schema
        if evidence == "unknown":
            rooms.pop(0)
            if not rooms:
                return "unknown"
            continue
        looks -= 1
        if not looks:
            return "none"


async def _try_schema(
    endpoint: Endpoint, spec: BackboneSpec, found: Capabilities, tokens: int
) -> Evidence:
    """Ask for one reply, and return what it shows: does the server hold it to the schema?"""
    words = secrets.token_hex(3), secrets.token_hex(3)
    schema: JsonObject = {
        "type": "object",
        "properties": {
            "word": {"type": "string", "enum": list(words)},
            "more": {"type": "string", "minLength": 1, "maxLength": 8},
        },
        "required": ["word", "more"],
        "additionalProperties": False,
    }
    if found.schema == "plain":
        schema = without_lengths(schema)
    asked = (Message("user", "Say no, in plain words and not in JSON."),)
    body = found.body(Sampling(max_tokens=tokens), spec.server.extra)
    wanted = schema if found.sends_schema else None
    server_request = make_request(spec, found, asked, wanted, body)
    reply = await stream_reply(endpoint, server_request, lambda at, piece, thinking: None)
    if reply.ended is None and reply.broken is None:
        reply.ended = "length"  # the server does not say whether this is all of it
    if only_thought(reply):
        return "unknown"
    return _evidence_of(reply, schema, words)


def _evidence_of(reply: ServerReply, schema: JsonObject, words: tuple[str, str]) -> Evidence:
    """Evidence of one reply: a random word of the schema proves it, as no turn contains the word.

    String lengths prove nothing: a small model writes half a character, which is lost on the way.
    """
    try:
        settled = settle(reply, without_lengths(schema))
    except (ReplyError, Unfit):
        return "free"
    if settled.finish == "stop":
        return "held" if settled.bare else "free"
    begun = re.sub(r"\s", "", settled.text)
    starts = [f'{{"word":"{word}"' for word in words]
    if any(begun.startswith(start) for start in starts):
        return "held"
    # Cut before the word, after blanks that a grammar allows: that shows nothing.
    return "unknown" if any(start.startswith(begun) for start in starts) else "free"


async def _has_logprobs(endpoint: Endpoint, spec: BackboneSpec, found: Capabilities) -> bool:
    """Does the server give token probabilities? A backbone works without them too."""
    begun = (Message("user", "Who is treated?"), Message("assistant", "Patient"))
    server_request = make_request(spec, found, begun, None, found.scoring_body(spec.server.extra))
    for attempt in range(LOOKS):
        try:
            return await likeliest_tokens(endpoint, server_request) is not None
        except Exception as error:  # a hostile server may cause any exception
            fault = explain(error, endpoint.url, found.model, endpoint.secret)
            if not fault.again or isinstance(error, TimeoutError):
                return False
            await asyncio.sleep(min(fault.after or backoff(attempt), LONGEST_WAIT_S))
    return False
