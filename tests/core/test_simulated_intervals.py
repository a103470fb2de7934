"""Errors of the sign-flip test and coverage of intervals: exact where possible, else simulated."""

from __future__ import annotations

import importlib
import math
from functools import cache
from typing import Any

import pytest

from align_tui.core.stats.clusters import Asked, cluster_mean
from align_tui.core.stats.paired_clusters import sign_flip

simulation = importlib.import_module("tools.simulate_intervals")

QUESTIONS = 18


@cache
def _rejected(a: int, b: int) -> bool:
    return sign_flip([-1.0] * a + [1.0] * b, range(a + b)).p <= 0.05


def _errors(differ: float) -> float:
    """The exact type I error for 18 questions asked once, of which a share `differ` differs."""
    return math.fsum(
        math.comb(QUESTIONS, n)
        * differ**n
        * (1 - differ) ** (QUESTIONS - n)
        * math.comb(n, a)
        / 2**n
        for n in range(QUESTIONS + 1)
        for a in range(n + 1)
        if _rejected(a, n - a)
    )


def test_the_exact_error_of_questions_asked_once() -> None:
    """.03 to .07 where columns differ on a third of questions or more, and never above.

    Where few pairs differ, no test can use its 5 %: a test of 4 pairs or fewer never rejects.
    """
    assert all(0.03 <= _errors(differ / 100) <= 0.07 for differ in range(35, 101))
    assert all(_errors(differ / 100) <= 0.07 for differ in range(35))
    assert _errors(0.1) < 0.01


def test_the_exact_coverage_of_questions_asked_once() -> None:
    for p in (0.5, 0.7, 0.85, 0.95):
        held = 0.0
        for right in range(QUESTIONS + 1):
            found = cluster_mean(Asked(i, float(i < right), 1) for i in range(QUESTIONS))
            assert found is not None
            if found.low <= p <= found.high:
                held += math.comb(QUESTIONS, right) * p**right * (1 - p) ** (QUESTIONS - right)
        assert 0.92 <= held <= 0.98


@pytest.mark.parametrize(
    "kind",
    [
        simulation.Kind((1,) * QUESTIONS, 5, False, 0.7, 0.7),
        simulation.Kind((1,) * QUESTIONS, 20, False, 0.7, 0.7),
        simulation.Kind(simulation.families(12), 5, False, 0.7, 0.7),
        simulation.Kind(simulation.families(18), 1, True, 0.5, 0.5),
    ],
)
def test_simulated_errors_and_coverage(kind: Any) -> None:
    """The true rates are .03 to .07 and .92 to .97; 300 studies add three binomial errors."""
    number = 300
    found = simulation.measure(kind, number, 13, beside=False)
    assert _between(found["errors"]["mid-p"], 0.03, 0.07, number)
    for each in found["coverage"].values():
        assert _between(each["ours"], 0.92, 0.97, number)


def _between(share: float, low: float, high: float, number: int) -> bool:
    def error(p: float) -> float:
        return 3 * math.sqrt(p * (1 - p) / number)

    return low - error(low) <= share <= high + error(high)
