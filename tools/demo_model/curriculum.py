"""The stages of training and the cells of validation."""

from __future__ import annotations

from dataclasses import dataclass, replace

from .batches import Emphasis
from .scenarios import Mix
from .train import Stage

BARE = Mix(plain_system=True, condition=0.4, free_order=True)
SINGLE = Mix(
    attributes=(0.6, 0.4, 0.0),
    two_targets=0.15,
    frame=0.5,
    condition=0.9,
    filler=0.05,
    question=0.2,
    free_order=True,
    noise=0.06,
    cue=0.05,
    other_choices=0.15,
    baseline=0.6,
    missing=0.03,
    long_system=0.02,
)
FULL = Mix(
    three=0.4,
    attributes=(0.35, 0.5, 0.15),
    two_targets=0.6,
    frame=0.75,
    condition=0.95,
    filler=0.2,
    question=0.35,
    free_order=True,
    noise=0.12,
    cue=0.06,
    other_choices=0.2,
    baseline=0.55,
    missing=0.04,
    long_system=0.04,
    pair=0.7,
)
THREE_BY_TWO = replace(FULL, three=1.0, attributes=(0.0, 1.0, 0.0), two_targets=1.0)
CLEAN = replace(FULL, three=0.0, noise=0.0, cue=0.0, other_choices=0.0, missing=0.0)


@dataclass(frozen=True)
class Cell:
    """A validation cell.

    `held` names the pools that come from the held-out tenth. `aligned` selects aligned samples
    (True), baseline samples (False) or all (None).
    """

    mix: Mix
    held: tuple[str, ...] = ()
    aligned: bool | None = True


CELLS = {
    "combinations": Cell(replace(CLEAN, baseline=0.0, two_targets=0.0)),
    "clauses": Cell(replace(CLEAN, baseline=0.0, two_targets=0.0), ("clauses",)),
    "wordings": Cell(
        replace(CLEAN, baseline=0.0, two_targets=0.0), ("frames", "systems", "stances")
    ),
    "three_by_two": Cell(replace(THREE_BY_TWO, noise=0.0, baseline=0.0, missing=0.0, tally=True)),
    "baseline": Cell(replace(CLEAN, baseline=1.0), ("frames", "baselines"), False),
}


def stages(scale: float) -> list[Stage]:
    """The stages in order; `scale` multiplies their steps."""

    def steps(count: int) -> int:
        return max(1, int(count * scale))

    return [
        Stage(
            "clauses",
            [(1.0, replace(SINGLE, noise=0.15))],
            steps(1800),
            1.5e-3,
            warm=100,
            floor=0.7,
            batch=64,
            check=600,
            emphasis=Emphasis(clauses=1.0),
        ),
        Stage(
            "find",
            [(0.5, BARE), (0.5, SINGLE)],
            steps(1200),
            1.2e-3,
            floor=0.8,
            batch=16,
            check=200,
            emphasis=Emphasis(prompt=0.03, gaps=0.1),
        ),
        Stage(
            "read",
            [(0.15, BARE), (0.45, SINGLE), (0.4, FULL)],
            steps(3500),
            1.1e-3,
            floor=0.6,
            batch=16,
            check=500,
            publish=True,
            emphasis=Emphasis(prompt=0.03, gaps=0.35),
        ),
        Stage(
            "settle",
            [(0.25, SINGLE), (0.5, FULL), (0.25, THREE_BY_TWO)],
            steps(3200),
            7e-4,
            floor=0.02,
            batch=24,
            check=400,
            publish=True,
            emphasis=Emphasis(prompt=0.03, gaps=0.35),
        ),
        Stage(
            "tally",
            [
                (0.2, replace(SINGLE, tally=True)),
                (0.35, replace(FULL, tally=True)),
                (0.45, replace(THREE_BY_TWO, tally=True)),
            ],
            steps(1200),
            5e-4,
            warm=50,
            floor=0.02,
            batch=16,
            check=300,
            publish=True,
            emphasis=Emphasis(prompt=0.03, gaps=0.3),
        ),
    ]
