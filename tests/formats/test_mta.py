"""The raw Medical Triage Alignment file."""

from __future__ import annotations

from typing import Any

import pytest

from align_tui.core.errors import DatasetError
from tests.formats.dataset_files import mta, read, source


def test_a_record() -> None:
    found = read([mta(state=" You walk over. ", extra=[1])])
    assert (found.format, found.name) == ("mta", "some scenarios")
    (scenario,) = found
    assert scenario.key == "S1.1"
    assert scenario.text == "Two are hurt. You walk over. Whom do you treat?"
    assert [dict(c.labels) for c in scenario.choices] == [{"fairness": 1.0}, {"fairness": 0.0}]
    assert scenario.meta == {"scenario_id": "S1", "probe_id": "S1.1"}
    assert source(scenario)["record"]["extra"] == [1]
    assert scenario.source["labels"] == [{"fairness": 10.0}, {"fairness": 0.0}]
    assert found.notes == ("Values on a scale of 0..10 were divided by 10: fairness.",)


def test_the_same_probe_under_two_attributes() -> None:
    other = [{"continuation_of_care": 0}, {"continuation_of_care": 5}]
    found = read([mta(), mta(labels=other), mta(labels=other)])
    assert [s.key for s in found] == ["S1.1", "S1.1#2", "S1.1#3"]
    assert found.labelled == {"fairness", "continuing_care"}
    assert found.scenarios[1].choices[1].labels == {"continuing_care": 0.5}
    assert "2 records repeat an earlier key" in found.notes[-1]
    assert "S1.1#2, S1.1#3" in found.notes[-1]


def test_a_scale_belongs_to_the_file_not_to_the_record() -> None:
    low = [{"fairness": 1}, {"fairness": 0}]
    found = read([mta(labels=low), mta(probe_id="2")])
    assert [c.labels["fairness"] for c in found.scenarios[0].choices] == [0.1, 0.0]
    assert read([mta(labels=low)]).scenarios[0].choices[0].labels == {"fairness": 1.0}
    assert read([mta(labels=low)], {"fairness": 10}).scenarios[0].choices[0].labels == {
        "fairness": 0.1
    }


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"probe_id": None}, "probe_id must be text or a whole number, not null"),
        ({"probe_id": 1.5}, "probe_id must be text or a whole number, not a number"),
        ({"scenario": 3}, "scenario must be text, not a number"),
        ({"state": {}}, "state must be text, not an object"),
        ({"probe": None}, "probe must be text, not null"),
        ({"choices": "ab"}, "choices must be a list, not text"),
        ({"choices": ["a", True]}, r"choices\[1\] must be text, not true or false"),
        ({"choices": []}, "it has 2 labels for 0 choices"),
        ({"choices": [], "labels": []}, "it has 0 choices"),
        ({"labels": [{}]}, "it has 1 label for 2 choices"),
        ({"labels": [{}] * 3}, "it has 3 labels for 2 choices"),
        ({"labels": {}}, "the labels must be a list, not an object"),
        ({"labels": [{}, 3]}, r"labels\[1\] must be an object, not a number"),
        ({"labels": [{}, {"a": "1"}]}, r"labels\[1\]: a must be a number, not text"),
        ({"labels": [{}, {"a": True}]}, r"labels\[1\]: a must be a number, not true"),
        ({"labels": [{}, {"a": float("nan")}]}, r"labels\[1\]: a = nan is not a label"),
        ({"labels": [{}, {"a": float("inf")}]}, r"labels\[1\]: a = inf is not a label"),
        ({"labels": [{}, {"a": 10**400}]}, r"labels\[1\]: a = a huge number is not a label"),
        ({"labels": [{}, {"a": -1}]}, r"labels of choice 2: a = -1 is not in 0..1"),
        ({"labels": [{}, {"a": 11}]}, r"labels of choice 2: a = 11 is not in 0..10"),
        ({"scenario": "", "probe": " "}, "its text is empty"),
        ({"choices": ["a", ""]}, "choice 2 is empty"),
    ],
)
def test_errors(change: dict[str, Any], says: str) -> None:
    with pytest.raises(DatasetError, match=rf"some scenarios: record 2( \(S1.1\))?: .*{says}"):
        read([mta(), mta(**change)])


@pytest.mark.parametrize("entry", [[], [{}], [{}, [], []], {}, "x", None, 3])
def test_entries_that_are_no_pair(entry: object) -> None:
    with pytest.raises(DatasetError, match="record 2: the entry must be"):
        read([mta(), entry])
