"""Claim and end samples as workers do: full rows, several processes on one database."""

from __future__ import annotations

import json
import multiprocessing
import random
import statistics
import time
from pathlib import Path

from align_tui.config.profile import Profile
from align_tui.config.study import Study
from align_tui.core.answers import ChoiceAnswer
from align_tui.core.decisions import Decision, Generation, Message, Response, Sampling
from align_tui.core.replies import decision_schema
from align_tui.core.scenarios import Choice, Scenario
from align_tui.core.scorers.base import Score
from align_tui.store import queue, runs
from align_tui.store.database import Database, open_database
from align_tui.store.outcomes import Claimed, Decided, end_all

WORDS = (
    "patient", "bleeding", "rescuer", "protocol", "steady", "gamble", "promise", "stranger",
    "commander", "treated", "first", "because", "merit", "urgent", "serious", "critical",
    "minor", "high", "low", "fairness", "desert", "aversion", "care", "the", "of", "a",
)  # fmt: skip
CHOICES = ("Treat Patient A", "Treat Patient B")
CLAIM_BATCH = 8  # as in the worker
SCENARIOS, PROFILES = 500, 4


def make_study(repeat: int = 1) -> Study:
    """A study of 500 scenarios x 4 profiles x `repeat`."""
    profiles = tuple(
        Profile.model_validate(
            {
                "name": f"p{i}",
                "adm": {"kind": "random"},
                "target": [{"attribute": "moral_desert", "value": float(i % 2)}],
            }
        )
        for i in range(PROFILES)
    )
    scenarios = tuple(
        Scenario(f"s{i}", f"text {i}", (Choice(CHOICES[0], {"moral_desert": 1.0}), Choice("B")))
        for i in range(SCENARIOS)
    )
    return Study("bench", profiles, scenarios, repeat=repeat)


def decided(claimed: Claimed, chance: random.Random) -> Decided:
    """A decision like a model's: prompt, messages, schema, reply, and the reply's timeline."""
    reasoning = " ".join(chance.choices(WORDS, k=40))
    text = json.dumps({"reasoning": reasoning, "choice": CHOICES[0]}, separators=(",", ":"))
    prompt = f"scenario {claimed.scenario} under profile {claimed.profile}. " + "word " * 200
    made = Generation(
        text=text,
        prompt=prompt,
        prompt_tokens=240,
        tokens=160,
        finish="stop",
        first_token_s=0.1,
        total_s=2.0,
        timeline=tuple((0.0125 * i, 2 * i) for i in range(160)),
    )
    messages = (Message("system", prompt[:600]), Message("user", prompt[600:]))
    schema = decision_schema(CHOICES)
    sampling = Sampling(seed=claimed.id)
    response = Response("positive", 0, reasoning, messages, schema, sampling, made)
    decision = Decision(ChoiceAnswer(0), reasoning, (0.7, 0.3), responses=(response,))
    scores = {f"moral_desert={float(claimed.profile % 2)}": Score(True, 0.0, True)}
    return Decided(claimed, decision, CHOICES[0], scores, 2.0)


def serve(db: Database, worker: str, chance: random.Random, most: int | None = None) -> int:
    """Claim and end samples until the queue is empty, `most` at most; how many."""
    done = 0
    while (most is None or done < most) and (claimed := queue.claim(db, worker, CLAIM_BATCH)):
        ended = end_all(db, worker, [decided(each, chance) for each in claimed])
        if not all(ended):
            raise RuntimeError("a lease was lost")
        done += len(claimed)
    return done


def _process(path: Path, worker: str, gate: multiprocessing.synchronize.Barrier) -> None:
    db = open_database(path)
    gate.wait()
    serve(db, worker, random.Random(worker))
    db.close()


def several_workers(path: Path, count: int, repeat: int = 5) -> dict[str, float]:
    """Samples a second of `count` processes on one database of 2,000 x `repeat` samples."""
    db = open_database(path)
    run = runs.create_run(db, make_study(repeat), {})
    spawn = multiprocessing.get_context("spawn")
    gate = spawn.Barrier(count + 1)
    processes = [spawn.Process(target=_process, args=(path, f"w{i}", gate)) for i in range(count)]
    for process in processes:
        process.start()
    gate.wait()
    began = time.perf_counter()
    for process in processes:
        process.join()
    seconds = time.perf_counter() - began
    done = runs.get_run(db, run).done
    doubled = db.read("SELECT count(*) - count(DISTINCT sample) FROM results")[0][0]
    db.close()
    if done != SCENARIOS * PROFILES * repeat or doubled:
        raise RuntimeError(f"{done} samples done, {doubled} of them twice")
    return {"workers": count, "samples": done, "per_s": round(done / seconds)}


def fill(db: Database, samples: int, chance: random.Random) -> float:
    """Decide a number of samples in runs of 2,000; how many a second."""
    began, done = time.perf_counter(), 0
    while done < samples:
        runs.create_run(db, make_study(), {})
        done += serve(db, "bench", chance)
    return round(done / (time.perf_counter() - began))


def growth(folder: Path, filled: Database, samples: int, rounds: int = 9) -> dict[str, float]:
    """Milliseconds to claim and end a sample, in turns on three databases.

    One is new with 2,000 samples, one (`filled`) has decided `samples` before, and one has as many
    pending samples.
    """
    fresh, pending = open_database(folder / "fresh.db"), open_database(folder / "pending.db")
    runs.create_run(fresh, make_study(), {})
    runs.create_run(filled, make_study(), {})
    runs.create_run(pending, make_study(max(1, samples // (SCENARIOS * PROFILES))), {})
    chance = random.Random(2)
    spent: dict[str, list[float]] = {"fresh": [], "filled": [], "pending": []}
    for _ in range(rounds):
        for name, db in (("fresh", fresh), ("filled", filled), ("pending", pending)):
            began = time.perf_counter()
            served = serve(db, "bench", chance, 200)
            spent[name].append((time.perf_counter() - began) / served * 1000)
    fresh.close()
    pending.close()
    middle = {name: statistics.median(values) for name, values in spent.items()}
    return {f"{name}_ms": round(value, 3) for name, value in middle.items()} | {
        "filled_over_fresh": round(middle["filled"] / middle["fresh"], 2),
        "pending_over_fresh": round(middle["pending"] / middle["fresh"], 2),
    }
