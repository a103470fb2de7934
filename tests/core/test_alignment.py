"""Alignment functions: examples by hand, align-system's test vectors, and properties."""

from __future__ import annotations

import importlib
import itertools
import json
import math
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from align_tui.core.alignment import average_distance, medical_only
from align_tui.core.alignment.ranking import Ranking, draw_one, take_one, tied_best
from align_tui.core.alignment.registry import FUNCTIONS, AlignmentEntry
from align_tui.core.errors import AlignmentError, ConfigError
from align_tui.core.predictions import Prediction, Predictions, Relevance
from align_tui.core.targets import (
    Distribution,
    RandomEffects,
    Target,
    TargetKind,
    Targets,
    TargetValue,
)
from tests.formats.dataset_files import shared_data


def rated(*choices: dict[str, Sequence[float]]) -> Predictions:
    return tuple(
        {name: Prediction(tuple(samples)) for name, samples in choice.items()} for choice in choices
    )


def by_distance(
    predictions: Predictions, targets: Targets, seed: int = 0, **parameters: Any
) -> Ranking:
    return average_distance.rank(predictions, targets, None, {}, seed, **parameters)


HIGH = (Target("a", 1.0),)


def test_the_nearest_mean_is_the_best() -> None:
    ranking = by_distance(rated({"a": (0.5, 1.0)}, {"a": (0.25,)}), HIGH)
    # Distances .25 and .75; inverses 4 and 4/3.
    assert ranking.scores == pytest.approx((0.75, 0.25))
    assert (ranking.best, ranking.taken, ranking.tie_break) == ((0,), 0, "none")
    assert ranking.sample == 1  # 1.0 is nearer to the target than .5
    assert ranking.details["distances"] == [0.25, 0.75]
    assert ranking.parameters["misaligned"] is False


def test_misaligned_takes_the_farthest() -> None:
    ranking = by_distance(rated({"a": (0.75,)}, {"a": (0.25,)}), HIGH, misaligned=True)
    assert ranking.scores == pytest.approx((0.25, 0.75))
    assert ranking.taken == 1
    assert by_distance(rated({"a": (0.1, 0.0)}, {"a": (1.0,)}), HIGH, misaligned=True).sample == 1


def test_an_exact_match_takes_all_unless_epsilon_is_larger() -> None:
    predictions = rated({"a": (1.0,)}, {"a": (0.9,)})
    assert by_distance(predictions, HIGH).scores == pytest.approx((1.0, 0.0))
    soft = by_distance(predictions, HIGH, epsilon=0.1)
    assert soft.scores == pytest.approx((2 / 3, 1 / 3))


def test_rounding_decides_near_ties_only_where_it_is_asked_to() -> None:
    predictions, middle = rated({"a": (0.3,)}, {"a": (0.7,)}), (Target("a", 0.5),)
    assert by_distance(predictions, middle).best == (0, 1)
    assert by_distance(predictions, middle, exact_ties=True).best == (1,)
    # .1 + .2 is not .3: values that differ only in the last bit match.
    last_bit = rated({"a": (0.1 + 0.2,)}, {"a": (0.3,)})
    assert by_distance(last_bit, (Target("a", 0.3),)).scores == (0.5, 0.5)


def test_a_weight_multiplies_the_distance_of_its_attribute() -> None:
    predictions = rated({"a": (1.0,), "b": (0.5,)}, {"a": (0.6,), "b": (1.0,)})
    even = by_distance(predictions, (Target("a", 1.0), Target("b", 1.0)))
    assert even.taken == 1  # .5 against .4
    heavy = by_distance(predictions, (Target("a", 1.0, 2.0), Target("b", 1.0)))
    assert heavy.taken == 0  # .5 against .8


def test_the_seed_breaks_ties_and_every_tied_choice_is_taken_by_some() -> None:
    predictions = rated({"a": (0.5,)}, {"a": (0.9,)}, {"a": (0.9,)})
    taken = Counter()  # type: Counter[int]
    for seed in range(200):
        ranking = by_distance(predictions, HIGH, seed)
        assert ranking == by_distance(predictions, HIGH, seed)
        assert (ranking.best, ranking.tie_break) == ((1, 2), "seed")
        taken[ranking.taken] += 1
    assert set(taken) == {1, 2}
    assert min(taken.values()) > 60


