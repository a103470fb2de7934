"""What one model on one kind of server can do, and how to build a request for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from align_tui.backbones.server.streaming import ServerRequest
from align_tui.backbones.server.thinking import ThinkingTemplate, room
from align_tui.config.backbone_spec import BackboneSpec
from align_tui.core.decisions import DEFAULT_RENDERING, Message, Rendering, Sampling
from align_tui.core.errors import ServerError
from align_tui.core.types import JsonObject

Schema = Literal["whole", "plain", "unknown", "none"]
"""How far the server constrains a reply: the whole schema, all but string lengths, or nothing.

'unknown': the model only thought when it was checked, however many tokens it had.
"""
SCHEMAS: tuple[Schema, ...] = ("none", "unknown", "plain", "whole")
TOP = 20
"""How many likeliest tokens to request: the most that hosted servers and vLLM give."""
FAMILIES = ("vllm", "sglang", "llamacpp")
# Switch off what a server adds by itself (from a model's generation_config, say), so that it draws
# tokens as the profile says.
OFF: dict[str, dict[str, Any]] = {
    "vllm": {"top_k": -1, "min_p": 0.0, "repetition_penalty": 1.0},
    "sglang": {"top_k": -1, "min_p": 0.0, "repetition_penalty": 1.0},
    "llamacpp": {"top_k": 0, "min_p": 0.0},
}
# Keys that make a server continue the last turn in place of answering it.
GO_ON: dict[str, dict[str, Any]] = {
    "vllm": {"continue_final_message": True, "add_generation_prompt": False},
    "sglang": {"continue_final_message": True},
}
SEED_BITS = 0x7FFFFFFF


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What one model on one kind of server can do.

    `family` is the server program, `dialect` how Outlines talks to it, and `cap` the key that caps
    a reply's tokens.
    """

    family: str
    dialect: str
    model: str
    schema: Schema = "whole"
    logprobs: bool = True
    cap: str = "max_tokens"
    template_values: bool = True

    @property
    def template(self) -> ThinkingTemplate:
        """What a request can tell the model's chat template."""
        known = self.family in FAMILIES
        return ThinkingTemplate(self.model, known and self.template_values, known)

    @property
    def sends_schema(self) -> bool:
        """Does a request send the schema?"""
        return self.schema != "none"

    @property
    def states_schema(self) -> bool:
        """Does the prompt state the schema, since the server may not constrain replies?"""
        return self.schema in ("none", "unknown")

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences that a user of the results must know."""
        notes = []
        if self.schema == "none":
            notes.append(
                "the server does not hold replies to their schema: the program checks them, and "
                "asks again when they do not fit"
            )
        if self.schema == "unknown":
            notes.append(
                "the model only thought while the program checked whether the server holds replies "
                "to their schema: the program sends the schema, states it in the prompt and checks "
                "replies"
            )
        if self.schema == "plain":
            notes.append(
                "the server refuses schemas with string lengths: only max_tokens bounds a reply"
            )
        if not self.logprobs:
            notes.append("the server gives no token probabilities: choices have none")
        return tuple(notes)

    def body(
        self, sampling: Sampling, extra: JsonObject, rendering: Rendering = DEFAULT_RENDERING
    ) -> dict[str, Any]:
        """The keys of a request for sampling and for the chat template."""
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
        """The keys of a request for the reply alone, after its thinking."""
        made = self.body(replace(sampling, thinking="off"), extra, rendering)
        if going_on:
            made["extra_body"] = {**GO_ON.get(self.dialect, {}), **made["extra_body"]}
        return made

    def scoring_body(
        self, extra: JsonObject, rendering: Rendering = DEFAULT_RENDERING
    ) -> dict[str, Any]:
        """The keys of a request for the likeliest next tokens of an unfinished reply.

        Thinking is off: the turn has it already, and llama.cpp continues no turn with thinking on.
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
    """What all servers of a backbone can do; raises ServerError when their models differ."""
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
                "All base_urls of one backbone have to serve the same model in the same way.",
            )
    levels = {each.schema for each in found}
    # One server needs a schema without lengths and another may need lengths: send none.
    schema = "none" if levels >= {"plain", "unknown"} else min(levels, key=SCHEMAS.index)
    return replace(
        first,
        schema=schema,
        logprobs=all(each.logprobs for each in found),
        template_values=all(each.template_values for each in found),
    )


def make_request(
    spec: BackboneSpec,
    found: Capabilities,
    messages: tuple[Message, ...],
    schema: JsonObject | None,
    body: dict[str, Any],
    thinking_pieces: int = 0,
) -> ServerRequest:
    """A request to a server with these capabilities."""
    server = spec.server
    return ServerRequest(
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
