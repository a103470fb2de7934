"""What a server really does, found out by asking it: model, schema, token probabilities."""

from __future__ import annotations

import difflib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import openai
from outlines.exceptions import BadRequestError

from align_tui.backbones.server.pool import Endpoint
from align_tui.backbones.server.replies import check_reply, without_lengths
from align_tui.backbones.server.streaming import BAD_SHAPE, Ask, likeliest_tokens, stream_reply
from align_tui.config.profile import BackboneSpec
from align_tui.core.decisions import Message, Sampling
from align_tui.core.errors import ReplyError, ServerError
from align_tui.core.text import one_line
from align_tui.core.types import JsonObject

Schema = Literal["whole", "plain", "none"]
"""Is a reply held to its schema: all of it, all but the strings' lengths, or not at all?"""
SCHEMAS: tuple[Schema, ...] = ("none", "plain", "whole")
TOP = 20
"""Likeliest tokens asked for at a position: what hosted servers and vLLM give at most."""
FAMILIES = ("vllm", "sglang", "llamacpp")
# What a server adds on its own (from a model's generation_config, say) is switched off, so that
# tokens are drawn as the profile says.
OFF: dict[str, dict[str, Any]] = {
    "vllm": {"top_k": -1, "min_p": 0.0, "repetition_penalty": 1.0},
    "sglang": {"top_k": -1, "min_p": 0.0, "repetition_penalty": 1.0},
    "llamacpp": {"top_k": 0, "min_p": 0.0},
}
# How a server is told to go on with the last turn in place of answering it.
GO_ON: dict[str, dict[str, Any]] = {
    "vllm": {"continue_final_message": True, "add_generation_prompt": False},
    "sglang": {"continue_final_message": True},
}
SEED_BITS = 0x7FFFFFFF


@dataclass(frozen=True, slots=True)
class Abilities:
    """What one model on one kind of server can do. `family` is the program that serves."""

    family: str
    dialect: str
    model: str
    schema: Schema = "whole"
    logprobs: bool = True
    cap: str = "max_tokens"

    @property
    def notes(self) -> tuple[str, ...]:
        """What a user of the results must know."""
        notes = []
        if self.schema == "none":
            notes.append(
                "the server does not hold replies to their schema: they are checked here, and "
                "asked for again when they do not fit"
            )
        if self.schema == "plain":
            notes.append("the server refuses caps of a reply's length: max_tokens alone bounds it")
        if not self.logprobs:
            notes.append("the server tells no token probabilities: choices have none")
        return tuple(notes)

    def body(self, sampling: Sampling, extra: JsonObject) -> dict[str, Any]:
        """The keys of a request that say how tokens are drawn."""
        more = dict(OFF.get(self.family, {}))
        if sampling.top_k:
            more["top_k"] = sampling.top_k
        if sampling.min_p:
            more["min_p"] = sampling.min_p
        return {
            self.cap: sampling.max_tokens,
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "seed": sampling.seed & SEED_BITS,
            "extra_body": {**more, **extra},
        }

    def scoring_body(self, extra: JsonObject) -> dict[str, Any]:
        """The keys of a request for the likeliest next tokens of a reply that was begun."""
        return {
            self.cap: 1,
            "temperature": 0.0,
            "logprobs": True,
            "top_logprobs": TOP,
            "extra_body": {**GO_ON.get(self.dialect, {}), **extra},
        }


def weakest(found: Sequence[Abilities]) -> Abilities:
    """What all servers of a backbone can do; raises ServerError when they serve other models."""
    first = found[0]
    for other in found[1:]:
        if replace(other, schema=first.schema, logprobs=first.logprobs) != first:
            raise ServerError(
                f"The servers differ: {first.family} with {first.model}, "
                f"{other.family} with {other.model}",
                "All base_urls of one backbone have to serve the same model alike.",
            )
    schema = min((each.schema for each in found), key=SCHEMAS.index)
    return replace(first, schema=schema, logprobs=all(each.logprobs for each in found))


async def examine(endpoint: Endpoint, spec: BackboneSpec) -> Abilities:
    """Ask one server what it serves and what it can; raises what the client raises."""
    found = await _identify(endpoint, spec)
    found = await _with_schema(endpoint, spec, found)
    return replace(found, logprobs=await _has_logprobs(endpoint, spec, found))


