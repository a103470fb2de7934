"""The reference for benchmarks: outlines and `generate`, as the ALIGN system decides.

It builds a constrained generator for every call. It decides one scenario and one profile after the
other or, batched, all profiles of one scenario in one call.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import outlines
import torch
from outlines.types import JsonSchema
from transformers import AutoModelForCausalLM, AutoTokenizer

from align_tui.backbones.local.chat import ChatFormat
from align_tui.core.replies import read_reply
from engine_bench.work import Task

WARM: dict[str, Any] = {"do_sample": True, "temperature": 0.7, "top_p": 1.0, "top_k": 0}


@dataclass
class Measured:
    """The time that some work took, in seconds."""

    decisions: int
    seconds: float
    first: float  # until the engine's first text or the reference's first answer
    tokens: list[int] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Decisions a second."""
        return self.decisions / self.seconds


class Reference:
    """A separate copy of the model, with transformers' own attention, behind outlines."""

    def __init__(
        self, folder: Path, device: str, max_tokens: int, chat: ChatFormat | None = None
    ) -> None:
        """Load the model; with `chat` its own template renders the prompts."""
        model = AutoModelForCausalLM.from_pretrained(folder, dtype="auto")
        torch.nn.Module.to(model, device)
        tokenizer: Any = AutoTokenizer.from_pretrained(folder)
        self.tokenizer = tokenizer
        self.parameters = sum(p.numel() for p in model.parameters())
        self.model: Any = outlines.from_transformers(model, tokenizer)
        self.chat = chat
        self.cap: dict[str, Any] = {"max_new_tokens": max_tokens, "pad_token_id": 1}

    def sequential(self, tasks: Sequence[Task], samples: int = 1) -> Measured:
        """Make one call for each sample; one sample is greedy."""
        drawn = WARM if samples > 1 else {"do_sample": False}
        began, first, tokens = time.perf_counter(), 0.0, []
        for task in tasks:
            for _ in range(samples):
                generator: Any = outlines.Generator(self.model, JsonSchema(json.dumps(task.schema)))
                text = generator(self._prompt(task), **self.cap, **drawn)
                read_reply(text, task.choices, "before")
                first = first or time.perf_counter() - began
                tokens.append(self._count(text))
        return Measured(len(tasks), time.perf_counter() - began, first, tokens)

    def batched(self, tasks: Sequence[Task]) -> Measured:
        """Make one call for each probe, with all of its profiles."""
        began, first, tokens = time.perf_counter(), 0.0, []
        for probe in dict.fromkeys(task.probe for task in tasks):
            group = [task for task in tasks if task.probe == probe]
            schema = JsonSchema(json.dumps(group[0].schema))
            generator: Any = outlines.Generator(self.model, schema)
            texts = generator.batch([self._prompt(t) for t in group], **self.cap, do_sample=False)
            for task, text in zip(group, texts, strict=True):
                read_reply(text, task.choices, "before")
                tokens.append(self._count(text))
            first = first or time.perf_counter() - began
        return Measured(len(tasks), time.perf_counter() - began, first, tokens)

    def warm_up(self, task: Task) -> None:
        """Make a first call that is not measured, since it compiles and sets things up."""
        with torch.inference_mode():
            self.sequential([task])
            self.batched([task])

    def _prompt(self, task: Task) -> str:
        return self.chat.render(task.messages).text if self.chat is not None else task.prompt

    def _count(self, text: str) -> int:
        return len(self.tokenizer(text, add_special_tokens=False)["input_ids"])
