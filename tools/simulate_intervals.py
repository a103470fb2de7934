"""Simulate studies, and count how often intervals hold the truth and tests are wrong.

Prints JSON. For each kind of study: `coverage` of the 95 % interval of an accuracy and of a paired
difference, by the program's method (`ours`), by mean +- t * cluster-robust standard error (`t`) and
by the percentile bootstrap over clusters (`bootstrap`); and `errors`, the share of true null
hypotheses (both columns equally good) that the sign-flip test rejects at 5 %, by mid-p and by the
plain p.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy.special import ndtr, ndtri

from align_tui.core.stats.clusters import Asked, cluster_mean, t_quantile
from align_tui.core.stats.paired_clusters import Pair, paired_difference

Numbers = np.ndarray[Any, np.dtype[np.float64]]
PARTS = 4  # of a question's difficulty: family, family and column, question, question and column
SIZES = (1, 2, 3, 6)  # questions of a family, in turn
RESAMPLES = 400
ACCURACIES = (0.5, 0.7, 0.85, 0.95)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of study: questions of each cluster, repeats, and the true accuracies of A and B.

    A question's difficulty is normal (probit): each of its four parts has the variance `spread`.
    A greedy model answers each question the same way whenever it is asked.
    """

    sizes: tuple[int, ...]
    repeats: int
    greedy: bool
    a: float
    b: float
    spread: float = 0.5

    @property
    def clusters(self) -> list[int]:
        """The cluster of each question."""
        return [cluster for cluster, size in enumerate(self.sizes) for _ in range(size)]


def simulate(kind: Kind, number: int, draw: np.random.Generator) -> Numbers:
    """How often each question was right: (number, 2 columns, questions)."""
    cluster = np.array(kind.clusters)
    scale = np.sqrt(kind.spread)
    families = len(kind.sizes)
    latent = (
        draw.normal(0, scale, (number, 1, families)) + draw.normal(0, scale, (number, 2, families))
    )[:, :, cluster]
    latent += draw.normal(0, scale, (number, 1, len(cluster)))
    latent += draw.normal(0, scale, (number, 2, len(cluster)))
    # The mean of Phi(middle + latent) is Phi(middle / sqrt(1 + variance of latent)).
    middle = ndtri(np.array([kind.a, kind.b])) * np.sqrt(1 + PARTS * kind.spread)
    chances = ndtr(middle[:, None] + latent)
    if kind.greedy:
        return np.asarray(draw.binomial(1, chances) * float(kind.repeats))
    return np.asarray(draw.binomial(kind.repeats, chances), dtype=float)


def measure(kind: Kind, number: int, seed: int, *, beside: bool = True) -> dict[str, Any]:
    """Coverage and errors of one kind of study; `beside` adds the other two intervals."""
    draw = np.random.default_rng(seed)
    clusters, times = kind.clusters, kind.repeats
    methods = ("ours", "t", "bootstrap") if beside else ("ours",)
    held = {name: dict.fromkeys(methods, 0) for name in ("accuracy", "difference")}
    errors = {"mid-p": 0, "plain": 0}
    for right in simulate(kind, number, draw):
        mean = cluster_mean(
            Asked(c, total, times) for c, total in zip(clusters, right[0], strict=True)
        )
        found = paired_difference(
            Pair(c, a, b, times) for c, a, b in zip(clusters, *right, strict=True)
        )
        assert mean is not None and found is not None  # there are questions
        held["accuracy"]["ours"] += mean.low <= kind.a <= mean.high
        held["difference"]["ours"] += found.low <= kind.b - kind.a <= found.high
        errors["mid-p"] += found.test.p <= 0.05
        errors["plain"] += found.test.largest <= 0.05
        if not beside:
            continue
        sums = np.array(
            [np.bincount(clusters, row / times) for row in (right[0], right[1] - right[0])]
        )
        for name, each, value, se, truth in (
            ("accuracy", sums[0], mean.mean, mean.se, kind.a),
            ("difference", sums[1], found.value, found.se, kind.b - kind.a),
        ):
            assert se is not None  # no kind has one cluster
            held[name]["t"] += abs(value - truth) <= t_quantile(len(kind.sizes) - 1) * se + 1e-12
            low, high = bootstrap(each, np.array(kind.sizes), draw)
            held[name]["bootstrap"] += low - 1e-12 <= truth <= high + 1e-12
    out: dict[str, Any] = asdict(kind) | {"sizes": " ".join(map(str, kind.sizes))}
    out |= {"clusters": len(kind.sizes), "questions": len(clusters)}
    out["coverage"] = {
        name: {method: count / number for method, count in each.items()}
        for name, each in held.items()
    }
    if kind.a == kind.b:
        out["errors"] = {name: count / number for name, count in errors.items()}
    return out


def bootstrap(sums: Numbers, sizes: Numbers, draw: np.random.Generator) -> tuple[float, float]:
    """The percentile interval of the mean, over clusters that are drawn with replacement."""
    chosen = draw.integers(0, len(sums), (RESAMPLES, len(sums)))
    means = sums[chosen].sum(1) / sizes[chosen].sum(1)
    low, high = np.quantile(means, (0.025, 0.975))
    return float(low), float(high)


def kinds(accuracies: Sequence[float] = ACCURACIES) -> Iterator[Kind]:
    """18 questions asked 1, 5 and 20 times; then families of unequal size, from 4 on."""
    for p in accuracies:
        for repeats, greedy in ((1, False), (5, False), (20, False), (20, True)):
            yield Kind((1,) * 18, repeats, greedy, p, p)
    for count in (4, 6, 9, 12, 18, 30, 62):
        for p in accuracies:
            for repeats, greedy in ((1, True), (5, False), (20, False)):
                yield Kind(families(count), repeats, greedy, p, p)
    for sizes in ((1,) * 18, (1,) * 62, families(20)):  # MTA has 62 records in 20 families
        for repeats, greedy in ((1, True), (5, False)):
            yield Kind(sizes, repeats, greedy, 0.6, 0.75)


def families(count: int) -> tuple[int, ...]:
    """The sizes of `count` families: 1, 2, 3, 6, and again."""
    return tuple(SIZES[place % len(SIZES)] for place in range(count))


def main() -> None:
    """Print the results of all kinds of studies as JSON Lines."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--number", type=int, default=1000, help="simulated studies of each kind")
    parser.add_argument("--seed", type=int, default=13)
    options = parser.parse_args()
    for place, kind in enumerate(kinds()):
        print(json.dumps(measure(kind, options.number, options.seed + place)), flush=True)


if __name__ == "__main__":
    main()
