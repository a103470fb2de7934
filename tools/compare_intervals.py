"""Compare known intervals with the program's, on the studies of tools/simulate_intervals.py.

Prints JSON Lines, one for each kind of study. `accuracy` has, by the name of a method, [coverage,
mean width] of the 95 % interval of a cluster-robust accuracy. `difference` is for 4 to 9 clusters:
[coverage, mean width] of the interval of a paired difference, how often it leaves out 0 though the
sign-flip test does not reject, and how often it holds 0 though the test rejects. `errors` has the
share of true null hypotheses that the sign-flip test, and the t test over clusters, reject at 5 %.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import numpy as np
from scipy.special import betainc, betaincinv, stdtrit
from simulate_intervals import Kind, Numbers, families, kinds, simulate

from align_tui.core.stats.clusters import Z, t_quantile
from align_tui.core.stats.inversion import not_rejected
from align_tui.core.stats.paired_clusters import Pair, PairedDifference, paired_difference

SLACK = 1e-9
FEW = range(4, 10)  # clusters
PAIRS = ((0.5, 0.5), (0.7, 0.7), (0.85, 0.85), (0.95, 0.95), (0.6, 0.75), (0.2, 0.8), (0.05, 0.95))
Ends = tuple[Numbers, Numbers]


@dataclass(frozen=True, slots=True)
class Studies:
    """The means (0..1) of many studies of one kind, and the parts of their standard errors."""

    kind: Kind
    mean: Numbers
    spread: Numbers  # the sum over clusters of (sum of deviations)^2
    leverage: Numbers  # the same, each over 1 - its cluster's share of the questions (CR2)
    plain: np.ndarray[Any, np.dtype[np.bool_]]  # Wilson's without clusters

    @property
    def questions(self) -> int:
        """The number of questions of each study."""
        return sum(self.kind.sizes)

    @property
    def clusters(self) -> int:
        """The number of clusters of each study."""
        return len(self.kind.sizes)

    def robust(self) -> Numbers:
        """The program's standard errors: with the factor C / (C - 1)."""
        return np.sqrt(self.clusters / (self.clusters - 1) * self.spread) / self.questions

    def unbiased(self) -> Numbers:
        """Standard errors that are unbiased where questions are independent."""
        n, squares = self.questions, sum(m * m for m in self.kind.sizes)
        return np.sqrt(self.spread / (1 - squares / n**2)) / n

    def size(self, error: Numbers, *, drawn: bool = True) -> Numbers:
        """The effective number of decisions (`effective_size` of core/stats/clusters.py)."""
        n, count, within = self.questions, self.clusters, self.mean * (1 - self.mean)
        with np.errstate(all="ignore"):
            effect = (n - 1) * error**2 / within
            if drawn:
                shrunk = ((count - 1) * effect + 2) / (count + 1)
                effect = np.where(effect < 1, shrunk, effect)
            most = n * self.kind.repeats
            found = np.where(within <= 0, count, np.minimum(most, n / effect))
        return np.asarray(found)

    def degrees(self) -> float:
        """Satterthwaite's degrees of freedom where questions are independent."""
        n, sizes = self.questions, np.array(self.kind.sizes, dtype=float)
        squares, cubes = float((sizes**2).sum()), float((sizes**3).sum())
        trace = n - squares / n
        return trace**2 / (squares - 2 * cubes / n + squares**2 / n**2)

    def bell_mccaffrey(self) -> float:
        """The degrees of freedom of R. M. Bell and D. F. McCaffrey (2002) for CR2."""
        n, sizes = self.questions, np.array(self.kind.sizes, dtype=float)
        scale = 1 / np.sqrt(1 - sizes / n)
        moved = (np.diag(sizes) - np.outer(sizes, sizes) / n) * np.outer(scale, scale)
        return float(np.trace(moved) ** 2 / (moved**2).sum())


