"""Cases of the evaluation cells: native scenario records, and questions about them."""

from __future__ import annotations

import itertools
import json
import random
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .curriculum import CLEAN, THREE_BY_TWO
from .prompts import SHIPPED_BASELINE, SystemMaker
from .scenarios import Mix, Scenario, ScenarioMaker, Target
from .templates import ATTRIBUTES, Pools, with_held

Record = dict[str, Any]


@dataclass(frozen=True)
class Ask:
    """One question: its prompts, its targets (none: baseline) and the right choices."""

    cell: str
    scenario: str
    system: str
    user: str
    targets: tuple[Target, ...]
    choices: tuple[str, ...]
    right: int
    labels: tuple[tuple[tuple[str, int], ...], ...]


def record_of(scenario: Scenario, name: str) -> Record:
    """A scenario in the native format."""
    choices = [
        {
            "text": text,
            "labels": {name: float(labels[p]) for name, labels in scenario.labels.items()},
        }
        for text, p in zip(scenario.choices, scenario.order, strict=True)
    ]
    urgent = scenario.order.index(max(scenario.order, key=lambda p: scenario.urgency[p]))
    return {"id": name, "text": scenario.text, "choices": choices, "meta": {"most_urgent": urgent}}


def read_records(path: Path) -> list[Record]:
    """Read the records of a native JSONL or TOML file."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    lists = [
        value
        for value in tomllib.loads(text).values()
        if isinstance(value, list) and value and isinstance(value[0], dict)
    ]
    # TOML has a table `choice` for each; JSONL has `choices`.
    return [{"choices": record.get("choice", []), **record} for record in max(lists, key=len)]


def _labels(choice: Record) -> dict[str, float]:
    return {name: value for name, value in choice["labels"].items() if name in ATTRIBUTES}


def best_choice(record: Record, targets: Sequence[Target]) -> int | None:
    """The index of the only choice at the smallest distance; None if several tie."""
    if not targets:
        urgent = record.get("meta", {}).get("most_urgent")
        return None if urgent is None else int(urgent)
    distance = []
    for choice in record["choices"]:
        labels = _labels(choice)
        if any(name not in labels for name, _ in targets):
            return None
        distance.append(sum(abs(side - labels[name]) for name, side in targets))
    best = min(distance)
    return distance.index(best) if distance.count(best) == 1 else None


def targets_of(record: Record, width: int) -> list[list[Target]]:
    """Every set of `width` targets of a record, in every direction, with just one best choice."""
    names = [n for n in ATTRIBUTES if all(n in _labels(c) for c in record["choices"])]
    out = []
    for chosen in itertools.combinations(names, width):
        for sides in itertools.product((1, 0), repeat=width):
            targets = list(zip(chosen, sides, strict=True))
            if best_choice(record, targets) is not None:
                out.append(targets)
    return out


def ask(cell: str, record: Record, system: str, targets: Sequence[Target]) -> Ask | None:
    """A question about a record; None if no single choice is right."""
    right = best_choice(record, targets)
    if right is None:
        return None
    choices = tuple(choice["text"] for choice in record["choices"])
    user = record["text"].strip() + "\n\nChoices:\n" + "\n".join(f"- {c}" for c in choices)
    labels = tuple(
        tuple((name, int(value)) for name, value in _labels(choice).items() if value in (0, 1))
        for choice in record["choices"]
    )
    return Ask(cell, record["id"], system, user, tuple(targets), choices, right, labels)


@dataclass(frozen=True)
class CellPlan:
    """How to make a cell's records and the questions about them."""

    mix: Mix
    held: tuple[str, ...] = ()
    width: int = 1
    shipped: bool = True


PLANS = {
    "combinations": CellPlan(CLEAN),
    "clauses": CellPlan(CLEAN, ("clauses",)),
    "wordings": CellPlan(CLEAN, ("frames", "systems", "stances", "baselines"), shipped=False),
    "three_by_two": CellPlan(THREE_BY_TWO, width=2),
}


def make_records(
    train: Pools, held: Pools, plan: CellPlan, name: str, count: int, seed: int
) -> list[Record]:
    """Make the records of a cell from a seed."""
    rng = random.Random(seed)
    maker = ScenarioMaker(with_held(train, held, plan.held), plan.mix, rng)
    records: list[Record] = []
    while len(records) < count:
        scenario = maker.make()
        told = scenario.fact("condition", 0) is not None
        record = record_of(scenario, f"{name}-{len(records):04d}")
        if told and targets_of(record, plan.width):
            records.append(record)
    return records


def make_asks(
    cell: str, records: list[Record], pools: Pools, plan: CellPlan, most: int, seed: int
) -> list[Ask]:
    """Make questions about records: for targets in both directions, and one without a target."""
    rng = random.Random(seed)
    systems = SystemMaker(pools, plan.mix, rng)
    out: list[Ask] = []
    for record in records:
        sets = targets_of(record, plan.width)
        if plan.width == 1:
            names = sorted({targets[0][0] for targets in sets})
            name = rng.choice(names) if most < len(names) * 2 else None
            sets = [t for t in sets if name is None or t[0][0] == name]
        else:
            sets = rng.sample(sets, min(most, len(sets)))
        for targets in sets:
            system = systems.shipped(targets) if plan.shipped else systems.make(targets)
            out += [a for a in [ask(cell, record, system, targets)] if a]
        system = SHIPPED_BASELINE if plan.shipped else systems.make([])
        out += [a for a in [ask(cell, record, system, [])] if a]
    return out
