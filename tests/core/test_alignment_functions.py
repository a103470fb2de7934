"""Alignment functions beside average distance: vectors of align-system's, and properties."""

from __future__ import annotations

import importlib
import json
import math
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from align_tui.config.alignment import OURS, AlignmentParams
from align_tui.core.alignment import (
    cumulative_average_distance,
    kde_cumulative_js,
    kde_js,
    kde_max_likelihood,
    kde_relevance_cumulative_js,
    kde_sample,
    medical_urgency_midpoint,
    medical_urgency_midpoint_weighted,
    random_effects,
    random_effects_multinomial,
    relevance_average_distance,
)
from align_tui.core.alignment.ranking import Ranking
from align_tui.core.alignment.registry import FUNCTIONS
from align_tui.core.densities import (
    LARGEST_DISTANCE,
    density,
    draw,
    hellinger_similarity,
    js_distance,
    kl_divergence,
    on_grid,
)
from align_tui.core.errors import AlignmentError
from align_tui.core.kde_priors import prior_normalised
from align_tui.core.predictions import Prediction, Predictions, Relevance
from align_tui.core.targets import (
    KERNELS,
    Distribution,
    Kernel,
    RandomEffects,
    Target,
    TargetKind,
    Targets,
)
from align_tui.tui.format.gauge import deviation
from tests.formats.dataset_files import shared_data

GOLDEN = {
    "golden": (
        "average_distance", "cumulative_average_distance", "js_distance_of_kdes",
        "kde_cumulative_js", "kde_max_likelihood", "kde_relevance_cumulative_js",
        "medical_urgency_midpoint", "medical_urgency_midpoint_weighted", "random_effects",
        "random_effects_multinomial", "relevance_average_distance",
    ),
    "golden/detailed": (
        "alignment_kde", "alignment_medical", "alignment_random_effects", "alignment_scalar",
        "kde_measures", "oracle", "scores", "votes",
    ),
}  # fmt: skip
EACH = 11  # every eleventh case: `python -m tools.golden` checks all of them


@pytest.mark.parametrize(
    ("folder", "family"), [(folder, name) for folder, names in GOLDEN.items() for name in names]
)
def test_align_systems_vectors_are_equal(folder: str, family: str) -> None:
    path = shared_data() / folder / f"{family}.jsonl"
    if not path.is_file():
        pytest.skip(f"the golden vectors are not here: {path}")
    tool = importlib.import_module("tools.golden.__main__")
    tallies: dict[str, Any] = {}
    lines = list(tool.lines_of(path))
    kinds: set[str] = set()
    for number, line in lines:
        kind = str(json.loads(line).get("kind", ""))
        if number % EACH == 0 or kind not in kinds:
            tool.check_line(path, number, line, tallies)
        kinds.add(kind)
    tally = tallies[family]
    assert tally.unequal == [] and tally.unknown == 0 and tally.equal == tally.cases > 10


def rated(*choices: Mapping[str, Sequence[float]]) -> Predictions:
    return tuple(
        {name: Prediction(tuple(samples)) for name, samples in choice.items()} for choice in choices
    )


RATING = st.integers(0, 20).map(lambda n: n / 20)
KDES = st.builds(
    Distribution,
    st.lists(RATING, min_size=1, max_size=5).map(tuple),
    st.sampled_from([0.05, 0.075, 0.2]),
    st.just(""),
    st.sampled_from(KERNELS),
)
VALUES: dict[TargetKind, st.SearchStrategy[Any]] = {
    "numbers": RATING,
    "distributions": KDES,
    "random_effects": st.builds(RandomEffects, *[st.integers(-3, 3).map(float)] * 3),
}
BY_RANK = {"random_effects", "random_effects_multinomial"}  # they depend on the order of choices
TWO = ("medical_urgency_midpoint", "medical_urgency_midpoint_weighted", "random_effects")


@st.composite
def problems(draw: st.DrawFn, name: str) -> tuple[Predictions, Targets, Relevance]:
    """Choices with ratings and relevance, and a target that the function takes."""
    choices = 2 if name in TWO else draw(st.integers(2, 3))
    samples = st.lists(RATING, min_size=1, max_size=3)
    rows = [{"affiliation": draw(samples), "medical": draw(samples)} for _ in range(choices)]
    targets = tuple(
        Target("affiliation", draw(VALUES[kind])) for kind in FUNCTIONS.get(name).targets
    )
    relevance = Relevance(tuple({"affiliation": draw(RATING)} for _ in range(choices)))
    if name in TWO or name in BY_RANK:
        relevance = Relevance.of_scenario({"affiliation": 1.0}, choices)
    return rated(*rows), targets, relevance


