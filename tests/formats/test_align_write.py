"""Export to align-system's format: records that came from there are written back unchanged."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from align_tui.core.errors import DatasetError
from align_tui.core.scenarios import Choice, Scenario
from align_tui.formats.align_system.write import write_align_system, write_align_system_file
from align_tui.formats.read import read_scenarios
from tests.formats.dataset_files import ATTRIBUTES, mta, read, record, source

TWO = (Choice("a", {"fairness": 0.3}), Choice("b"))


def same(scenarios: tuple[Scenario, ...]) -> list[dict[str, Any]]:
    """Export, read back and compare all that decisions and scores use. Returns the records."""
    records = write_align_system(scenarios)
    back = read(records).scenarios
    assert [(s.key, s.text, s.title, s.choices, s.meta) for s in back] == [
        (s.key, s.text, s.title, s.choices, s.meta) for s in scenarios
    ]
    return records


def test_records_go_back_as_they_were() -> None:
    records = [
        record(label=[{"moral_deservingness": 10, "x y": 3.5}, {}], choice_info={"a": [None, 1]}),
        record(label=None, output=[{"choice": 1}], further="kept"),
        record(full_state={"meta_info": {"scene_id": 5}, "supplies": [{"n": 1}]}),
    ]
    del records[2]["label"]
    found = read(records)
    assert found.scenarios[0].choices[0].labels == {"moral_desert": 1.0, "x y": 0.35}
    assert same(found.scenarios) == records
    assert read(write_align_system(found.scenarios)).scenarios == found.scenarios


def test_a_part_of_a_file_keeps_keys_and_values() -> None:
    ten = [{"fairness": 10}, {"fairness": 1}]
    rest = [{"fairness": 1}, {"fairness": 0}]
    found = read([record(label=ten), record(label=rest), record(label=rest)])
    records = same(found.scenarios[1:])
    assert [r["align_tui"] for r in records] == [{"id": "S/P1#2"}, {"id": "S/P1#3"}]
    # In this file alone a reader would take 1 for the maximum, so it is written as 0..1.
    assert records[0]["label"] == [{"fairness": 0.1}, {"fairness": 0.0}]
    assert records[0]["input"]["choices"][0]["kdma_association"] == {"fairness": 0.1}


def test_mta_goes_out_in_its_own_spelling_and_scale() -> None:
    other = [{"continuation_of_care": 0.0}, {"continuation_of_care": 10.0}]
    found = read([mta(state="You look."), mta(labels=other)])
    records = same(found.scenarios)
    assert records[1]["label"] == other
    assert records[1]["input"]["scenario_id"] == "S1"
    assert records[1]["input"]["full_state"]["meta_info"]["scene_id"] == "S1.1"
    assert [c["unstructured"] for c in records[0]["input"]["choices"]] == [
        "The friend",
        "The stranger",
    ]


def test_sets_on_different_scales_can_be_joined() -> None:
    ten = read([mta(), mta(labels=[{"moral_deservingness": 10}, {"moral_deservingness": 5}])])
    one = read([record(full_state=None)])
    records = same((*ten.scenarios, *one.scenarios))
    assert records[0]["label"] == [{"fairness": 10.0}, {"fairness": 0.0}]
    assert records[1]["label"] == [{"moral_deservingness": 1.0}, {"moral_deservingness": 0.5}]
    assert records[2]["label"] == [{"MoralDesert": 1.0}, {"MoralDesert": 0.25}]


def test_native_scenarios() -> None:
    scenarios = (
        Scenario("k 1", "Text.\n", TWO, "Title", {"a": {"b": None}}),
        Scenario("k/2", "Question: Q\nOptions: A. a B. b\nAnswer:", TWO),
    )
    records = same(scenarios)
    # A reader would remove the options; the block keeps them in the text.
    assert records[1]["align_tui"]["text"] == scenarios[1].text
    assert "text" not in records[0]["align_tui"]


def test_edits_are_written() -> None:
    (scenario,) = read([record(label=[{"MoralDesert": 10}, {"MoralDesert": 5}])]).scenarios
    edited = replace(
        scenario,
        text="Another question.",
        choices=(Choice("Treat A", {"moral_desert": 1.0}), Choice("Wait", {"fairness": 0.5})),
        meta={**scenario.meta, "mine": 1},
    )
    (written,) = same((edited,))
    assert written["input"]["state"] == "Another question."
    assert written["input"]["full_state"]["unstructured"] == "Another question."
    assert written["label"] == [{"MoralDesert": 10.0}, {"fairness": 0.5}]
    assert written["input"]["choices"][1]["action_id"] == "a1"
    assert source(scenario)["record"]["input"]["state"] == "Who is treated?"  # unchanged
    fewer = replace(scenario, choices=(*scenario.choices, Choice("Both")))
    same((fewer,))


@pytest.mark.parametrize(
    "kept",
    [
        {"format": "align-system"},
        {"format": "align-system", "record": 5},
        {"format": "align-system", "record": {"input": {}}},
        {"format": "mta", "labels": "x", "names": 3, "scale": {"fairness": "x"}},
        {"format": "mta", "labels": [{"fairness": 3}], "scale": {"fairness": -1}},
        {"format": "mta", "labels": [3, 4]},
        {
            "format": "mta",
            "labels": [{"Fairness": 3}, {}],
            "names": {"Fairness": "fairness", "g": 3},
        },
        {"format": 7},
    ],
)
def test_a_source_may_hold_anything(kept: dict[str, Any]) -> None:
    same((Scenario("k", "t", TWO, source=kept),))


def test_equal_choices_go_back_unnumbered() -> None:
    body = record(choices=[{"unstructured": "Ye"}, {"unstructured": "Ye"}], label=None)
    found = read([body])
    assert found.scenarios[0].choice_texts == ("Ye", "Ye (2)")
    assert same(found.scenarios) == [body]


def test_the_file(tmp_path: Path) -> None:
    path = tmp_path / "out.json"
    scenario = Scenario("k", "café 😀", TWO)
    write_align_system_file(path, [scenario])
    assert "café 😀" in path.read_text(encoding="utf-8")
    assert read_scenarios(path, attributes=ATTRIBUTES).scenarios[0].text == "café 😀"
    before = path.read_bytes()
    with pytest.raises(DatasetError, match="the same key"):
        write_align_system_file(path, [scenario, scenario])
    assert path.read_bytes() == before
    assert isinstance(json.loads(before), list)
