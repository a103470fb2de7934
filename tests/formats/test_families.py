"""Families of scenarios: read where a format has them, written where it can, and their clusters."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from align_tui.core.attributes import Attributes
from align_tui.core.families import clusters_of
from align_tui.core.scenarios import VARIANT_OF, Choice, Scenario
from align_tui.formats.align_system.write import write_align_system_file
from align_tui.formats.read import read_scenarios
from align_tui.formats.write import write_native_jsonl, write_native_toml


def scenario(number: int, family: str = "", text: str = "") -> Scenario:
    choices = (Choice("A", {"merit": 1.0}), Choice("B", {"merit": 0.0}))
    return Scenario(f"s{number}", text or f"text {number}", choices, family=family)


NONE = Attributes()
MIXED = (scenario(1, "x"), scenario(2, "x"), scenario(3), scenario(4, "alone"))


@pytest.mark.parametrize(
    ("write", "name"),
    [
        (write_native_toml, "s.toml"),
        (write_native_jsonl, "s.jsonl"),
        (write_align_system_file, "s.json"),
    ],
)
def test_families_are_written_and_read_back(
    tmp_path: Path, write: Callable[[Path, Sequence[Scenario]], None], name: str
) -> None:
    write(tmp_path / name, MIXED)
    found = read_scenarios(tmp_path / name, attributes=NONE).scenarios
    assert [each.family for each in found] == ["x", "x", "", "alone"]


def records(ids: Sequence[str]) -> str:
    return json.dumps(
        [
            {
                "input": {
                    "scenario_id": name,
                    "full_state": {"meta_info": {"scene_id": str(number)}},
                    "state": f"text {number}",
                    "choices": [{"unstructured": "A"}, {"unstructured": "B"}],
                },
            }
            for number, name in enumerate(ids)
        ]
    )


@pytest.mark.parametrize(
    ("ids", "families"),
    [
        (["a", "a", "b"], ["a", "a", ""]),
        (["all", "all", "all"], ["", "", ""]),  # it names the whole file
    ],
)
def test_a_scenario_id_is_a_family_where_it_tells_records_apart(
    tmp_path: Path, ids: list[str], families: list[str]
) -> None:
    path = tmp_path / "input_output.json"
    path.write_text(records(ids), encoding="utf-8")
    found = read_scenarios(path, attributes=NONE).scenarios
    assert [each.family for each in found] == families


def test_families_variants_and_equal_texts_are_clusters() -> None:
    edited = replace(scenario(3, text="other"), key="s3-b", meta={VARIANT_OF: "s3"})
    again = replace(edited, key="s3-c", text="another", meta={VARIANT_OF: "s3-b"})
    every = (*MIXED, edited, again, scenario(7, text="text 1"))
    assert clusters_of(every) == (0, 0, 2, 3, 2, 2, 0)
    assert clusters_of(every, "question") == (0, 1, 2, 3, 4, 5, 0)
    assert clusters_of(every, "none") == tuple(range(7))
    assert scenario(1).hash == MIXED[0].hash  # the family is no part of what a scenario is
