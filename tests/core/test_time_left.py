"""The time left is told only while it is known within a factor of two."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from align_tui.core.time_left import TimeLeft

Looks = list[tuple[float, float | None, float]]  # seconds, the estimate, the truth


def watched(ends: Sequence[float], step: float = 0.5) -> Looks:
    """Look at a run of which one sample ends at each of these seconds."""
    left, looks, ended, now = TimeLeft(), [], 0, 0.0
    while now < ends[-1]:
        now += step
        while ended < len(ends) and ends[ended] <= now:
            ended += 1
        left.look(now, ended, working=True)
        looks.append((now, left.seconds(len(ends) - ended), ends[-1] - now))
    return looks


def wrong_share(looks: Looks) -> float:
    """The share of estimates that are wrong by more than a factor of two, the last 5 s left out."""
    told = [(said, true) for _, said, true in looks if said is not None and true > 5]
    return sum(not true / 2 <= said <= true * 2 for said, true in told) / len(told)


def test_a_steady_run_tells_it_from_the_third_decision_on() -> None:
    looks = watched([float(n) for n in range(1, 101)])
    assert all(said is None for now, said, _ in looks if now < 3)
    assert wrong_share(looks) == 0
    assert sum(said is not None for _, said, _ in looks) > 0.9 * len(looks)


@pytest.mark.parametrize("seed", range(4))
def test_an_uneven_run_is_seldom_wrong(seed: int) -> None:
    drawn, now, ends = random.Random(seed), 0.0, []
    for _ in range(200):
        now += drawn.expovariate(1.0)
        ends.append(now)
    looks = watched(ends)
    assert wrong_share(looks) < 0.02 and any(said for _, said, _ in looks[:60])


def test_bursts_are_waited_for() -> None:
    looks = watched([10.0 * burst for burst in range(1, 20) for _ in range(16)])
    assert all(said is None for now, said, _ in looks if now < 20)
    assert wrong_share(looks) < 0.02


def test_a_slow_model_after_a_fast_one_makes_it_unknown_until_it_is_measured() -> None:
    ends = [0.05 * n for n in range(1, 41)] + [2 + 3.0 * n for n in range(1, 61)]
    looks = watched(ends, 0.25)
    assert all(said is None for now, said, _ in looks if 4 < now < 10)
    assert wrong_share([look for look in looks if look[0] > 10]) == 0


def test_time_without_work_does_not_count_and_a_stop_makes_it_unknown() -> None:
    left = TimeLeft()
    for now in range(10):
        left.look(float(now), now, working=True)
    before = left.seconds(5)
    assert before is not None
    left.look(3600.0, 9, working=False)
    assert left.seconds(5) == before
    for now in range(3601, 3640):
        left.look(float(now), 9, working=True)  # a worker that hangs
    assert left.seconds(5) is None
    assert left.seconds(0) is None and TimeLeft().seconds(3) is None