def test_probabilistic_draws_by_the_probabilities() -> None:
    predictions = rated({"a": (0.9,)}, {"a": (0.5,)}, {"a": (0.2,)}, {"a": (0.0,)})
    draws = 4_000
    counts = Counter(
        by_distance(predictions, HIGH, seed, probabilistic=True).taken for seed in range(draws)
    )
    ranking = by_distance(predictions, HIGH, probabilistic=True)
    assert ranking.tie_break == "drawn"
    assert ranking.best == (0,)
    expected = [draws * score for score in ranking.scores]
    chi_square = sum((counts[i] - each) ** 2 / each for i, each in enumerate(expected))
    assert chi_square < 16.27  # 3 degrees of freedom, p = .001; the seeds are fixed


def test_what_is_missing_is_named() -> None:
    half = rated({"a": (1.0,), "b": (1.0,)}, {"b": (0.0,)})
    with pytest.raises(AlignmentError, match=r"Choice 2 has no prediction of 'a'"):
        by_distance(half, (Target("b", 1.0), Target("a", 1.0)))
    with pytest.raises(AlignmentError, match=r"Choice 1 has no prediction of 'a'"):
        by_distance(rated({"a": ()}), HIGH)
    with pytest.raises(AlignmentError, match="'a' is a distribution"):
        by_distance(half, (Target("a", Distribution((0.5,), 0.1)),))
    with pytest.raises(AlignmentError, match="needs a target"):
        by_distance(half, ())
    with pytest.raises(AlignmentError, match="no choices"):
        by_distance((), HIGH)
    with pytest.raises(AlignmentError, match=r"Choice 2 has no prediction of 'medical'"):
        medical_only.rank(rated({"medical": (1.0,)}, {"a": (1.0,)}), (), None, {}, 0)


def test_medical_only_takes_the_greatest_need_and_the_first_of_a_tie() -> None:
    # Both means are .2, except for the last bit.
    tied = rated({"medical": (0.1,)}, {"medical": (0.1, 0.2, 0.3)}, {"medical": (0.2, 0.3, 0.1)})
    ranking = medical_only.rank(tied, (), None, {}, 0)
    assert (ranking.best, ranking.taken, ranking.tie_break) == ((1, 2), 1, "first")
    assert ranking.sample == 1
    by_seed = {medical_only.rank(tied, (), None, {}, seed, tie="seed").taken for seed in range(40)}
    assert by_seed == {1, 2}
    assert medical_only.rank(tied, (), None, {}, 0, misaligned=True).taken == 0
    drawn = medical_only.rank(tied, (), None, {}, 0, probabilistic=True)
    assert drawn.tie_break == "drawn"


RATING = st.integers(0, 20).map(lambda n: n / 20)


@st.composite
def problems(draw: st.DrawFn) -> tuple[Predictions, Targets]:
    names = draw(st.lists(st.sampled_from("abc"), min_size=1, max_size=3, unique=True))
    samples = st.lists(RATING, min_size=1, max_size=4)
    choices = draw(st.lists(st.tuples(*(samples for _ in names)), min_size=2, max_size=5))
    targets = tuple(Target(name, draw(RATING)) for name in names)
    return rated(*(dict(zip(names, each, strict=True)) for each in choices)), targets


@settings(max_examples=60, deadline=None)
@given(problems(), st.booleans(), st.randoms(use_true_random=False))
def test_permuted_choices_have_permuted_scores(
    problem: tuple[Predictions, Targets], misaligned: bool, random: Any
) -> None:
    predictions, targets = problem
    order = list(range(len(predictions)))
    random.shuffle(order)
    plain = by_distance(predictions, targets, misaligned=misaligned)
    moved = by_distance(tuple(predictions[i] for i in order), targets, misaligned=misaligned)
    assert moved.scores == pytest.approx([plain.scores[i] for i in order])
    assert {order[i] for i in moved.best} == set(plain.best)


@settings(max_examples=60, deadline=None)
@given(problems(), st.integers(0, 2**63 - 1))
def test_misaligned_reverses_the_order_and_the_taken_is_a_best(
    problem: tuple[Predictions, Targets], seed: int
) -> None:
    aligned = by_distance(*problem, seed)
    away = by_distance(*problem, seed, misaligned=True)
    for i, j in itertools.combinations(range(len(aligned.scores)), 2):
        one = aligned.scores[i] - aligned.scores[j]
        other = away.scores[i] - away.scores[j]
        assert one * other <= 1e-12
    assert sum(aligned.scores) == pytest.approx(1.0)
    assert sum(away.scores) == pytest.approx(1.0) or not any(away.scores)
    for ranking in (aligned, away):
        assert ranking.taken in ranking.best
        top = max(ranking.scores)
        assert all(ranking.scores[i] == pytest.approx(top) for i in ranking.best)


