"""What one model on one kind of server can do, and how a request to it is put."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from align_tui.backbones.server.streaming import Ask
from align_tui.backbones.server.thinking import ThinkingTemplate, room
from align_tui.config.backbone_spec import BackboneSpec
from align_tui.core.decisions import AS_IT_IS, Message, Rendering, Sampling
from align_tui.core.errors import ServerError
from align_tui.core.types import JsonObject

Schema = Literal["whole", "plain", "unknown", "none"]
"""Is a reply held to its schema: all of it, all but the strings' lengths, or not at all?

Unknown where the model did nothing but think, however much room it had.
"""
SCHEMAS: tuple[Schema, ...] = ("none", "unknown", "plain", "whole")
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
class Capabilities:
    """What one model on one kind of server can do. `family` is the program that serves."""

    family: str
    dialect: str
    model: str
    schema: Schema = "whole"
    logprobs: bool = True
    cap: str = "max_tokens"
    template_values: bool = True

    @property
    def template(self) -> ThinkingTemplate:
        """What the model's chat template can be told, and how."""
        known = self.family in FAMILIES
        return ThinkingTemplate(self.model, known and self.template_values, known)

    @property
    def sends_schema(self) -> bool:
        """Is the schema sent with a request?"""
        return self.schema != "none"

    @property
    def states_schema(self) -> bool:
        """Does the prompt state the schema, since the server may not hold replies to it?"""
        return self.schema in ("none", "unknown")

    @property
    def notes(self) -> tuple[str, ...]:
        """What a user of the results must know."""
        notes = []
        if self.schema == "none":
            notes.append(
                "the server does not hold replies to their schema: they are checked here, and "
                "asked for again when they do not fit"
            )
        if self.schema == "unknown":
            notes.append(
                "the model did nothing but think when the server was asked whether it holds "
                "replies to their schema: it is sent, stated in the prompt and checked here"
            )
        if self.schema == "plain":
            notes.append("the server refuses caps of a reply's length: max_tokens alone bounds it")
        if not self.logprobs:
            notes.append("the server tells no token probabilities: choices have none")
        return tuple(notes)

    def body(
        self, sampling: Sampling, extra: JsonObject, rendering: Rendering = AS_IT_IS
    ) -> dict[str, Any]:
        """The keys of a request that say how tokens are drawn, and what the template is told."""
        more = dict(OFF.get(self.family, {}))
        if sampling.top_k:
            more["top_k"] = sampling.top_k
        if sampling.min_p:
            more["min_p"] = sampling.min_p
        return {
            self.cap: room(sampling),
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "seed": sampling.seed & SEED_BITS,
            "extra_body": {**more, **self.template.keys(sampling.thinking, rendering, extra)},
        }

    def concluding_body(
        self, sampling: Sampling, extra: JsonObject, rendering: Rendering, *, going_on: bool
    ) -> dict[str, Any]:
        """The keys of a request for the reply alone, behind a thinking that was had before."""
        made = self.body(replace(sampling, thinking="off"), extra, rendering)
        if going_on:
            made["extra_body"] = {**GO_ON.get(self.dialect, {}), **made["extra_body"]}
        return made

    def scoring_body(self, extra: JsonObject, rendering: Rendering = AS_IT_IS) -> dict[str, Any]:
        """The keys of a request for the likeliest next tokens of a reply that was begun.

        Its thinking is behind it, and llama.cpp goes on with no turn while thinking is on.
        """
        keys = self.template.keys("off", rendering, extra)
        return {
            self.cap: 1,
            "temperature": 0.0,
            "logprobs": True,
            "top_logprobs": TOP,
            "extra_body": {**GO_ON.get(self.dialect, {}), **keys},
        }


def weakest(found: Sequence[Capabilities]) -> Capabilities:
    """What all servers of a backbone can do; raises ServerError when they serve other models."""
    first = found[0]
    for other in found[1:]:
        alike = replace(
            other,
            schema=first.schema,
            logprobs=first.logprobs,
            template_values=first.template_values,
        )
        if alike != first:
            raise ServerError(
                f"The servers differ: {first.family} with {first.model}, "
                f"{other.family} with {other.model}",
                "All base_urls of one backbone have to serve the same model alike.",
            )
    levels = {each.schema for each in found}
    # One server wants a schema without lengths and another may need them: neither is sent.
    schema = "none" if levels >= {"plain", "unknown"} else min(levels, key=SCHEMAS.index)
    return replace(
        first,
        schema=schema,
        logprobs=all(each.logprobs for each in found),
        template_values=all(each.template_values for each in found),
    )


def make_ask(
    spec: BackboneSpec,
    found: Capabilities,
    messages: tuple[Message, ...],
    schema: JsonObject | None,
    body: dict[str, Any],
    thinking_pieces: int = 0,
) -> Ask:
    """A request to a server of these capabilities."""
    server = spec.server
    return Ask(
        found.dialect,
        found.model,
        messages,
        schema,
        body,
        server.first_text_s,
        server.stall_s,
        server.total_s,
        thinking_pieces,
    )