def studies_of(kind: Kind, number: int, seed: int) -> Studies:
    """Simulate `number` studies of a kind; only their first column counts."""
    right = simulate(kind, number, np.random.default_rng(seed))[:, 0]
    sizes = np.array(kind.sizes)
    values = right / kind.repeats
    mean = values.mean(1)
    sums = (values - mean[:, None]) @ np.eye(len(sizes))[np.array(kind.clusters)]
    sure = np.all((values == 0) | (values == 1), 1) | (kind.repeats == 1)
    return Studies(
        kind,
        mean,
        (sums**2).sum(1),
        (sums**2 / (1 - sizes / sizes.sum())).sum(1),
        sure & (len(sizes) == int(sizes.sum())),
    )


def wilson(mean: Numbers, size: Numbers, t: float) -> Ends:
    """Wilson's interval of an effective size."""
    centre = (mean + t * t / (2 * size)) / (1 + t * t / size)
    root = np.sqrt(mean * (1 - mean) / size + t * t / (4 * size * size))
    half = t / (1 + t * t / size) * root
    return centre - half, centre + half


def agresti_coull(mean: Numbers, size: Numbers, t: float) -> Ends:
    """The interval of A. Agresti and B. A. Coull (American Statistician 52, 1998)."""
    total = size + t * t
    centre = (mean * size + t * t / 2) / total
    half = t * np.sqrt(centre * (1 - centre) / total)
    return centre - half, centre + half


def beta_ends(mean: Numbers, size: Numbers, below: float, above: float) -> Ends:
    """Quantiles of beta distributions: (0, 1) is Clopper-Pearson, (.5, .5) is Jeffreys'."""
    right, wrong = mean * size, size - mean * size
    some, other = np.maximum(right, SLACK), np.maximum(wrong, SLACK)
    low = betaincinv(some + below, wrong + above, 0.025)
    high = betaincinv(right + above, other + below, 0.975)
    return np.where(right <= SLACK, 0.0, low), np.where(wrong <= SLACK, 1.0, high)


def mid_p(mean: Numbers, size: Numbers) -> Ends:
    """Clopper-Pearson with half of the probability of what was seen, by bisection."""
    right, wrong = mean * size, size - mean * size
    some, other = np.maximum(right, SLACK), np.maximum(wrong, SLACK)

    def upper(p: Numbers) -> Numbers:
        whole = np.where(right <= SLACK, 1.0, betainc(some, wrong + 1, p))
        rest = np.where(wrong <= SLACK, 0.0, betainc(right + 1, other, p))
        return np.asarray((whole + rest) / 2)

    def solved(enough: Callable[[Numbers], Any]) -> Numbers:
        low, high = np.zeros_like(mean), np.ones_like(mean)
        for _ in range(40):
            middle = (low + high) / 2
            beyond = enough(upper(middle))
            low, high = np.where(beyond, low, middle), np.where(beyond, middle, high)
        return low

    low, high = solved(lambda p: p > 0.025), solved(lambda p: p > 0.975)
    return np.where(right <= SLACK, 0.0, low), np.where(wrong <= SLACK, 1.0, high)


def intervals(of: Studies) -> Iterator[tuple[str, Ends]]:
    """The interval of each method."""
    t = t_quantile(of.clusters - 1)
    own = of.size(of.robust())
    fitted = own * (Z / t) ** 2  # E. L. Korn and B. I. Graubard, Survey Methodology 24, 1998
    yield "ours", wilson(of.mean, own, t)
    yield "not drawn", wilson(of.mean, of.size(of.robust(), drawn=False), t)
    degrees = float(stdtrit(of.degrees(), 0.975))
    yield "Satterthwaite", wilson(of.mean, of.size(of.unbiased()), degrees)
    leverage = of.size(np.sqrt(of.leverage) / of.questions)
    yield "Bell-McCaffrey", wilson(of.mean, leverage, float(stdtrit(of.bell_mccaffrey(), 0.975)))
    yield "Agresti-Coull", agresti_coull(of.mean, own, t)
    yield "Korn-Graubard", beta_ends(of.mean, fitted, 0.0, 1.0)
    yield "Korn-Graubard, mid-p", mid_p(of.mean, fitted)
    yield "Jeffreys", beta_ends(of.mean, fitted, 0.5, 0.5)