async def _identify(endpoint: Endpoint, spec: BackboneSpec) -> Abilities:
    """Model and kind of server, as far as its list of models tells."""
    try:
        listed = (await endpoint.client.models.list()).data or []
        names = [str(model.id) for model in listed]
        owner = str(listed[0].owned_by).lower() if listed else ""
    except openai.APIStatusError as error:
        if error.status_code not in (404, 405, 501):
            raise
        names, owner = [], ""  # a server without the list: the first request will tell
    except BAD_SHAPE as error:
        raise ServerError(
            f"{endpoint.url} answers with something else than its list of models",
            "Does the URL lead to the API? It mostly ends in /v1.",
        ) from error
    shown = ", ".join(one_line(name, 80) for name in names[:8])
    known = [name for name in names if name == spec.model or name.startswith(f"{spec.model}:")]
    if spec.model and names and not known:
        close = difflib.get_close_matches(spec.model, names, n=1, cutoff=0.3)
        raise ServerError(
            f"{endpoint.url} serves no model {spec.model!r}",
            f"Did you mean {close[0]!r}?" if close else f"It serves: {shown}",
        )
    if not spec.model and len(names) != 1:
        raise ServerError(
            f"{endpoint.url} serves {len(names)} models, and none is named",
            f"Set backbone.model: {shown}"
            if names
            else "Set backbone.model. Does the URL lead to the API? It mostly ends in /v1.",
        )
    family = next((each for each in FAMILIES if each in owner), "openai")
    wanted = spec.server.dialect
    if wanted in GO_ON:
        family = wanted  # a server behind a proxy that names itself otherwise
    dialect = wanted if wanted != "auto" else family if family in GO_ON else "openai"
    return Abilities(family, dialect, spec.model or names[0])


async def _with_schema(endpoint: Endpoint, spec: BackboneSpec, found: Abilities) -> Abilities:
    """How far replies are held to a schema that no model would follow by itself."""
    for level in ("whole", "plain"):
        try:
            return replace(found, schema=await _tried(endpoint, spec, replace(found, schema=level)))
        except BadRequestError as error:
            if "max_completion_tokens" in str(error) and found.cap == "max_tokens":
                renamed = replace(found, cap="max_completion_tokens")
                return await _with_schema(endpoint, spec, renamed)
    # It refuses schemas, or something else about the request: without one it has to answer.
    return replace(found, schema=await _tried(endpoint, spec, replace(found, schema="none")))


async def _tried(endpoint: Endpoint, spec: BackboneSpec, found: Abilities) -> Schema:
    word, other = secrets.token_hex(3), secrets.token_hex(3)
    schema: JsonObject = {
        "type": "object",
        "properties": {
            "word": {"type": "string", "enum": [word, other]},
            "more": {"type": "string", "minLength": 1, "maxLength": 8},
        },
        "required": ["word", "more"],
        "additionalProperties": False,
    }
    if found.schema == "plain":
        schema = without_lengths(schema)
    asked = (Message("user", "Say no, in plain words and not in JSON."),)
    body = found.body(Sampling(max_tokens=64), spec.server.extra)
    wanted = None if found.schema == "none" else schema
    ask = make_ask(spec, found, asked, wanted, body)
    try:
        reply = await stream_reply(endpoint, ask, lambda at, piece: None)
        if reply.finish == "stop":
            check_reply(reply.text, schema)
            return found.schema
        # Cut before its end: a constrained reply to this schema still begins with its first key.
        starts = reply.text.lstrip().removeprefix("{").lstrip().startswith('"word"')
        return found.schema if starts and (word in reply.text or other in reply.text) else "none"
    except ReplyError:
        return "none"


async def _has_logprobs(endpoint: Endpoint, spec: BackboneSpec, found: Abilities) -> bool:
    begun = (Message("user", "Who is treated?"), Message("assistant", "Patient"))
    ask = make_ask(spec, found, begun, None, found.scoring_body(spec.server.extra))
    try:
        return await likeliest_tokens(endpoint, ask) is not None
    except BadRequestError:
        return False


def make_ask(
    spec: BackboneSpec,
    found: Abilities,
    messages: tuple[Message, ...],
    schema: JsonObject | None,
    body: dict[str, Any],
) -> Ask:
    """A request to a server of these abilities."""
    server = spec.server
    return Ask(
        found.dialect, found.model, messages, schema, body, server.first_text_s, server.stall_s
    )