@pytest.mark.parametrize("name", [name for name in FUNCTIONS if name not in BY_RANK])
@settings(max_examples=12, deadline=None)
@given(data=st.data(), misaligned=st.booleans())
def test_permuted_choices_have_permuted_scores(
    name: str, data: st.DataObject, misaligned: bool
) -> None:
    rank = FUNCTIONS.get(name).load()
    predictions, targets, relevance = data.draw(problems(name))
    history = {"affiliation": (0.25, 1.0)}
    order = data.draw(st.permutations(range(len(predictions))))
    plain = rank(predictions, targets, relevance, history, 1, misaligned=misaligned)
    moved = rank(
        tuple(predictions[i] for i in order),
        targets,
        Relevance(tuple(relevance.by_choice[i] for i in order)),
        history,
        1,
        misaligned=misaligned,
    )
    if plain.measure == "share of votes":
        # Equal need makes the first choice the more urgent one.
        means = [each["medical"].mean for each in predictions]
        if abs(means[0] - means[1]) < 1e-9:
            return
    assert moved.scores == pytest.approx([plain.scores[i] for i in order], abs=1e-12)
    assert {order[i] for i in moved.best} == set(plain.best)
    for ranking in (plain, moved):
        assert ranking.taken in ranking.best
        json.dumps([dict(ranking.parameters), dict(ranking.details)], allow_nan=False)


@pytest.mark.parametrize("name", list(FUNCTIONS))
@settings(max_examples=8, deadline=None)
@given(data=st.data(), seed=st.integers(0, 2**63))
def test_scores_are_shares_and_the_seed_decides(name: str, data: st.DataObject, seed: int) -> None:
    rank = FUNCTIONS.get(name).load()
    predictions, targets, relevance = data.draw(problems(name))
    ranking = rank(predictions, targets, relevance, {}, seed)
    assert ranking == rank(predictions, targets, relevance, {}, seed)
    assert ranking.function == name and len(ranking.scores) == len(predictions)
    if ranking.measure in ("probability", "share of votes"):
        assert sum(ranking.scores) == pytest.approx(1.0) or not any(ranking.scores)
    if "probabilistic" not in OURS.get(name, AlignmentParams).model_fields:
        return
    drawn = rank(predictions, targets, relevance, {}, seed, probabilistic=True)
    assert drawn.tie_break == "drawn" and drawn.scores == ranking.scores


@pytest.mark.parametrize(
    "rank",
    [
        cumulative_average_distance.rank,
        relevance_average_distance.rank,
        kde_js.rank,
        kde_cumulative_js.rank,
        kde_relevance_cumulative_js.rank,
        kde_max_likelihood.rank,
    ],
)
def test_a_weight_counts_as_that_many_equal_attributes(rank: Callable[..., Ranking]) -> None:
    spread = rank.__module__.rpartition(".")[2].startswith("kde")
    low = Distribution((0.1, 0.2), 0.1) if spread else 0.1
    high = Distribution((0.8, 0.9), 0.1) if spread else 0.9
    rows = [{"a": (0.2,), "b": (0.4,), "c": (0.4,)}, {"a": (0.7,), "b": (0.8,), "c": (0.8,)}]
    relevance = Relevance.of_scenario({"a": 1.0, "b": 0.5, "c": 0.5}, 2)
    twice = (Target("a", low), Target("b", high), Target("c", high))
    weighted = (Target("a", low), Target("b", high, 2.0))
    one, other = (rank(rated(*rows), targets, relevance, {}, 0) for targets in (twice, weighted))
    assert one.scores == pytest.approx(other.scores)


@given(KDES, st.lists(RATING, min_size=2, max_size=4))
@settings(max_examples=40, deadline=None)
def test_probabilities_are_in_the_ratio_of_the_likelihoods(
    kde: Distribution, ratings: list[float]
) -> None:
    predictions = rated(*({"a": (rating,)} for rating in ratings))
    ranking = kde_max_likelihood.rank(predictions, (Target("a", kde),), None, {}, 0)
    likelihoods = [density(kde, rating) for rating in ratings]
    if not any(likelihoods):
        assert ranking.notes == (kde_max_likelihood.ALL_ZERO,)
        assert ranking.best == tuple(range(len(ratings)))
        return
    total = sum(likelihoods)
    assert ranking.scores == pytest.approx([each / total for each in likelihoods])


def test_what_underflows_is_still_compared() -> None:
    narrow = (Target("a", Distribution((0.0,), 0.001)),)
    far_and_near = rated({"a": (0.6,)}, {"a": (0.5,)})
    ranking = kde_max_likelihood.rank(far_and_near, narrow, None, {}, 0)
    assert ranking.taken == 1 and ranking.scores == (0.0, 1.0)
    away = kde_max_likelihood.rank(far_and_near, narrow, None, {}, 0, misaligned=True)
    assert away.taken == 0


