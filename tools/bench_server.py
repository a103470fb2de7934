"""Measure the worker's own cost of a decision by a server, beside a bare async client.

Prints JSON: cpu_ms (processor time of this process a decision, medians of alternating rounds):
`bare` (the OpenAI client alone on the same stream), `worker` (queue, decision-maker, stream,
checks, store; goal 10) and `worker_with_probabilities` (one more request a decision); ratio
(worker to bare); decisions_per_s (goal 100); wide: 256 streams at once whose chunks come 20 ms
apart, with memory_mb {first, most, last} (goal: flat). The server answers at once, in a process
of its own (instant_server.py).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
from openai import AsyncOpenAI

from align_tui.config.attributes import load_attributes
from align_tui.config.profile import Profile
from align_tui.config.prompts.render import render_messages
from align_tui.config.study import Study
from align_tui.core.replies import decision_schema
from align_tui.core.scenarios import Choice, Scenario
from align_tui.engine.worker import Settings, Worker
from align_tui.store import runs
from align_tui.store.database import open_database

SERVER = Path(__file__).with_name("instant_server.py")
AT_ONCE = 32
STREAMS = 256
BETWEEN_S = 0.02


@contextmanager
def serving(between_s: float = 0.0) -> Iterator[str]:
    """Start an instant server; its base URL."""
    process = subprocess.Popen(
        [sys.executable, str(SERVER), str(between_s)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdin is not None and process.stdout is not None
    try:
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}/v1"
    finally:
        process.stdin.close()
        process.wait(timeout=20)


def study(url: str, decisions: int, *, probabilities: bool, in_flight: int = AT_ONCE) -> Study:
    """A study of one baseline profile on a number of scenarios with different texts."""
    profile = Profile.model_validate(
        {
            "name": "baseline",
            "adm": {"kind": "baseline", "probabilities": probabilities},
            "backbone": {"kind": "openai", "server": {"base_urls": [url], "in_flight": in_flight}},
        }
    )
    text = "Patient A shielded others from the blast. Patient B set it off. " * 10
    choices = (Choice("Treat Patient A", {"moral_desert": 1.0}), Choice("Treat Patient B"))
    scenarios = tuple(Scenario(f"s{i}", f"{text}{i}", choices) for i in range(decisions))
    return Study("bench", (profile,), scenarios)


async def bare(url: str, decisions: int) -> tuple[float, float]:
    """(processor ms a decision, decisions/s) of the bare client with AT_ONCE streams."""
    of = study(url, decisions, probabilities=False)
    client = AsyncOpenAI(base_url=url, api_key="none", max_retries=0)
    schema = decision_schema(of.scenarios[0].choice_texts)
    turns = [
        [{"role": m.role, "content": m.content}
         for m in render_messages(of.profiles[0], scenario, (), load_attributes())]
        for scenario in of.scenarios
    ]  # fmt: skip
    todo = iter(turns)
    create: Any = client.chat.completions.create

    async def take() -> None:
        for messages in todo:
            body = {"structured_outputs": {"json": schema}}
            stream = await create(
                model="instant", messages=messages, stream=True, extra_body=body,
                stream_options={"include_usage": True},
            )  # fmt: skip
            async for chunk in stream:
                assert chunk.object

    async def connect() -> None:
        await client.models.list()

    async with asyncio.TaskGroup() as first:  # make the connections before the clock runs
        for _ in range(AT_ONCE):
            first.create_task(connect())
    cpu, began = time.process_time(), time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(take())
    spent, took = time.process_time() - cpu, time.perf_counter() - began
    await client.close()
    return 1000 * spent / decisions, decisions / took


class Bench:
    """A worker in this process, with its own database."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "runs.db"
        self.db = open_database(self.path)
        self.worker = Worker(open_database(self.path), Settings(self.path))
        self.memory: list[float] = []
        self._process = psutil.Process()

    async def decide(self, of: Study) -> tuple[float, float]:
        """(processor ms a decision, decisions/s) of a run; the worker must be running."""
        cpu, began = time.process_time(), time.perf_counter()
        run = runs.create_run(self.db, of, {})
        while not (row := runs.get_run(self.db, run)).finished:
            await asyncio.sleep(0.05)
            self.memory.append(self._process.memory_info().rss / 1e6)
        spent, took = time.process_time() - cpu, time.perf_counter() - began
        if row.done != len(of.scenarios):
            raise SystemExit(f"only {row.done} of {len(of.scenarios)} were decided")
        return 1000 * spent / row.done, row.done / took


async def measure(rounds: int, decisions: int, streams: int) -> dict[str, Any]:
    """Measure everything that main() prints."""
    found: dict[str, list[tuple[float, float]]] = {"bare": [], "worker": [], "probable": []}
    with tempfile.TemporaryDirectory() as folder, serving() as url, serving(BETWEEN_S) as slow:
        bench = Bench(Path(folder))
        task = asyncio.create_task(bench.worker.run())
        for probabilities in (False, True):  # a first round for imports, connections and caches
            await bench.decide(study(url, 64, probabilities=probabilities))
        for _ in range(rounds):
            found["bare"].append(await bare(url, decisions))
            for name in ("worker", "probable"):
                of = study(url, decisions, probabilities=name == "probable")
                found[name].append(await bench.decide(of))
        wide = study(slow, streams, probabilities=False, in_flight=STREAMS)
        await bench.decide(study(slow, 2 * STREAMS, probabilities=False, in_flight=STREAMS))
        bench.memory.clear()
        spent, held = await bench.decide(wide)
        memory = bench.memory
        bench.worker.stop()
        await task
    cpu = {name: statistics.median(ms for ms, _ in pairs) for name, pairs in found.items()}
    rates = {name: statistics.median(rate for _, rate in pairs) for name, pairs in found.items()}
    tenth = max(1, len(memory) // 10)
    return {
        "cpu_ms": {
            "bare": round(cpu["bare"], 2),
            "worker": round(cpu["worker"], 2),
            "worker_with_probabilities": round(cpu["probable"], 2),
        },
        "ratio": round(cpu["worker"] / cpu["bare"], 3),
        "decisions_per_s": {
            "bare": round(rates["bare"], 1),
            "worker": round(rates["worker"], 1),
            "worker_with_probabilities": round(rates["probable"], 1),
        },
        "wide": {
            "at_once": STREAMS,
            "streams": streams,
            "cpu_ms": round(spent, 2),
            "decisions_per_s": round(held, 1),
            "memory_mb": {
                "first": round(statistics.median(memory[:tenth]), 1),
                "most": round(max(memory), 1),
                "last": round(statistics.median(memory[-tenth:]), 1),
            },
        },
        "rounds": rounds,
        "decisions": decisions,
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one line, not indented JSON")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--decisions", type=int, default=400, help="how many in one round")
    parser.add_argument("--streams", type=int, default=3000, help="how many, 256 of them at once")
    asked = parser.parse_args()
    made = asyncio.run(measure(asked.rounds, asked.decisions, asked.streams))
    print(json.dumps(made, indent=None if asked.json else 2))


if __name__ == "__main__":
    main()
