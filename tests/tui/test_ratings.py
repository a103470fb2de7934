"""The table of ratings: gauges, samples, targets, relevance, scores."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from align_tui.core.alignment.ranking import Ranking
from align_tui.core.decisions import Step
from align_tui.core.predictions import Prediction, Predictions, Relevance
from align_tui.core.targets import Distribution, RandomEffects, Target
from align_tui.store.basis import Basis
from align_tui.tui.format.basis_detail import basis_parts
from align_tui.tui.format.gauge import deviation, gauge
from align_tui.tui.format.glyphs import ASCII, UNICODE, Glyphs
from align_tui.tui.format.ratings import Rated, rating_lines, score_texts, tie_words
from align_tui.tui.format.styled_text import cells, text_of
from align_tui.tui.format.target_editor import editor_lines, make_editor
from align_tui.tui.format.targets import signs

MERIT, RISK = Target("moral_desert", 1.0), Target("risk_aversion", 0.3)
SHARES = st.floats(0, 1)
WIDE = "一二三四五六七八"  # two cells each
NAMES = st.sampled_from(("moral_desert", "risk_aversion", "fairness", WIDE))


def rated(*means: float, tie: bool = False, **more: object) -> Rated:
    """Choices with these means for one attribute, of which the first is ranked best."""
    predictions = tuple({"moral_desert": Prediction((mean,))} for mean in means)
    best = (0, 1) if tie else (0,)
    ranking = Ranking("average_distance", "closeness", means, best, 0, "seed" if tie else "none")
    known: dict[str, object] = {"ranking": ranking, "targets": (MERIT,), **more}
    return Rated(len(means), predictions, **known)  # type: ignore[arg-type]


def shown(value: Rated, width: int = 76, height: int = 9, glyphs: Glyphs = UNICODE) -> list[str]:
    """The text of the lines, with the first choice taken and right."""
    return [text_of(line) for line in rating_lines(value, 0, "right", width, height, glyphs)]


def test_a_gauge_is_filled_up_to_the_mean_and_has_a_tick_a_sample() -> None:
    made = text_of(gauge(Prediction((0.2, 0.6, 1.0)), None, 11, UNICODE))
    assert made == "━━┿━━━┿───┼"  # 0.6 of 11 cells, ticks at 2, 6 and 10 of 0..10
    assert text_of(gauge(Prediction((0.6,)), None, 11, UNICODE)) == "━━━━━━━────"
    assert text_of(gauge(Prediction((0.2, 0.6, 1.0)), None, 11, ASCII)) == "##|###|...|"


def test_the_target_stands_at_its_place() -> None:
    for value, at in ((0.0, 0), (0.5, 5), (1.0, 10)):
        for glyphs in (UNICODE, ASCII):
            made = text_of(gauge(Prediction((0.4,)), Target("a", value), 11, glyphs))
            assert made.index(glyphs.target) == at and made.count(glyphs.target) == 1


def test_a_distribution_is_marked_at_its_mean_between_one_deviation_to_both_sides() -> None:
    spread = Distribution((0.4, 0.6), 0.1732, "p7")
    assert deviation(spread) == pytest.approx(math.hypot(0.1, 0.1732))
    made = text_of(gauge(Prediction((0.0,)), Target("a", spread), 11, UNICODE))
    assert made == "───(─◆─)───"


def test_a_target_without_a_number_has_no_place_on_the_gauge() -> None:
    effects = Target("moral_desert", RandomEffects(0.5, 1.0, -2.0))
    assert text_of(gauge(Prediction((0.4,)), effects, 11, UNICODE)) == "━━━━───────"
    heading, first, _ = shown(rated(0.9, 0.1, targets=(effects,)))
    assert heading.split()[:3] == ["moral", "desert", "◆"] and "◆" not in first
    with_value = Target("moral_desert", RandomEffects(0.5, 1.0, -2.0, 0.5))
    assert "◆.50" in shown(rated(0.9, 0.1, targets=(with_value,)))[0]
    assert signs((effects, with_value, MERIT), UNICODE) == "◆▄▲"


@pytest.mark.parametrize("value", [RandomEffects(1, 2, 3), RandomEffects(1, 2, 3, 0.5)])
def test_the_target_editor_keeps_random_effects_until_they_are_removed(
    value: RandomEffects,
) -> None:
    editor = make_editor(("fairness",), (Target("merit", value, 2.0),))
    assert editor.turned(1).set_to(0.3).targets == (Target("merit", value, 2.0),)
    assert editor.set_to(None).targets == ()
    line = text_of(editor_lines(editor, 60, UNICODE)[0])
    assert "random effects" in line and (".50" in line) is (value.value is not None)


def test_a_choice_without_a_prediction_has_a_dash() -> None:
    value = rated(0.9, 0.1)
    lines = shown(Rated(2, (value.predictions[0], {}), None, value.ranking, (MERIT,)))
    assert " – " in lines[2] and "━" not in lines[2] and "◆" in lines[2]


def test_it_says_target_relevance_measure_and_scores() -> None:
    relevance = Relevance.of_scenario({"moral_desert": 0.4}, 2)
    heading, first, second = shown(rated(0.9, 0.1, relevance=relevance))
    assert heading.split() == ["moral", "desert", "◆1.00", "×.40", "closeness"]
    assert first.startswith("✓ A ") and first.rstrip().endswith(".90")
    assert second.startswith("  B ") and second.rstrip().endswith(".10")
    assert first.index(".90", 50) == second.index(".10", 50)


def test_relevance_by_choice_stands_in_its_row() -> None:
    relevance = Relevance(({"moral_desert": 1.0}, {"moral_desert": 0.25}))
    heading, first, second = shown(rated(0.9, 0.1, relevance=relevance))
    assert "×" not in heading and "×1.00" in first and "×.25" in second
    narrow = shown(rated(0.9, 0.1, relevance=relevance), 21)
    assert all("━" in line and "×" not in line for line in narrow[1:])


def test_ties_are_marked_at_their_scores() -> None:
    value = rated(0.5, 0.5, 0.1, tie=True)
    lines = shown(value)
    assert [line.rstrip().endswith("=") for line in lines] == [False, True, True, False]
    assert value.ranking is not None and tie_words(value.ranking) == "tie: seed"
    assert not any("=" in line for line in shown(rated(0.9, 0.1)))


def several(count: int, choices: int = 2) -> Rated:
    """Several attributes; the last one differs most between the choices."""
    names = [f"attribute_{n}" for n in range(count)]
    predictions = tuple(
        {name: Prediction((0.5 + (c == 0) * n / 20,)) for n, name in enumerate(names)}
        for c in range(choices)
    )
    scores = tuple(1 - c / 100 for c in range(choices))
    return Rated(choices, predictions, None, Ranking("f", "closeness", scores, (0,), 0))


def test_attributes_stand_side_by_side_or_in_blocks_or_the_most_telling_alone() -> None:
    wide = shown(several(3), 120)
    assert len(wide) == 3 and wide[0].count("attribute") == 3
    stacked = shown(several(3), 21, 9)
    assert [line.split()[0] for line in stacked[::3]] == ["attribute", "attribute", "attribute"]
    [heading, *rows] = shown(several(3), 21, 3)
    assert heading.split()[0] == "+2" and "attribute 2" in heading and len(rows) == 2


def test_of_many_choices_the_taken_and_the_best_are_shown_and_the_others_counted() -> None:
    lines = shown(several(1, 9), 60, 5)
    assert [line[2] for line in lines[1:4]] == ["A", "B", "C"]
    assert lines[4].split() == ["…", "6", "more", "choices"] and len(lines) == 5
    assert shown(several(1, 30), 60, 40)[27].startswith("  27 ")


def test_a_table_is_made_once_for_the_same_decision_and_room() -> None:
    value = rated(0.9, 0.1)
    again = Rated(2, value.predictions, value.relevance, value.ranking, value.targets)
    first = rating_lines(value, 0, "right", 76, 9, UNICODE)
    assert rating_lines(again, 0, "right", 76, 9, UNICODE) is first
    assert rating_lines(value, 0, "right", 75, 9, UNICODE) is not first
    other = rating_lines(rated(0.9, 0.2), 0, "right", 76, 9, UNICODE)
    assert other != first and rating_lines(value, 1, "right", 76, 9, UNICODE) != first


def test_scores_line_up_and_no_two_look_like_a_tie_that_is_none() -> None:
    assert score_texts((0.5, 1.25, -0.75)) == (".50", "1.25", "-.75")
    assert score_texts((0.501, 0.502)) == (".501", ".502")
    assert score_texts((0.5, 0.5)) == (".50", ".50")
    assert score_texts((-1e-9, 1.0)) == (".00", "1.00")
    assert score_texts((1e9, 1.0)) == ("1e+09", "1")


@settings(max_examples=50)
@given(
    predictions=st.lists(
        st.dictionaries(
            NAMES, st.lists(SHARES, min_size=1, max_size=6).map(tuple).map(Prediction), max_size=4
        ),
        min_size=1,
        max_size=7,
    ).map(tuple),
    by_choice=st.booleans(),
    scored=st.booleans(),
    width=st.integers(18, 130),
    height=st.integers(2, 20),
    glyphs=st.sampled_from((UNICODE, ASCII)),
    data=st.data(),
)
def test_every_table_fits_its_room(
    predictions: Predictions,
    by_choice: bool,
    scored: bool,
    width: int,
    height: int,
    glyphs: Glyphs,
    data: st.DataObject,
) -> None:
    count = len(predictions)
    taken = data.draw(st.none() | st.integers(0, count - 1))
    scores = data.draw(st.lists(st.floats(-1e7, 1e7), min_size=count, max_size=count).map(tuple))
    best = tuple(sorted(data.draw(st.sets(st.integers(0, count - 1), min_size=1))))
    ranking = Ranking("f", "closeness", scores, best, best[0]) if scored else None
    rows = data.draw(
        st.lists(st.dictionaries(NAMES, SHARES), min_size=count, max_size=count).map(tuple)
    )
    relevance = Relevance(rows if by_choice else rows[:1] * count)
    value = Rated(count, predictions, relevance, ranking, (MERIT, RISK))
    lines = rating_lines(value, taken, "wrong", width, height, glyphs)
    assert len(lines) <= height
    for line in lines:
        assert cells(line) <= width, text_of(line)
        if glyphs.ascii:
            assert text_of(line).translate(dict.fromkeys(map(ord, WIDE))).isascii()
    if taken is not None and lines:
        assert any(text_of(line).startswith(glyphs.marks["wrong"]) for line in lines)


def basis(tie_break: str = "none") -> Basis:
    """The basis of a decision with two tied choices, each rated three times."""
    predictions = (
        {
            "moral_desert": Prediction(
                (0.8, 0.9, 0.7), ("he saved one", "", "he acted"), "regression"
            )
        },
        {
            "moral_desert": Prediction((0.8, 0.8, 0.8), (), "regression"),
            "fairness": Prediction((1.0,)),
        },
    )
    ranking = Ranking(
        "average_distance", "probability", (0.5, 0.5), (0, 1), 1, tie_break,  # type: ignore[arg-type]
        {"misaligned": False}, ("both are alike",), 2, {"distances": [0.2, 0.2]},
    )  # fmt: skip
    relevance = Relevance(({"moral_desert": 1.0}, {"moral_desert": 0.5}), "labels")
    return Basis(predictions, relevance, ranking, (Step("rate", 0.25), Step("rank", 0.001)))


def test_inside_has_all_of_it() -> None:
    spread = Distribution((0.4, 0.6), 0.1, "p7")
    targets = (MERIT, Target("fairness", spread, 2.0))
    parts = dict(basis_parts(basis("seed"), targets, ("Treat the rescuer", "Treat the arsonist")))
    assert list(parts) == ["predictions", "relevance", "targets", "ranking", "steps"]
    rows = [line.split() for line in parts["predictions"].splitlines()]
    assert rows[0] == ["choice", "attribute", "mean", "samples", "rater"]
    assert rows[1] == ["A", "moral_desert", "0.800", "0.800", "0.900", "0.700", "regression"]
    assert rows[2][:3] == ["A", "fairness", "–"]
    assert "A moral_desert sample 3 (0.700): he acted" in parts["predictions"]
    assert "A  Treat the rescuer" in parts["predictions"]
    assert parts["relevance"].splitlines()[1].split() == ["moral_desert", "1.000", "0.500"]
    assert parts["targets"].splitlines()[0] == "moral_desert  1"
    assert "distribution p7: mean 0.500, standard deviation 0.141  weight 2" in parts["targets"]
    assert "2 samples under a Gaussian kernel of bandwidth 0.1: 0.400 0.600" in parts["targets"]
    for words in (
        "average_distance", "misaligned = false", "probability", "tied best, taken",
        "B  Treat the arsonist", "the sample's seed drew it from 2 choices", "(A, B)",
        "its sample 3", "both are alike", "distances  [0.2, 0.2]",
    ):  # fmt: skip
        assert words in parts["ranking"], words
    assert parts["steps"].splitlines()[1].split() == ["rate", "0.250"]


@pytest.mark.parametrize(
    ("why", "words"),
    [("none", "alone"), ("first", "first of the 2"), ("drawn", "in proportion to the scores")],
)
def test_inside_says_why_a_choice_was_taken(why: str, words: str) -> None:
    assert words in dict(basis_parts(basis(why), (), ()))["ranking"]


def test_a_direct_decision_has_no_such_parts() -> None:
    assert rating_lines(Rated(2, ({}, {})), 0, "right", 76, 9, UNICODE) == ()
    assert basis_parts(None, (MERIT,), ("a", "b")) == ()
    assert basis_parts(Basis(), (MERIT,), ("a", "b")) == ()
