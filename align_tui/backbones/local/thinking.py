"""How a model thinks before it replies: the marks of its thinking, and its template's switch.

Loading finds both from the chat template, without a list of models: comparing what the template
writes with the switch on, off and unset shows what the model does by default.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from align_tui.backbones.local.literal_text import template_of
from align_tui.core.types import JsonObject

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

SWITCHES = ("enable_thinking", "thinking")
"""Template variables that turn thinking on and off."""


@dataclass(frozen=True, slots=True)
class Marks:
    """The marks around thinking: what `opens` it, what `closes` it, and the `bridge` to the reply.

    The bridge begins with the closing mark. For a model with `channels`, `skip` opens the reply's
    channel when the model must not think.
    """

    opens: str
    closes: str
    bridge: str
    skip: str = ""

    @property
    def channels(self) -> bool:
        """Does a reply begin with the name of its channel (GPT-OSS)?"""
        return bool(self.skip)


def _block(opens: str, closes: str) -> Marks:
    return Marks(f"{opens}\n", closes, f"{closes}\n\n")


MARKS = (
    _block("<think>", "</think>"),  # Qwen3, DeepSeek-R1, QwQ, SmolLM3, ...
    _block("<thinking>", "</thinking>"),
    _block("<seed:think>", "</seed:think>"),
    Marks("[THINK]", "[/THINK]", "[/THINK]"),  # Magistral
    Marks(  # GPT-OSS: channels in place of a block
        "<|channel|>analysis<|message|>",
        "<|end|>",
        "<|end|><|start|>assistant<|channel|>final<|message|>",
        "<|channel|>final<|message|>",
    ),
)


@dataclass(frozen=True, slots=True)
class Thinking:
    """How a model can think. `by_itself`: it thinks unless its template is told not to.

    `switches`: the template variables that turn thinking on and off.
    """

    marks: Marks
    by_itself: bool
    switches: tuple[str, ...] = ()

    def values(self, wanted: bool) -> JsonObject:
        """The template's switches, all set to `wanted`."""
        return dict.fromkeys(self.switches, wanted)


def find_thinking(
    tokenizer: PreTrainedTokenizerBase, apply: Callable[[JsonObject], str]
) -> Thinking | None:
    """How the model thinks, or None for a model that does not.

    `apply` renders the same turns with the given template variables; it may raise ValueError.
    """
    template = template_of(tokenizer)
    marks = next((each for each in MARKS if _is_used(each, template)), None)
    if marks is None:
        return None
    switches = tuple(name for name in SWITCHES if re.search(rf"\b{name}\b", template))
    try:
        untouched = apply({})
        on = apply(dict.fromkeys(switches, True))
        off = apply(dict.fromkeys(switches, False))
    except ValueError:
        return Thinking(marks, by_itself=False, switches=switches)
    if on != off:
        by_itself = untouched == on
    else:  # no switch: the model thinks when its prompt opens a block or describes one
        by_itself = is_open(untouched, marks) or marks.opens.strip() in untouched
    return Thinking(marks, by_itself or marks.channels, switches)


def _is_used(marks: Marks, template: str) -> bool:
    """Does the template use the marks? (A macro writes GPT-OSS's, so look for its channel.)"""
    if marks.channels:
        return "<|channel|>" in template and "analysis" in template
    return marks.closes in template or marks.opens.strip() in template


def is_open(prompt: str, marks: Marks) -> bool:
    """Does a rendered prompt end with the mark that opens thinking?"""
    return prompt.rstrip().endswith(marks.opens.strip())
