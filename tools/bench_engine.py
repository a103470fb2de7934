"""Compare the program's engine with the reference: outlines and `generate`, one generator a call.

Both decide 16 probes x 4 profiles, with prompts of about 240 tokens and reasoning of exactly 160
tokens, on models with random weights. They take turns in one process, each with a copy of the
model. In one turn the reference decides a part of the work (each decision takes equally long), the
engine all of it (it gains from full batches). Prints JSON about the first shape:

ratios.sequential   the engine's decisions/s over the reference's, one by one (goal 5)
ratios.batched      the same over the reference's by four (goal 2.2)
ratios.samples8     the same over one by one, with 8 samples a decision (goal 8)
first_text_ratio    time to the engine's first text over the reference's first answer (goal 0.1)
first_decision_ratio  a sweep's first decision over the same one alone (goal 2); throughput_ratio is
                    what that costs: decisions/s over those of reading ahead at will (goal 0.95)
decisions_per_s, device, shapes: the engine's; the device; and every shape's own figures

--quick measures the 30M shape alone, within ten minutes on one core. The full run adds 40M with 32k
tokens and, on a GPU, the shapes of a 1B and an 8B model (goals there: 60 and 20; batch-1 decoding
at 0.6 of the bandwidth limit); --shapes names some. --model PATH compares on a real model's folder
instead, on --scenarios (a set or a file; the demo's by default) with the default prompts.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from engine_bench import cuda, first, ours
from engine_bench.models import SHAPES, Shape, describe, make_model
from engine_bench.reference import Measured, Reference
from engine_bench.work import Task, make_tasks, scenario_tasks, texts
from transformers.utils import logging as transformers_logging

OPEN = "open: no CUDA device here; run `python tools/bench_engine.py --json` on a machine with one"


def share_of(tasks: Sequence[Task], turn: int, turns: int) -> list[Task]:
    """The probes of one turn; the reference decides different ones in each turn."""
    return [task for task in tasks if task.probe % turns == turn % turns]


def measure(shape: Shape, folder: Path, args: argparse.Namespace) -> dict[str, Any]:
    """Measure everything for one shape, in alternating turns."""
    tasks = make_tasks(args.probes, args.tokens)
    make_model(shape, folder, texts(tasks))
    cap = args.tokens + 96
    reference = Reference(folder, shape.device, cap)
    backbone = ours.load(folder, shape.device)
    reference.warm_up(tasks[0])
    ours.decide(backbone, tasks[:1], cap)
    turns: list[dict[str, Measured]] = []
    for turn in range(args.turns):
        part = share_of(tasks, turn, args.parts)
        turns.append(
            {
                "sequential": reference.sequential(part),
                "ours": ours.decide(backbone, tasks, cap),
                "batched": reference.batched(part),
                "sequential8": reference.sequential([part[0]], samples=8),
                "ours8": ours.decide(backbone, tasks[: args.samples8], cap, samples=8),
            }
        )
        print(f"{shape.name}: turn {turn + 1} of {args.turns}", file=sys.stderr, flush=True)
    found = summary(shape, tasks, turns, reference)
    found["notes"] = list(backbone.info.notes)
    found["sweep"] = first.measure(backbone, tasks[:36], args.tokens, args.turns)
    if shape.device == "cuda":
        found["decoding"] = cuda.decoding_table(backbone, tasks, cap, args.batches)
    backbone.close()
    return found


def decoding_only(shape: Shape, folder: Path, args: argparse.Namespace) -> dict[str, Any]:
    """Measure only the engine's table of batch sizes."""
    tasks = make_tasks(args.probes, args.tokens)
    make_model(shape, folder, texts(tasks))
    backbone = ours.load(folder, shape.device)
    found = cuda.decoding_table(backbone, tasks, args.tokens + 96, args.batches)
    backbone.close()
    return {"shape": describe(shape), "decoding": found, "notes": list(backbone.info.notes)}


