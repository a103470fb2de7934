"""Measure how soon a sweep's first decision comes, compared with one alone, and the cost."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from align_tui.adms.ask import ask
from align_tui.backbones.local.backbone import LocalBackbone
from align_tui.backbones.local.first_decision import FirstDecision
from align_tui.config.adm_params import Reasoned
from align_tui.config.backbone_spec import DecodingSpec
from align_tui.engine.llm import SampleLlm
from engine_bench.work import Task


@dataclass(frozen=True)
class Sweep:
    """Seconds until the first decision and until the last one."""

    first: float
    whole: float


def decide(backbone: LocalBackbone, tasks: Sequence[Task], characters: int) -> Sweep:
    """Ask all decisions at once, with the probabilities of their choices, as the worker does.

    The reasoning has at most `characters` characters.
    """
    return asyncio.run(_decide(backbone, tasks, Reasoned(max_reasoning_chars=characters)))


async def _decide(backbone: LocalBackbone, tasks: Sequence[Task], params: Reasoned) -> Sweep:
    backbone._thread.batch.prefix_cache.clear()
    began = time.perf_counter()
    ends: list[float] = []

    async def one(task: Task) -> None:
        llm = SampleLlm(backbone, DecodingSpec(), 0, lambda stream, text: None, time.monotonic())
        await ask(llm, task.messages, task.choices, params=params, scored=True)
        ends.append(time.perf_counter() - began)

    await asyncio.gather(*(one(task) for task in tasks))
    return Sweep(min(ends), max(ends))


def measure(
    backbone: LocalBackbone, tasks: Sequence[Task], characters: int, turns: int
) -> dict[str, Any]:
    """Measure both ways in turn: reading ahead that yields to the first decision, and that doesn't.

    `first_decision_ratio`: the sweep's first decision over the same one alone (goal 2).
    `throughput_ratio`: decisions a second with yielding over those without (goal 0.95).
    """
    alone, yielding, plain = [], [], []
    decide(backbone, tasks, characters)  # the first sweep also allocates memory
    for _ in range(turns):
        alone.append(decide(backbone, tasks[:1], characters).first)
        backbone._thread.batch.first_decision = FirstDecision()
        yielding.append(decide(backbone, tasks, characters))
        backbone._thread.batch.first_decision = None
        plain.append(decide(backbone, tasks, characters))
    backbone._thread.batch.first_decision = FirstDecision()

    def middle(values: Sequence[float]) -> float:
        return round(statistics.median(values), 3)

    pairs = list(zip(alone, yielding, plain, strict=True))
    return {
        "decisions": len(tasks),
        "first_decision_ratio": middle([swept.first / one for one, swept, _ in pairs]),
        "without_yielding": middle([swept.first / one for one, _, swept in pairs]),
        "throughput_ratio": middle([other.whole / swept.whole for _, swept, other in pairs]),
        "seconds": {
            "alone": middle(alone),
            "first": middle([swept.first for swept in yielding]),
            "first_without_yielding": middle([swept.first for swept in plain]),
            "sweep": middle([swept.whole for swept in yielding]),
            "sweep_without_yielding": middle([swept.whole for swept in plain]),
        },
    }