@given(KDES, KDES)
@settings(max_examples=40, deadline=None)
def test_distances_of_distributions(first: Distribution, second: Distribution) -> None:
    one, other = on_grid(first), on_grid(second)
    distance = js_distance(one, other)
    assert 0.0 <= distance <= LARGEST_DISTANCE == math.sqrt(math.log(2))
    assert distance == pytest.approx(js_distance(other, one), abs=1e-9)
    assert js_distance(one, one) == 0.0
    assert hellinger_similarity(one, one) == 1.0 and kl_divergence(one, one) == 0.0
    assert -1e-9 <= hellinger_similarity(one, other) <= 1.0
    assert kl_divergence(one, other) >= -1e-12


def test_what_lies_apart_has_the_largest_distance() -> None:
    apart = [on_grid(Distribution((at,), 0.05, "", "tophat")) for at in (0.1, 0.9)]
    assert js_distance(*apart) == pytest.approx(LARGEST_DISTANCE)
    assert kl_divergence(*apart) == math.inf
    with pytest.raises(AlignmentError, match="is 0 at all 100 points") as caught:
        on_grid(Distribution((0.005,), 1e-4, "thin", "linear"))
    assert "'thin'" in caught.value.message and "bandwidth" in caught.value.hint


@pytest.mark.parametrize("kernel", KERNELS)
def test_draws_are_spread_as_the_kernel_is(kernel: Kernel) -> None:
    kde = Distribution((0.4, 0.6), 0.1, "", kernel)
    generator = random.Random(7)
    drawn = [draw(kde, generator) for _ in range(4_000)]
    mean = math.fsum(drawn) / len(drawn)
    spread = math.sqrt(math.fsum((each - mean) ** 2 for each in drawn) / len(drawn))
    assert mean == pytest.approx(0.5, abs=0.01)
    assert spread == pytest.approx(deviation(kde), rel=0.05)
    assert math.fsum(density(kde, i / 500) for i in range(-500, 1000)) / 500 == pytest.approx(
        1, abs=0.01
    )


def test_the_drawn_targets_are_recorded_and_do_not_depend_on_the_tie() -> None:
    targets = (Target("a", Distribution((0.5,), 0.2)), Target("b", Distribution((0.0,), 0.3)))
    row = {"a": (0.3,), "b": (0.3,)}
    found = [kde_sample.rank(rated(row, row, row), targets, None, {}, s) for s in range(60)]
    drawn: list[Any] = [ranking.details["drawn_targets"] for ranking in found]
    assert len({each["a"] for each in drawn}) == 60
    assert all(0.0 <= each["b"] <= 1.0 for each in drawn)
    assert 20 < sum(each["b"] == 0.0 for each in drawn) < 40  # clamped
    assert {ranking.taken for ranking in found} == {0, 1, 2}


def test_history_and_relevance_change_the_best_choice() -> None:
    predictions = rated({"a": (0.2,)}, {"a": (0.9,)})
    middle = (Target("a", 0.5),)
    cumulative = cumulative_average_distance.rank
    assert cumulative(predictions, middle, None, {}, 0).taken == 0
    assert cumulative(predictions, middle, None, {"a": (0.1, 0.1)}, 0).taken == 1
    two = rated({"a": (0.5,), "b": (0.0,)}, {"a": (0.0,), "b": (0.9,)})
    targets = (Target("a", 0.6), Target("b", 1.0))
    rank = relevance_average_distance.rank
    for matters, best in (({"a": 1.0, "b": 0.0}, 0), ({"a": 0.0, "b": 1.0}, 1)):
        assert rank(two, targets, Relevance.of_scenario(matters, 2), {}, 0).taken == best
    # An attribute that does not matter needs no rating.
    gap = rated({"a": (0.5,)}, {"a": (0.0,)})
    assert rank(gap, targets, Relevance.of_scenario({"a": 1.0, "b": 0.0}, 2), {}, 0).taken == 0
    with pytest.raises(AlignmentError, match="Choice 1 has no relevance of 'b'"):
        rank(two, targets, Relevance.of_scenario({"a": 1.0}, 2), {}, 0)
    none = rank(two, targets, Relevance.of_scenario({"a": 0.0, "b": 0.0}, 2), {}, 0)
    assert none.scores == (0.0, 0.0) and none.best == (0, 1)