def test_what_the_functions_share() -> None:
    assert take_one((3,), 1) == (3, "none")
    assert tied_best([0.5, 0.5 - 1e-12, 0.4]) == (0, 1)
    assert tied_best([0.5, 0.5 - 1e-12, 0.4], exact=True) == (0,)
    assert {draw_one((0.0, 0.0), seed)[0] for seed in range(30)} == {0, 1}
    assert {draw_one((0.0, 1.0), seed)[0] for seed in range(30)} == {1}


@pytest.mark.parametrize("name", list(FUNCTIONS))
def test_every_registered_function_ranks(name: str) -> None:
    entry = FUNCTIONS.get(name)
    assert entry.name == name
    assert entry.description
    values: dict[TargetKind, TargetValue] = {
        "numbers": 1.0,
        "distributions": Distribution((0.9, 1.0), 0.1),
        "random_effects": RandomEffects(0.0, 1.0, 1.0),
    }
    targets = tuple(Target("affiliation", values[kind]) for kind in entry.targets)
    names = ("affiliation", "medical")
    predictions = rated(dict.fromkeys(names, (0.0,)), dict.fromkeys(names, (1.0,)))
    relevance = Relevance.of_scenario({"affiliation": 1.0}, 2)
    ranking = entry.load()(predictions, targets, relevance, {}, 0)
    assert (ranking.function, ranking.taken) == (name, 1)
    json.dumps([dict(ranking.parameters), dict(ranking.details)])


def test_an_unknown_or_broken_function_is_an_error_with_a_hint() -> None:
    with pytest.raises(ConfigError, match="no alignment function 'average_distanse'") as found:
        FUNCTIONS.get("average_distanse")
    assert "average_distance" in found.value.hint
    with pytest.raises(ConfigError, match="cannot be loaded"):
        AlignmentEntry("mine", "no_such_module_at_all:rank", "").load()
    with pytest.raises(ConfigError, match="is a float"):
        AlignmentEntry("mine", "math:pi", "").load()


def cases(name: str, kinds: Sequence[str]) -> list[dict[str, Any]]:
    file = shared_data() / "golden" / "detailed" / f"{name}.jsonl"
    if not file.is_file():
        pytest.skip(f"the detailed golden vectors are not here: {file}")
    found = [json.loads(line) for line in file.read_text().splitlines()]
    return [case for case in found if case["kind"] in kinds]


KINDS = ("average_distance", "average_distance_symmetric", "average_distance_probabilistic",
         "average_distance_single_numbers")  # fmt: skip


def test_the_detailed_vectors_of_average_distance() -> None:
    compare = importlib.import_module("tools.golden.families.compare")
    predictions_of: Callable[[Any], Predictions] = compare.predictions_of
    count = 0
    for case in cases("alignment_scalar", KINDS):
        given_, expected = case["input"], case["expected"]
        predictions = predictions_of(given_["scores"])
        targets = tuple(Target(name, value) for name, value in given_["targets"].items())
        names = list(given_["scores"])
        exact, ours = (
            by_distance(predictions, targets, misaligned=given_["misaligned"], exact_ties=ties)
            for ties in (True, False)
        )
        wanted = list(expected["probabilities"].values())
        assert all(
            math.isclose(a, b, rel_tol=1e-9) for a, b in zip(exact.scores, wanted, strict=True)
        ), case["case"]
        if "tied_best" in expected:
            assert [names[i] for i in exact.best] == expected["tied_best"], case["case"]
            assert [names[i] for i in ours.best] == expected["tied_best_within_1e-9"], case["case"]
        samples = expected.get("best_sample_index", {}).get(names[exact.taken])
        assert samples is None or exact.sample in samples, case["case"]
        count += 1
    assert count > 100


def test_the_detailed_vectors_of_medical_only() -> None:
    compare = importlib.import_module("tools.golden.families.compare")
    found = cases("alignment_medical", ("medical_only",))
    for case in found:
        scores, expected = case["input"]["scores"], case["expected"]
        ranking = medical_only.rank(compare.predictions_of(scores), (), None, {}, 0)
        assert list(scores)[ranking.taken] == expected["choice"], case["case"]
        assert ranking.sample == expected["best_sample_index"], case["case"]
    assert len(found) > 30
