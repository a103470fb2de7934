"""Measure how far the ways of deciding agree, on the demo model: probes x 4 profiles, greedy.

Prints JSON with shares of all decisions, each against the batched engine in the same dtype:
generate (`model.generate` under the same compact grammar): equal texts, equal decisions;
outlines_default (under the grammar of Outlines' default backend, which allows blanks): the same;
scored (the choice that a scoring pass finds likeliest): equal decisions.
And the share of decisions in bfloat16 that are the same in float32.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from engine_bench.work import Task, make_tasks

from align_tui.backbones.base import ChoiceScoringRequest
from align_tui.backbones.local.backbone import LocalBackbone
from align_tui.backbones.local.hf_generate import HfGenerator
from align_tui.backbones.registry import open_backbone
from align_tui.config.backbone_spec import BackboneSpec
from align_tui.core.decisions import Generation, Sampling
from align_tui.core.errors import ReplyError
from align_tui.core.replies import choice_start, decision_schema, read_reply
from align_tui.core.types import canonical

CHARACTERS = 200


def choice(task: Task, made: Generation) -> int | None:
    """The choice of a reply; None if the reply was cut."""
    try:
        return read_reply(made.text, task.choices, "before")[0]
    except ReplyError:
        return None


async def write(backbone: LocalBackbone, tasks: Sequence[Task], engine: str) -> list[Generation]:
    """The replies to all tasks, requested together."""
    sampling = Sampling(max_tokens=400)
    return await asyncio.gather(
        *(backbone.generate(task.request(sampling, engine), lambda _, text: None) for task in tasks)
    )


async def score(backbone: LocalBackbone, task: Task, made: Generation) -> int | None:
    """The choice that one scoring pass draws after the reply's own reasoning."""
    start = choice_start(made.text, "before")
    if start is None:
        return None
    replies = [made.text[:start] + canonical(each)[1:] for each in task.choices]
    return (await backbone.score(ChoiceScoringRequest(task.messages, tuple(replies)))).drawn


def equal(tasks: Sequence[Task], one: Sequence[Generation], other: Sequence[Generation]) -> Any:
    """The shares of equal texts (except blanks between JSON tokens) and of equal decisions."""
    pairs = list(zip(tasks, one, other, strict=True))
    return {
        "texts": round(sum(a.text == b.text for _, a, b in pairs) / len(pairs), 4),
        "decisions": round(sum(choice(t, a) == choice(t, b) for t, a, b in pairs) / len(pairs), 4),
    }


async def compare(tasks: Sequence[Task], dtype: str) -> tuple[dict[str, Any], list[int | None]]:
    """Compare all ways in one dtype; also the decisions of the batched engine."""
    spec = BackboneSpec.model_validate({"kind": "demo", "dtype": dtype, "device": "cpu"})
    backbone = open_backbone(spec, lambda what, share: None)
    assert isinstance(backbone, LocalBackbone)
    batched = await write(backbone, tasks, "batched")
    plain = await write(backbone, tasks, "generate")
    backbone._thread.hf_generator = HfGenerator(backbone._loaded, "outlines_core")
    default = await write(backbone, tasks, "generate")
    scored = [await score(backbone, t, made) for t, made in zip(tasks, batched, strict=True)]
    backbone.close()
    taken = [choice(task, made) for task, made in zip(tasks, batched, strict=True)]
    agreed = sum(a == b for a, b in zip(scored, taken, strict=True)) / len(tasks)
    found = {
        "generate": equal(tasks, batched, plain),
        "outlines_default": equal(tasks, batched, default),
        "scored": {"decisions": round(agreed, 4)},
    }
    return found, taken


async def run(probes: int) -> dict[str, Any]:
    """Compare in both dtypes."""
    tasks = [
        replace(task, schema=decision_schema(task.choices, "before", CHARACTERS))
        for task in make_tasks(probes, CHARACTERS)
    ]
    single, in_single = await compare(tasks, "float32")
    half, in_half = await compare(tasks, "bfloat16")
    same = sum(a == b for a, b in zip(in_single, in_half, strict=True)) / len(tasks)
    return {
        "decisions": len(tasks),
        "float32": single,
        "bfloat16": half,
        "bfloat16_as_float32": {"decisions": round(same, 4)},
    }


def main() -> None:
    """Compare and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--probes", type=int, default=50)
    print(json.dumps(asyncio.run(run(parser.parse_args().probes))))


if __name__ == "__main__":
    main()
