"""alignment_kde: the functions of distributions in align-system's `alignment_utils`."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeAlias

from align_tui.core.alignment import (
    average_distance,
    kde_cumulative_js,
    kde_js,
    kde_max_likelihood,
    kde_relevance_cumulative_js,
    kde_sample,
)
from align_tui.core.alignment.ranking import Ranking
from align_tui.core.densities import density
from align_tui.core.targets import Distribution, Target, Targets

from ..families import Check
from ..families.compare import (
    KDES,
    kde_of,
    numbers_differ,
    predictions_of,
    relevance_of,
    sets_differ,
    values_differ,
)
from .compare import kind_of_targets, read_targets, refusal_differs, tied_ranking_differs

Rank: TypeAlias = Callable[..., Ranking]


def targets_by_name(given: Mapping[str, Any]) -> Targets:
    """Targets from {attribute: a distribution}."""
    return tuple(Target(name, kde_of(kde)) for name, kde in given.items())


def ranked(rank: Rank, given: Mapping[str, Any], **parameters: Any) -> Ranking:
    """The ranking of a case's scores, with ties to the last bit unless it is said otherwise."""
    if given.get("prior_factor") is not None:
        parameters |= {"normalisation": "prior", "prior_factor": given["prior_factor"]}
    return rank(
        predictions_of(given["scores"]),
        targets_by_name(given["target_kdes"]),
        relevance_of(given.get("relevance")),
        given.get("history") or {},
        0,
        misaligned=bool(given.get("misaligned", False)),
        **{"exact_ties": True, **parameters},
    )


def check_by(rank: Rank) -> Check:
    """A check of one function: probabilities, tied best (both ways), and the speaking sample."""

    def checked(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
        names = list(given["scores"])
        exact, near = ranked(rank, given), ranked(rank, given, exact_ties=False)
        lost = lost_samples(given, names[exact.taken])
        of_choice = expected.get("best_sample_index", {}).get(names[exact.taken])
        if lost and (given["misaligned"] or not isinstance(of_choice, list)):
            # align-system fails or divides infinities here; ours takes a sample of density 0.
            expected = {**expected, "best_sample_index": {names[exact.taken]: lost}}
        return tied_ranking_differs(names, exact, near, expected, relative=KDES)

    return checked


def lost_samples(given: Mapping[str, Any], choice: str) -> list[int]:
    """The indices of a choice's samples whose density is 0 under the target of some attribute."""
    targets = targets_by_name(given["target_kdes"])
    rows = [(_kde(target), given["scores"][choice][target.attribute]) for target in targets]
    return [
        i
        for i in range(min(len(samples) for _, samples in rows))
        if any(density(kde, float(samples[i])) == 0.0 for kde, samples in rows)
    ]


def check_drawn(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """Nearest to a random sample: with our own draws, and with those that the case records.

    Our draws are checked by the program's density: a drawn value lies where the density is not 0,
    or at an end of 0..1. The function must give what average distance gives for its own draws, and
    average distance with the recorded draws must give what the case expects.
    """
    ours = ranked(kde_sample.rank, given)
    drawn: Any = ours.details["drawn_targets"]
    targets = targets_by_name(given["target_kdes"])
    at_draws = [replace(target, value=drawn[target.attribute]) for target in targets]
    by_distance = _by_distance(given, tuple(at_draws), exact_ties=True)
    recorded = tuple(Target(name, value) for name, value in expected["drawn_targets"].items())
    exact = _by_distance(given, recorded, exact_ties=True)
    near = _by_distance(given, recorded, exact_ties=False)
    possible = [
        drawn[target.attribute] in (0.0, 1.0)
        or density(_kde(target), drawn[target.attribute]) > 0.0
        for target in targets
    ]
    return [
        *values_differ("scores at our draws", by_distance.scores, ours.scores),
        *([] if all(possible) else [f"a drawn value is impossible: {drawn}"]),
        *tied_ranking_differs(list(given["scores"]), exact, near, expected),
    ]


def _by_distance(given: Mapping[str, Any], targets: Targets, *, exact_ties: bool) -> Ranking:
    return average_distance.rank(
        predictions_of(given["scores"]),
        targets,
        None,
        {},
        0,
        misaligned=bool(given["misaligned"]),
        exact_ties=exact_ties,
    )


def _kde(target: Target) -> Distribution:
    assert isinstance(target.value, Distribution)
    return target.value


def check_zero_likelihood(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """Choices of likelihood 0. Where align-system fails or gets NaN, ours are documented.

    If all likelihoods are 0, all choices tie and a note says so; misaligned, the choices with
    likelihood 0 share the probability.
    """
    names, ranking = list(given["scores"]), ranked(kde_max_likelihood.rank, given)
    ours = dict(zip(names, ranking.scores, strict=True))
    if "error" in expected:
        return [
            *sets_differ("best", names, [names[i] for i in ranking.best]),
            *numbers_differ("probability", dict.fromkeys(names, 1.0 / len(names)), ours),
            *values_differ("notes", (kde_max_likelihood.ALL_ZERO,), ranking.notes),
        ]
    wanted = {name: float(value) for name, value in expected["probabilities"].items()}
    lost = [name for name, value in wanted.items() if math.isnan(value)]
    if lost:
        corrected = {name: 1.0 / len(lost) if name in lost else 0.0 for name in names}
        return [
            *numbers_differ("probability", corrected, ours),
            *sets_differ("best", lost, [names[i] for i in ranking.best]),
        ]
    return check_by(kde_max_likelihood.rank)(given, expected)


def check_plain_dictionary(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """Jensen-Shannon with ordinary targets, which fails there: ours ranks them.

    Without history and with one rating for each choice it is the cumulative function; with several
    it is checked by the kind `jensen_shannon`. Here the ranking must be whole.
    """
    ranking = ranked(kde_js.rank, given)
    single = {
        choice: {name: [values[0]] for name, values in row.items()}
        for choice, row in given["scores"].items()
    }
    one = {**given, "scores": single}
    plain, cumulative = ranked(kde_js.rank, one), ranked(kde_cumulative_js.rank, one)
    return [
        *values_differ("number of scores", len(given["scores"]), len(ranking.scores)),
        *([] if math.isclose(sum(ranking.scores), 1.0) else ["the probabilities do not sum to 1"]),
        *values_differ("best of single ratings", cumulative.best, plain.best),
        *values_differ("scores of single ratings", cumulative.scores, plain.scores),
    ]


def check_kind(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """Which kind of targets it is, as the reader of target files takes them."""
    return kind_of_targets(given["targets"], expected)


def check_refusal(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """An error of align-system's, for the function and for the reader of targets."""
    return refusal_differs(
        lambda: kde_cumulative_js.rank(
            predictions_of(given["scores"]), read_targets(given["targets"]), None, {}, 0
        )
    )


KINDS: Mapping[str, Check] = {
    "draw_from_target": check_drawn,
    "draw_is_clamped": check_drawn,
    "greatest_likelihood": check_by(kde_max_likelihood.rank),
    "jensen_shannon": check_by(kde_js.rank),
    "jensen_shannon_plain_dictionary_target": check_plain_dictionary,
    "jensen_shannon_with_history": check_by(kde_cumulative_js.rank),
    "jensen_shannon_with_history_and_relevance": check_by(kde_relevance_cumulative_js.rank),
    "jensen_shannon_with_history_prior": check_by(kde_cumulative_js.rank),
    "kind_of_target": check_kind,
    "refusals": check_refusal,
    "zero_likelihood": check_zero_likelihood,
}