def test_need_gives_way_above_the_midpoint() -> None:
    patients = rated({"medical": (0.9,), "merit": (0.2,)}, {"medical": (0.5,), "merit": (0.8,)})

    def taken(value: float, rank: Callable[..., Ranking] = medical_urgency_midpoint.rank) -> int:
        return rank(patients, (Target("merit", value),), None, {}, 0).taken

    # Dm = .4 and Da = .6, so the midpoint is .4; weighted it is (.2 + 4 * .4) / 4 = .45.
    assert (taken(0.39), taken(0.4), taken(0.41)) == (0, 0, 1)
    weighted = medical_urgency_midpoint_weighted.rank
    assert (taken(0.45, weighted), taken(0.46, weighted)) == (0, 1)
    ranking = medical_urgency_midpoint.rank(patients, (Target("merit", 0.9),), None, {}, 0)
    told: Any = ranking.details["per_kdma"]
    assert told["merit"]["midpoint"] == pytest.approx(0.4)
    assert "less urgent" in told["merit"]["reasoning"]
    nothing = medical_urgency_midpoint.rank(patients, (), None, {}, 0)
    assert (nothing.best, nothing.taken, nothing.tie_break) == ((0, 1), 0, "rule")
    with pytest.raises(AlignmentError, match="needs two choices, but there are 3"):
        medical_urgency_midpoint.rank((*patients, patients[0]), (), None, {}, 0)


def test_ratings_that_differ_in_the_last_bit_are_equal_unless_ties_are_exact() -> None:
    rounding = rated(
        {"medical": (0.1, 0.2, 0.3), "merit": (0.2,)}, {"medical": (0.2, 0.3, 0.1), "merit": (0.9,)}
    )
    target = (Target("merit", 0.1),)
    rank = medical_urgency_midpoint.rank
    assert rank(rounding, target, None, {}, 0).taken == 1  # equal need: more of the attribute
    assert rank(rounding, target, None, {}, 0, exact_ties=True).taken == 0


def test_random_effects_are_certain_where_they_overflow() -> None:
    rows = rated({"medical": (1.0,), "merit": (0.5,)}, {"medical": (0.0,), "merit": (0.5,)})
    for intercept, scores in ((5_000.0, (1.0, 0.0)), (-5_000.0, (0.0, 1.0))):
        target = (Target("merit", RandomEffects(intercept, 0.0, 0.0)),)
        for rank in (random_effects.rank, random_effects_multinomial.rank):
            assert rank(rows, target, None, {}, 0).scores == scores
        assert (
            random_effects.rank(rows, target, None, {}, 0, misaligned=True).scores == scores[::-1]
        )


def test_random_effects_need_exactly_one_relevant_attribute() -> None:
    rows = rated(
        {"medical": (1.0,), "merit": (0.5,), "search": (0.1,)},
        {"medical": (0.0,), "merit": (0.5,), "search": (0.2,)},
    )
    effects = RandomEffects(0.0, 1.0, 1.0)
    targets = (Target("merit", effects), Target("search", effects))
    for relevance, says in (
        (None, "they are merit, search"),
        (Relevance.of_scenario({"medical": 1.0}, 2), "it is none"),
    ):
        with pytest.raises(AlignmentError, match=says):
            random_effects.rank(rows, targets, relevance, {}, 0)
    one = Relevance.of_scenario({"merit": 0.0, "search": 1.0}, 2)
    assert random_effects.rank(rows, targets, one, {}, 0).details["attribute"] == "search"
    with pytest.raises(AlignmentError, match=r"is a number, but .* random-effects parameters"):
        random_effects.rank(rows, (Target("merit", 0.5),), None, {}, 0)
    with pytest.raises(AlignmentError, match="no scale of 'kindness'"):
        kind = rated(*({"medical": (0.5,), "kindness": (0.5,)} for _ in range(2)))
        random_effects.rank(kind, (Target("kindness", effects),), None, {}, 0)


def test_a_prior_corrects_the_target_of_its_attribute_only() -> None:
    kde = Distribution((0.2, 0.4), 0.1)
    rows = rated({"QualityOfLife": (0.1,)}, {"QualityOfLife": (0.7,)})
    corrected = prior_normalised(kde, "QualityOfLife", 1.0)
    by_prior = kde_cumulative_js.rank(
        rows, (Target("QualityOfLife", kde),), None, {}, 0, normalisation="prior", prior_factor=1.0
    )
    plain = kde_cumulative_js.rank(rows, (Target("QualityOfLife", corrected),), None, {}, 0)
    assert by_prior.scores == plain.scores and by_prior.parameters["prior_factor"] == 1.0
    with pytest.raises(AlignmentError, match="no prior of 'merit'"):
        kde_cumulative_js.rank(
            rated({"merit": (0.1,)}), (Target("merit", kde),), None, {}, 0, normalisation="prior"
        )