def accuracies(kind: Kind, number: int, seed: int) -> dict[str, list[float]]:
    """[Coverage, mean width] of each method's interval of an accuracy."""
    of = studies_of(kind, number, seed)
    alone = wilson(of.mean, np.full_like(of.mean, of.clusters), Z)
    found = {}
    for name, ends in intervals(of):
        low, high = (np.where(of.plain, a, b) for a, b in zip(alone, ends, strict=True))
        held = (low - SLACK <= kind.a) & (kind.a <= high + SLACK)
        width = np.minimum(high, 1) - np.maximum(low, 0)
        found[name] = [float(held.mean()), float(width.mean())]
    return found


def differences(kind: Kind, number: int, seed: int) -> dict[str, Any]:
    """Coverage, width and disagreement of the intervals of a difference, and errors of tests."""
    truth, clusters = kind.b - kind.a, kind.clusters
    sums: dict[str, list[float]] = {}
    rejected = {"sign flip": 0, "t": 0}
    for right in simulate(kind, number, np.random.default_rng(seed)):
        pairs = [Pair(c, a, b, kind.repeats) for c, a, b in zip(clusters, *right, strict=True)]
        found = _found(pairs)
        with patch("align_tui.core.stats.paired_clusters.not_rejected", return_value=None):
            before = _found(pairs)
        reach = t_quantile(len(kind.sizes) - 1) * (found.se or 0.0)
        rejects = found.test.p <= 0.05
        rejected["sign flip"] += rejects
        rejected["t"] += bool(found.se) and abs(found.value) > reach
        ends = {
            "ours": (found.low, found.high),
            "not inverted": (before.low, before.high),
            "t": (found.value - reach, found.value + reach),
        }
        inverted = not_rejected([(each.b - each.a) / each.times for each in pairs], clusters)
        if inverted is not None:
            ends["inverted alone"] = inverted
        for name, (low, high) in ends.items():
            without = not low <= 0 <= high
            row = (
                low - SLACK <= truth <= high + SLACK,
                min(high, 1.0) - max(low, -1.0),
                without and not rejects,
                rejects and low < 0 < high,
            )
            sums[name] = [a + b for a, b in zip(sums.get(name, [0.0] * 4), row, strict=True)]
    out: dict[str, Any] = {"difference": {n: [x / number for x in s] for n, s in sums.items()}}
    if kind.a == kind.b:
        out["errors"] = {name: count / number for name, count in rejected.items()}
    return out


def _found(pairs: list[Pair]) -> PairedDifference:
    found = paired_difference(pairs)
    assert found is not None  # there are questions
    return found


def few() -> Iterator[Kind]:
    """Families and questions alone, 4 to 9 of them, with equal and with different columns."""
    for count in FEW:
        for sizes in (families(count), (1,) * count):
            for a, b in PAIRS:
                for repeats, greedy in ((1, True), (5, False)):
                    yield Kind(sizes, repeats, greedy, a, b)


def main() -> None:
    """Print one line for each kind of study."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--number", type=int, default=4000, help="studies, for accuracies")
    parser.add_argument("--pairs", type=int, default=400, help="studies, for differences")
    parser.add_argument("--seed", type=int, default=13)
    options = parser.parse_args()
    for place, kind in enumerate(kinds()):
        if kind.a == kind.b:
            found = {"accuracy": accuracies(kind, options.number, options.seed + place)}
            _print(kind, found)
    for place, kind in enumerate(few()):
        _print(kind, differences(kind, options.pairs, options.seed + place))


def _print(kind: Kind, found: dict[str, Any]) -> None:
    told = {"clusters": len(kind.sizes), "questions": sum(kind.sizes), "repeats": kind.repeats}
    print(json.dumps({**told, "a": kind.a, "b": kind.b, **found}), flush=True)


if __name__ == "__main__":
    main()
