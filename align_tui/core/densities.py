"""Kernel density estimates on the line: densities, and the distances between two of them.

The kernels are those of scikit-learn's KernelDensity, and the measures those of align-system's
`kde_utils` (commit 6d59f0d): the densities are compared on a grid over 0..1. Nothing here needs
numpy or scipy. With x the distance to a sample divided by the bandwidth h, the kernels are

    gaussian      exp(-x^2 / 2) / (h sqrt(2 pi))
    tophat        1 / (2 h)                         where x < 1
    epanechnikov  3 (1 - x^2) / (4 h)               where x < 1
    exponential   exp(-x) / (2 h)
    linear        (1 - x) / h                       where x < 1
    cosine        pi cos(pi x / 2) / (4 h)          where x < 1

Each integrates to 1 over the line, and an estimate is their mean over the samples.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import TypeAlias

from align_tui.core.errors import AlignmentError
from align_tui.core.targets import Distribution, Kernel

GRID_POINTS = 100
BANDWIDTH = 0.75 * (1 / 10)
"""The bandwidth of align-system's own estimates."""
LARGEST_DISTANCE = math.sqrt(math.log(2.0))
"""The Jensen-Shannon distance (natural logarithm) of distributions that share nothing."""
TINY = 1e-300  # below this a density is 0 for the measures that divide by it

KERNEL_VARIANCE: Mapping[Kernel, float] = {
    "gaussian": 1.0,
    "tophat": 1 / 3,
    "epanechnikov": 1 / 5,
    "exponential": 2.0,
    "linear": 1 / 6,
    "cosine": 1 - 8 / math.pi**2,
}
"""The variance of each kernel at bandwidth 1."""

KERNEL_WORDS: Mapping[Kernel, str] = {
    "gaussian": "a Gaussian kernel",
    "tophat": "a tophat kernel",
    "epanechnikov": "an Epanechnikov kernel",
    "exponential": "an exponential kernel",
    "linear": "a linear kernel",
    "cosine": "a cosine kernel",
}

Density: TypeAlias = tuple[float, ...]
"""A density at the points of a grid over 0..1; its integral by the trapezoid rule is 1."""


def _inside(x: float, value: float) -> float:
    """The logarithm of `value` (0 or more) for x below 1, else minus infinity."""
    return math.log(value) if x < 1.0 and value > 0.0 else -math.inf


_LOG_KERNELS: Mapping[Kernel, Callable[[float], float]] = {
    "gaussian": lambda x: -0.5 * x * x - 0.5 * math.log(2.0 * math.pi),
    "tophat": lambda x: _inside(x, 0.5),
    "epanechnikov": lambda x: _inside(x, 0.75 * (1.0 - x * x)),
    "exponential": lambda x: -x - math.log(2.0),
    "linear": lambda x: _inside(x, 1.0 - x),
    "cosine": lambda x: _inside(x, math.pi / 4.0 * math.cos(0.5 * math.pi * x)),
}


def log_sum_exp(values: Sequence[float]) -> float:
    """The logarithm of the sum of exp(value), without overflow; minus infinity for no values."""
    greatest = max(values, default=-math.inf)
    if not math.isfinite(greatest):
        return greatest
    return greatest + math.log(math.fsum(math.exp(value - greatest) for value in values))


def log_density(kde: Distribution, point: float) -> float:
    """The logarithm of the estimate's density at a point; minus infinity where it is 0."""
    kernel, width = _LOG_KERNELS[kde.kernel], kde.bandwidth
    logs = [kernel(abs(point - sample) / width) for sample in kde.samples]
    return log_sum_exp(logs) - math.log(len(kde.samples) * width)


def density(kde: Distribution, point: float) -> float:
    """The estimate's density at a point (0 or more)."""
    return math.exp(log_density(kde, point))


def grid(points: int) -> tuple[float, ...]:
    """Evenly spaced points from 0 to 1 (at least two)."""
    step = 1.0 / (points - 1)
    return (*(i * step for i in range(points - 1)), 1.0)


