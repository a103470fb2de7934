"""Scales and spellings are decided once for each file and attribute."""

from __future__ import annotations

import math

import pytest

from align_tui.core.errors import DatasetError
from align_tui.formats.labels import Scales, decide, guessed_scale, normalised, recall
from align_tui.formats.values import FilePosition
from tests.formats.dataset_files import ATTRIBUTES

PLACE = FilePosition("file.json")


@pytest.mark.parametrize(
    ("largest", "scale"), [(0.0, 1.0), (1.0, 1.0), (1.0000001, 1.0), (1.01, 10.0), (10.0, 10.0)]
)
def test_above_one_means_ten(largest: float, scale: float) -> None:
    assert guessed_scale(largest) == scale


def test_normalised_takes_off_rounding_and_nothing_else() -> None:
    assert normalised(3.0, 10.0) == 0.3
    assert normalised(1.0000001, 1.0) == 1.0
    assert normalised(-1e-9, 1.0) == 0.0
    assert math.isnan(normalised(1.1, 1.0))
    assert math.isnan(normalised(-0.1, 1.0))


def test_two_spellings_are_one_attribute_with_one_scale() -> None:
    raws = [{"MoralDesert": 10.0, "patience": 1.0}, {"moral_deservingness": 1.0}]
    scales, notes = decide(raws, ATTRIBUTES, None, PLACE, guess=True)
    assert scales.scale == {"moral_desert": 10.0, "patience": 1.0}
    assert scales.labels(raws[1], PLACE) == {"moral_desert": 0.1}
    assert len(notes) == 3
    assert "divided by 10: moral_desert" in notes[0]
    assert "because no label is above 1, beside others of 0..10: patience" in notes[1]
    assert "no attribute pack defines" in notes[2]


def test_a_given_scale_overrides_the_guess_both_ways() -> None:
    raws = [{"fairness": 1.0}, {"fairness": 0.5}]
    scales, _ = decide(raws, ATTRIBUTES, {"Fairness": 10}, PLACE, guess=True)
    assert scales.labels(raws[0], PLACE) == {"fairness": 0.1}
    scales, _ = decide([{"fairness": 2.0}], ATTRIBUTES, {"fairness": 1}, PLACE, guess=True)
    with pytest.raises(DatasetError, match=r"fairness = 2 is not in 0..1"):
        scales.labels({"fairness": 2.0}, PLACE)


@pytest.mark.parametrize("scale", [0, -1, math.nan, math.inf, True])
def test_a_scale_is_a_number_above_zero(scale: float) -> None:
    with pytest.raises(DatasetError, match="must be a number above 0"):
        decide([{"fairness": 1.0}], ATTRIBUTES, {"fairness": scale}, PLACE, guess=True)


def test_a_scale_for_what_is_not_there_names_what_is() -> None:
    with pytest.raises(DatasetError, match="'risk', which has no label") as caught:
        decide([{"fairness": 1.0}], ATTRIBUTES, {"risk": 10}, PLACE, guess=True)
    assert "fairness" in caught.value.hint


def test_what_is_remembered_is_recalled() -> None:
    raws = [{"MoralDesert": 10.0, "fairness": 1.0}]
    scales, _ = decide(raws, ATTRIBUTES, None, PLACE, guess=True)
    kept = scales.remembered(raws)
    assert kept == {"names": {"MoralDesert": "moral_desert"}, "scale": {"moral_desert": 10.0}}
    assert recall(kept) == Scales({"MoralDesert": "moral_desert"}, {"moral_desert": 10.0})
    assert scales.remembered([{"fairness": 1.0}]) == {}
    assert recall({}) == Scales()
