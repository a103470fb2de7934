"""Ask the program's engine for all decisions at once, as the worker does."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path

from align_tui.backbones.local.backbone import LocalBackbone
from align_tui.backbones.registry import open_backbone
from align_tui.config.backbone_spec import BackboneSpec
from align_tui.core.decisions import Generation, Sampling
from align_tui.core.replies import read_reply
from engine_bench.reference import Measured
from engine_bench.work import Task

FRAME = '{"reasoning":"'


def load(folder: Path, device: str) -> LocalBackbone:
    """Load the model into the program's engine."""
    spec = BackboneSpec(kind="transformers", model=str(folder), device=device)
    backbone = open_backbone(spec, lambda what, share: None)
    assert isinstance(backbone, LocalBackbone)
    return backbone


def decide(
    backbone: LocalBackbone,
    tasks: Sequence[Task],
    max_tokens: int,
    samples: int = 1,
    *,
    whole: bool = True,
) -> Measured:
    """Make all decisions with all their samples; one sample is greedy.

    It reads and checks every reply, unless replies may be cut (`whole` False).
    """
    return asyncio.run(_decide(backbone, tasks, max_tokens, samples, whole))


async def _decide(
    backbone: LocalBackbone, tasks: Sequence[Task], max_tokens: int, samples: int, whole: bool
) -> Measured:
    temperature = 0.7 if samples > 1 else 0.0
    began, first = time.perf_counter(), 0.0

    async def reply(task: Task, seed: int) -> Generation:
        told = 0

        def on_text(_: float, text: str) -> None:
            nonlocal told, first
            told += len(text)
            # The grammar forces the frame: the first text is the first that the model wrote.
            if not first and told > len(FRAME):
                first = time.perf_counter() - began

        drawn = Sampling(temperature=temperature, max_tokens=max_tokens, seed=seed)
        made = await backbone.generate(task.request(drawn), on_text)
        if whole:
            read_reply(made.text, task.choices, "before")
        return made

    made = await asyncio.gather(*(reply(task, seed) for task in tasks for seed in range(samples)))
    seconds = time.perf_counter() - began
    return Measured(len(tasks), seconds, first, [each.tokens for each in made])