def measure_real(args: argparse.Namespace) -> dict[str, Any]:
    """Measure a real model on the prompts of a scenario set, as a study asks them."""
    folder = Path(args.model)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    tasks = scenario_tasks(args.scenarios, args.decisions)
    backbone = ours.load(folder, device)
    torch.set_num_threads(1)
    found: dict[str, Any] = {"model": folder.name, "notes": list(backbone.info.notes)}
    for characters in (args.tokens, 512):
        told = first.measure(backbone, tasks, characters, args.turns)
        found[f"reasoning_{characters}"] = told
        print(f"{folder.name}: reasoning of {characters}", file=sys.stderr, flush=True)
    if args.reference:
        reference = Reference(folder, device, 512, backbone._tokenizer.chat)
        part = tasks[:: max(1, len(tasks) // args.reference)]
        reference.warm_up(tasks[0])
        alone = reference.sequential(part)
        swept = ours.decide(backbone, tasks, 512)
        found["decisions_per_s"] = {"sequential": alone.rate, "ours": swept.rate}
        found["ratio"] = round(swept.rate / alone.rate, 2)
    backbone.close()
    return found


def summary(
    shape: Shape, tasks: Sequence[Task], turns: Sequence[dict[str, Measured]], reference: Reference
) -> dict[str, Any]:
    """Medians over the turns, of ratios within a turn."""

    def middle(values: Sequence[float]) -> float:
        return round(statistics.median(values), 3)

    def ratio(ours_name: str, other: str) -> float:
        return middle([turn[ours_name].rate / turn[other].rate for turn in turns])

    lengths = [len(reference.tokenizer(task.prompt)["input_ids"]) for task in tasks]
    return {
        "shape": describe(shape),
        "parameters": reference.parameters,
        "prompt_tokens": middle(lengths),
        "reply_tokens": {
            name: middle([sum(t[name].tokens) / len(t[name].tokens) for t in turns])
            for name in turns[0]
        },
        "decisions_per_s": {name: middle([t[name].rate for t in turns]) for name in turns[0]},
        "first_s": {
            name: middle([t[name].first for t in turns]) for name in ("sequential", "ours")
        },
        "ratios": {
            "sequential": ratio("ours", "sequential"),
            "batched": ratio("ours", "batched"),
            "samples8": ratio("ours8", "sequential8"),
        },
        "first_text_ratio": middle([t["ours"].first / t["sequential"].first for t in turns]),
    }


def device_name() -> str:
    """The name of the GPU, or the processor's with the number of threads."""
    if torch.cuda.is_available():
        return torch.cuda.get_device_name(0)
    cpu = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        "CPU",
    )
    return f"{cpu}, {torch.get_num_threads()} thread"


def arguments() -> argparse.Namespace:
    """The parser of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--json", action="store_true", help="print one line of JSON (the default)")
    parser.add_argument("--quick", action="store_true", help="measure the 30M shape alone")
    parser.add_argument("--probes", type=int, default=16)
    parser.add_argument("--tokens", type=int, default=160, help="of reasoning")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--parts", type=int, default=4, help="the reference takes 1/PARTS a turn")
    parser.add_argument("--table", help="only the table of batches of this shape (GPU)")
    parser.add_argument(
        "--batches",
        type=lambda text: tuple(map(int, text.split(","))),
        default=cuda.BATCHES,
        help="the batch sizes of that table, like 1,8,64",
    )
    parser.add_argument("--shapes", help="some of 30M,40M,1B,8B")
    parser.add_argument("--model", help="the folder of a real model, instead of random ones")
    parser.add_argument("--scenarios", default="demo-triage", help="for --model: a set or a file")
    parser.add_argument("--decisions", type=int, default=36, help="for --model: how many at once")
    parser.add_argument("--reference", type=int, default=6, help="how many for the reference")
    parser.add_argument(
        "--samples8", type=int, default=8, help="decisions of 8 samples in one turn"
    )
    return parser.parse_args()


def main() -> None:
    """Measure and print."""
    args = arguments()
    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    if args.table:
        with tempfile.TemporaryDirectory() as folder:
            found = decoding_only(SHAPES[args.table], Path(folder) / args.table, args)
        print(json.dumps({"device": device_name()} | found))
        return
    wanted = ["30M"] if args.quick else ["30M", "40M"]
    if torch.cuda.is_available() and not args.quick:
        wanted += ["1B", "8B"]
    if args.shapes:
        wanted = args.shapes.split(",")
    on_cpu = any(SHAPES[name].device == "cpu" for name in wanted)
    if on_cpu and hasattr(os, "sched_setaffinity"):  # both sides and their processes share one core
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    torch.set_num_threads(1)
    if args.model:
        print(json.dumps({"device": device_name()} | measure_real(args)))
        return
    shapes: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        for name in wanted:
            shapes[name] = measure(SHAPES[name], Path(folder) / name, args)
    one = shapes[wanted[0]]
    result = {
        "ratios": one["ratios"],
        "first_text_ratio": one["first_text_ratio"],
        "first_decision_ratio": one["sweep"]["first_decision_ratio"],
        "throughput_ratio": one["sweep"]["throughput_ratio"],
        "decisions_per_s": one["decisions_per_s"]["ours"],
        "device": device_name(),
        "cuda": "measured" if "8B" in shapes else OPEN,
        "turns": args.turns,
        "reasoning_tokens": args.tokens,
        "shapes": shapes,
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
