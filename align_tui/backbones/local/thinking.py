"""How a model thinks before it replies: its marks, and the switch that its template has.

Seen at load from the chat template and the vocabulary, by no model's name: what the template writes
with its switch on, off and untouched says what it does by itself.
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
"""Variables by which templates are told whether the model is to think."""


@dataclass(frozen=True, slots=True)
class Marks:
    """What stands around thinking: what `opens` it, what ends it, and the `bridge` to the reply.

    The bridge begins with what ends the thinking. A model that speaks in `channels` has to be sent
    to that of its reply, by `skip`, when it is not to think.
    """

    opens: str
    closes: str
    bridge: str
    skip: str = ""

    @property
    def channels(self) -> bool:
        """Is a reply begun by naming its channel (GPT-OSS)?"""
        return bool(self.skip)


def _block(opens: str, closes: str) -> Marks:
    return Marks(f"{opens}\n", closes, f"{closes}\n\n")


MARKS = (
    _block("<think>", "</think>"),  # Qwen3, DeepSeek-R1, QwQ, SmolLM3, ...
    _block("<thinking>", "</thinking>"),
    _block("<seed:think>", "</seed:think>"),
    Marks("[THINK]", "[/THINK]", "[/THINK]"),  # Magistral
    Marks(  # GPT-OSS: channels, and not a block
        "<|channel|>analysis<|message|>",
        "<|end|>",
        "<|end|><|start|>assistant<|channel|>final<|message|>",
        "<|channel|>final<|message|>",
    ),
)


@dataclass(frozen=True, slots=True)
class Thinking:
    """A model that can think. `by_itself`: its template has it think unless told otherwise.

    `switches`: which variables of its template turn that on and off.
    """

    marks: Marks
    by_itself: bool
    switches: tuple[str, ...] = ()

    def values(self, wanted: bool) -> JsonObject:
        """The template's variables, set to what is wanted."""
        return dict.fromkeys(self.switches, wanted)


def find_thinking(
    tokenizer: PreTrainedTokenizerBase, apply: Callable[[JsonObject], str]
) -> Thinking | None:
    """How the model thinks, or None for one that does not.

    `apply` renders the same turns with the template's variables set; it may raise ValueError.
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
    else:  # no switch: it thinks by itself when its prompt opens a block, or tells it how to
        by_itself = is_open(untouched, marks) or marks.opens.strip() in untouched
    return Thinking(marks, by_itself or marks.channels, switches)


def _is_used(marks: Marks, template: str) -> bool:
    """Does the template know the marks? (GPT-OSS's are written by a macro: its channel is.)"""
    if marks.channels:
        return "<|channel|>" in template and "analysis" in template
    return marks.closes in template or marks.opens.strip() in template


def is_open(prompt: str, marks: Marks) -> bool:
    """Does a rendered prompt end inside thinking that it has opened?"""
    return prompt.rstrip().endswith(marks.opens.strip())
