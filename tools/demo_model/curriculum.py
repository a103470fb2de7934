"""The stages of training and the cells of validation."""

from __future__ import annotations

from dataclasses import dataclass, replace

from .batches import Emphasis
from .scenarios import Mix
from .train import Stage

LETTER = Emphasis(letter=10.0, prompt=0.02)
BARE = Mix(plain_system=True)
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
    """A validation cell: its mix, the pools taken from the held-out tenth, and who counts."""

    mix: Mix
    held: tuple[str, ...] = ()
    aligned: bool | None = True


CELLS = {
    "combinations": Cell(replace(CLEAN, baseline=0.0, two_targets=0.0)),
    "clauses": Cell(replace(CLEAN, baseline=0.0, two_targets=0.0), ("clauses",)),
    "wordings": Cell(
        replace(CLEAN, baseline=0.0, two_targets=0.0), ("frames", "systems", "stances")
    ),
    "three_by_two": Cell(replace(THREE_BY_TWO, noise=0.0, baseline=0.0, missing=0.0)),
    "baseline": Cell(replace(CLEAN, baseline=1.0), ("frames", "baselines"), False),
}


def stages(scale: float) -> list[Stage]:
    """The stages in order; `scale` multiplies their steps."""

    def steps(count: int) -> int:
        return max(1, int(count * scale))

    return [
        Stage(
            "words",
            [(1.0, BARE)],
            steps(600),
            2e-3,
            warm=60,
            batch=40,
            floor=0.8,
            gate=0.93,
            least=steps(300),
            check=50,
            early=True,
            emphasis=Emphasis(glossary=0.4),
        ),
        Stage(
            "few-highs",
            [(1.0, replace(BARE, lows=0.0, few=4))],
            steps(300),
            1.6e-3,
            batch=32,
            floor=0.9,
            gate=0.9,
            least=50,
            check=25,
            early=True,
            emphasis=LETTER,
        ),
        Stage(
            "few",
            [(1.0, replace(BARE, few=4))],
            steps(300),
            1.6e-3,
            batch=32,
            floor=0.9,
            gate=0.9,
            least=50,
            check=25,
            early=True,
            emphasis=LETTER,
        ),
        Stage(
            "letters",
            [(0.85, BARE), (0.15, replace(BARE, few=4))],
            steps(500),
            1.6e-3,
            batch=32,
            floor=0.7,
            gate=0.93,
            least=100,
            check=50,
            emphasis=replace(LETTER, letter=8.0, glossary=0.1),
        ),
        Stage(
            "settle",
            [(0.5, BARE), (0.3, SINGLE), (0.2, FULL)],
            steps(520),
            9e-4,
            batch=40,
            floor=0.03,
            check=65,
            publish=True,
            emphasis=Emphasis(letter=6.0, prompt=0.03, glossary=0.12),
        ),
    ]
