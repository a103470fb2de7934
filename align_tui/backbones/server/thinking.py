"""Thinking on a server: switch it, cap it, and ask for the reply after it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from align_tui.backbones.server.outcomes import ServerReply, only_thought
from align_tui.core.decisions import Message, Rendering, Sampling, ThinkingMode
from align_tui.core.text.plurals import counted
from align_tui.core.types import Json, JsonObject

TEMPLATE_VALUES = "chat_template_kwargs"
# Chat templates' variables that turn thinking on and off (Qwen3 and others; DeepSeek and Granite).
# A template ignores a variable that it does not know.
SWITCHES = ("enable_thinking", "thinking")
EFFORT = "reasoning_effort"
CONCLUDE = "You have thought enough. Answer now, with the JSON object alone."


@dataclass(frozen=True, slots=True)
class ThinkingTemplate:
    """What a request can tell the chat template of a server's model.

    `takes_values`: the server passes values on. `goes_on`: it continues an assistant's turn.
    """

    model: str
    takes_values: bool
    goes_on: bool

    @property
    def _always_thinks(self) -> bool:
        return "gpt-oss" in self.model.lower()

    def keys(self, mode: ThinkingMode, rendering: Rendering, extra: JsonObject) -> dict[str, Any]:
        """Keys of a request's body: the switch, then the profile's values, then `extra`."""
        values: dict[str, Json] = {}
        made: dict[str, Any] = {}
        if self.takes_values:
            if mode != "auto":
                values = dict.fromkeys(SWITCHES, mode == "on")
            values |= rendering.values
        effort = rendering.values.get(EFFORT)
        if effort is None and mode == "off" and self.takes_values and self._always_thinks:
            effort = "low"  # the least that the model accepts
            values[EFFORT] = effort
        if effort is not None:
            made[EFFORT] = effort
        own = extra.get(TEMPLATE_VALUES)
        if isinstance(own, Mapping):
            values |= own
        if values:
            made[TEMPLATE_VALUES] = values
        return {**made, **{k: v for k, v in extra.items() if k != TEMPLATE_VALUES}}

    def begun(self, thinking: str, reply: str = "") -> str | None:
        """An assistant's turn with thinking, to continue; None when the server cannot do so."""
        if not thinking:
            return reply
        if not self.goes_on or self._always_thinks:
            return None
        if "magistral" in self.model.lower():
            return f"[THINK]{thinking}[/THINK]{reply}"
        return f"<think>\n{thinking}\n</think>\n\n{reply}"

    def not_sent(self, rendering: Rendering) -> str | None:
        """A sentence for the user when values of the profile do not reach the template."""
        lost = [] if self.takes_values else sorted(set(rendering.values) - {EFFORT})
        if not lost:
            return None
        return (
            f"The values of [prompt.chat_template] were not sent ({', '.join(lost)}): this server "
            "may refuse them. Put keys that it accepts in backbone.server.extra."
        )


def room(sampling: Sampling) -> int:
    """The token cap of a first request: the reply's, plus the thinking's unless it is off."""
    if sampling.thinking == "off":
        return sampling.max_tokens
    return sampling.max_tokens + sampling.max_thinking_tokens


def conclusions(
    template: ThinkingTemplate, turns: tuple[Message, ...], thinking: str
) -> Iterator[tuple[tuple[Message, ...], bool]]:
    """Ways to ask for the reply after its thinking: (turns, continue the last turn?)."""
    begun = template.begun(thinking)
    if begun is not None:
        yield (*turns, Message("assistant", begun)), True
    yield (*turns, Message("assistant", thinking), Message("user", CONCLUDE)), False


def joined(first: ServerReply, second: ServerReply) -> ServerReply:
    """The second reply, with the thinking and the token counts of the first added."""
    thoughts = [each for each in (first.thinking, second.thinking) if each]
    second.thinking = "\n".join(thoughts)
    second.tokens += first.tokens
    second.thinking_tokens += first.thinking_tokens
    second.prompt_tokens = max(first.prompt_tokens, second.prompt_tokens)
    second.fingerprint = second.fingerprint or first.fingerprint
    return second


def thinking_notes(mode: ThinkingMode, reply: ServerReply, *, asked_twice: bool) -> list[str]:
    """Sentences about a reply's thinking for the user."""
    spent = counted(reply.thinking_tokens or 0, "token")
    notes = []
    if mode == "off" and reply.thinking:
        notes.append(
            f"The model thought before its reply although thinking is off ({spent}): "
            "the program keeps the thinking apart from the reply."
        )
    if mode == "on" and not reply.thinking:
        notes.append("Thinking is on, but the server sent no thinking of the model.")
    if asked_twice and not only_thought(reply):
        notes.append(
            f"The model used up its tokens on thinking ({spent}) and gave no reply, so the program "
            "sent the model its own thinking and asked for the reply again."
        )
    return notes
