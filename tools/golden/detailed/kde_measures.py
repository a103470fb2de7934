"""kde_measures: densities and distances of align-system's `kde_utils`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from align_tui.core.densities import (
    density,
    grid,
    hellinger_similarity,
    integral,
    js_distance,
    kde_of,
    kl_divergence,
    log_density,
    on_grid,
)
from align_tui.core.kde_priors import VALUES, prior_counts, prior_normalised
from align_tui.formats.align_system.target_values import KdeOptions, norm_of, read_kdes
from align_tui.formats.values import FilePosition

from ..families import Check
from ..families.compare import kde_of as given_kde
from ..families.compare import lists_differ, numbers_differ, values_differ
from .compare import refusal_differs

ABSOLUTE = 1e-7
PRIOR_POINTS = (0.0, 0.2, 0.5, 0.8, 1.0)


def check_density(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """Log densities, the normalised density on the grid, and its integral before that."""
    kde, points = given_kde(given["kde"]), given["grid_points"]
    on = on_grid(kde, points)
    wanted = expected["normalised_density_at_grid_index"]
    area = integral([density(kde, point) for point in grid(points)])
    return [
        *lists_differ(
            "log density",
            [float(each) for each in expected["log_density"]],
            [log_density(kde, point) for point in given["points"]],
        ),
        *numbers_differ("density", wanted, {index: on[int(index)] for index in wanted}),
        *lists_differ("area", [expected["area_before_normalisation"]], [area]),
    ]


def check_of_scores(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """The estimate of scores: bandwidth, kernel and density."""
    kde = kde_of(tuple(float(score) for score in given["scores"]))
    return [
        *values_differ("bandwidth", expected["bandwidth"], kde.bandwidth),
        *values_differ("kernel", expected["kernel"], kde.kernel),
        *lists_differ(
            "density", expected["density"], [density(kde, point) for point in given["points"]]
        ),
    ]


def check_prior(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """The counts to which the corrected estimate is fitted, and its density."""
    kde, attribute, factor = given_kde(given["kde"]), given["attribute"], given["factor"]
    counts = prior_counts(kde, attribute, factor)
    fitted = prior_normalised(kde, attribute, factor)
    names = [str(value) for value in VALUES]
    points = given.get("points", PRIOR_POINTS)
    return [
        *values_differ("counts", expected["counts"], dict(zip(names, counts, strict=True))),
        *values_differ("bandwidth", expected["bandwidth"], fitted.bandwidth),
        *lists_differ("density", expected["density"], [density(fitted, p) for p in points]),
    ]


def check_two(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """Jensen-Shannon distance, Hellinger similarity, and 1 - Kullback-Leibler divergence."""
    points = given["grid_points"]
    first, second = (on_grid(given_kde(given[which]), points) for which in ("first", "second"))
    ours = {
        "js_distance": js_distance(first, second),
        "hellinger_similarity": hellinger_similarity(first, second),
        "one_minus_kl": 1.0 - kl_divergence(first, second),
    }
    wanted = {name: float(value) for name, value in expected.items()}
    return numbers_differ("measure", wanted, ours, relative=ABSOLUTE, absolute=ABSOLUTE)


def check_refusal(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """A norm that is unknown or that the target lacks; without a name it is their globalnorm."""
    kdes = {norm: {"kde": "gASVAAAA"} for norm in given["norms_in_target"]}

    def read() -> object:
        options = KdeOptions(norm_of(given["norm"] or "globalnorm"))
        place = FilePosition(str(Path("golden.json")))
        return read_kdes(kdes, place, "kdma_values[0]", given["attribute"], "golden", options)

    return refusal_differs(read)


KINDS: Mapping[str, Check] = {
    "density": check_density,
    "kde_from_scores": check_of_scores,
    "prior_normalised": check_prior,
    "refusals": check_refusal,
    "two_kdes": check_two,
}