def integral(values: Sequence[float]) -> float:
    """The integral over 0..1 of values on a grid, by the trapezoid rule."""
    inner = math.fsum(values) - 0.5 * (values[0] + values[-1])
    return inner / (len(values) - 1)


@lru_cache(maxsize=512)
def on_grid(kde: Distribution, points: int = GRID_POINTS) -> Density:
    """The estimate's density on a grid, divided by its integral over 0..1.

    Raises AlignmentError if it is 0 at every point of the grid: an estimate with a narrow kernel
    can lie between the points, or outside 0..1.
    """
    logs = [log_density(kde, point) for point in grid(points)]
    greatest = max(logs)
    if greatest == -math.inf:
        raise AlignmentError(
            f"The density of the distribution {kde.name!r} is 0 at all {points} points of the grid "
            "over 0..1",
            f"Give it a bandwidth above {kde.bandwidth:g}.",
        )
    values = [math.exp(each - greatest) for each in logs]
    area = integral(values)
    return tuple(value / area for value in values)


def js_distance(first: Density, second: Density) -> float:
    """The Jensen-Shannon distance of two densities on one grid (0..0.8326, that is sqrt(ln 2)).

    It is the square root of the divergence with the natural logarithm, of the densities at the
    points as probabilities (scipy's `jensenshannon`).
    """
    sums = math.fsum(first), math.fsum(second)
    terms = []
    for a, b in zip(first, second, strict=True):
        p, q = a / sums[0], b / sums[1]
        middle = 0.5 * (p + q)
        terms += [p * math.log(p / middle)] if p > TINY else []
        terms += [q * math.log(q / middle)] if q > TINY else []
    return min(LARGEST_DISTANCE, math.sqrt(max(0.0, math.fsum(terms) / 2.0)))


def hellinger_similarity(first: Density, second: Density) -> float:
    """1 minus the Hellinger distance: 1 - sqrt(integral of (sqrt p - sqrt q)^2 / 2), 0..1."""
    squares = [(math.sqrt(p) - math.sqrt(q)) ** 2 for p, q in zip(first, second, strict=True)]
    return 1.0 - math.sqrt(integral(squares) / 2.0)


def kl_divergence(first: Density, second: Density) -> float:
    """The Kullback-Leibler divergence of `first` from `second` (0 or more, may be infinite).

    It is taken of the densities at the points as probabilities (scipy's `entropy`).
    """
    sums = math.fsum(first), math.fsum(second)
    terms = []
    for a, b in zip(first, second, strict=True):
        p, q = a / sums[0], b / sums[1]
        if p > 0.0 and q <= 0.0:
            return math.inf
        terms += [p * math.log(p / q)] if p > 0.0 else []
    return math.fsum(terms)


def kde_of(samples: Sequence[float], name: str = "") -> Distribution:
    """align-system's estimate of scores: a Gaussian kernel of bandwidth 0.075."""
    return Distribution(tuple(samples), BANDWIDTH, name)


def draw(kde: Distribution, generator: random.Random) -> float:
    """Draw a number from the estimate; it may lie outside 0..1, as the kernel does."""
    centre = generator.choice(kde.samples)
    return centre + kde.bandwidth * _DRAWS[kde.kernel](generator)


def _epanechnikov(generator: random.Random) -> float:
    # Devroye and Gyoerfi, "Nonparametric Density Estimation: the L1 View" (1985), page 236.
    a, b, c = (generator.uniform(-1.0, 1.0) for _ in range(3))
    return b if abs(c) >= abs(b) and abs(c) >= abs(a) else c


def _exponential(generator: random.Random) -> float:
    return generator.expovariate(1.0) * generator.choice((-1.0, 1.0))


_DRAWS: Mapping[Kernel, Callable[[random.Random], float]] = {
    "gaussian": lambda generator: generator.gauss(0.0, 1.0),
    "tophat": lambda generator: generator.uniform(-1.0, 1.0),
    "epanechnikov": _epanechnikov,
    "exponential": _exponential,
    "linear": lambda generator: generator.random() - generator.random(),
    "cosine": lambda generator: 2.0 / math.pi * math.asin(2.0 * generator.random() - 1.0),
}
