"""GPU benchmarks: batch-1 decoding against the bandwidth limit, and a table of batch sizes."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

import torch

from align_tui.backbones.local.backbone import LocalBackbone
from engine_bench import ours
from engine_bench.work import Task

BATCHES = (1, 2, 4, 8, 16, 32, 64, 128, 256)


def copy_bandwidth(size: int = 1 << 30, rounds: int = 20) -> float:
    """Bytes a second that the GPU reads and writes when it copies a buffer of `size` bytes."""
    source = torch.empty(size, dtype=torch.uint8, device="cuda")
    target = torch.empty_like(source)
    seconds = _timed(lambda: target.copy_(source), rounds)
    return 2 * size / seconds


def _timed(work: Callable[[], object], rounds: int) -> float:
    for _ in range(3):
        work()
    torch.cuda.synchronize()
    began = time.perf_counter()
    for _ in range(rounds):
        work()
    torch.cuda.synchronize()
    return (time.perf_counter() - began) / rounds


def weight_bytes(backbone: LocalBackbone) -> int:
    """Bytes that one decoding step reads: all weights except the embedding's unused rows."""
    model = backbone._loaded.model
    embedding = model.get_input_embeddings().weight
    total = sum(p.numel() * p.element_size() for p in model.parameters())
    return total - embedding.numel() * embedding.element_size()  # type: ignore[operator]


def decoding_table(
    backbone: LocalBackbone,
    tasks: list[Task],
    max_tokens: int,
    batches: Sequence[int] = BATCHES,
) -> dict[str, Any]:
    """Tokens a second by batch size; at batch 1 also the share of the bandwidth limit.

    A step's time comes from the difference between a long and a short reply, without the prompt.
    """
    rows = []
    limit = copy_bandwidth() / weight_bytes(backbone)
    for batch in batches:
        many = [tasks[i % len(tasks)] for i in range(batch)]
        ours.decide(backbone, many, max_tokens)
        graphs = backbone._thread.batch._graphs
        recorded, run = (graphs.recorded, graphs.steps_run) if graphs is not None else (0, 0)
        long = ours.decide(backbone, many, max_tokens)
        short = ours.decide(backbone, many, max_tokens // 2, whole=False)
        if graphs is not None:
            recorded, run = graphs.recorded - recorded, graphs.steps_run - run
        steps = sum(long.tokens) / batch - sum(short.tokens) / batch
        step = (long.seconds - short.seconds) / steps if steps > 0 else float("nan")
        rows.append(
            {
                "batch": batch,
                "step_ms": round(step * 1000, 3),
                "tokens_per_s": round(batch / step, 1),
                "decisions_per_s": round(long.rate, 3),
                "static_steps": run,
                "recorded_anew": recorded,
            }
        )
        print(rows[-1], file=sys.stderr, flush=True)
    return {
        "copy_bandwidth_gb_s": round(limit * weight_bytes(backbone) / 1e9, 1),
        "batch1_of_bandwidth_limit": round(rows[0]["tokens_per_s"] / limit, 3),
        "table": rows,
    }
