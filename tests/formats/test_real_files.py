"""The real files of the field, if they are on this machine."""

from __future__ import annotations

import json
import math
from collections import Counter
from pathlib import Path

import pytest

from align_tui.core.answers import ChoiceAnswer
from align_tui.core.scorers.distance import SCORER, score
from align_tui.core.scorers.labels import distance
from align_tui.core.stats.chance import chance
from align_tui.core.stats.rates import rate
from align_tui.core.targets import Target
from align_tui.formats.align_system.scenarios import recorded_choices
from align_tui.formats.align_system.write import write_align_system, write_align_system_file
from align_tui.formats.read import read_scenarios
from align_tui.formats.sets import ScenarioSet
from align_tui.formats.write import write_native_jsonl, write_native_toml
from tests.formats.dataset_files import ATTRIBUTES, shared_data

MTA = "mta/paper-dataset-1-12.json"
NORTHEAST = "opinionqa/CREGION_Northeast_input_output.json"
COLLEGE = "opinionqa/EDUCATION_College_graduate_some_postgrad_input_output.json"
POOR = "opinionqa/INCOME_Less_than_$30,000_input_output.json"
LABELLED = {
    MTA: {
        "utilitarianism",
        "moral_desert",
        "continuing_care",
        "risk_aversion",
        "fairness",
        "protocol_focus",
    },
    "align_system/oracle_fairness_training_input_output.json": {"fairness", "utilitarianism"},
    "align_system/oracle_moral_desert_training_input_output.json": {
        "moral_desert",
        "utilitarianism",
        "continuing_care",
    },
    "align_system/July2025-MF-train_20250715.json": {"medical", "merit"},
    "align_system/run_comp_reg_icl/input_output.json": {"Moral judgement"},
    NORTHEAST: {"CREGION_Northeast"},
    COLLEGE: {"EDUCATION_College graduate/some postgrad"},
    POOR: {"INCOME_Less than $30,000"},
}
FILES = pytest.mark.parametrize("name", list(LABELLED))
ALIGN_FILES = pytest.mark.parametrize("name", [name for name in LABELLED if name != MTA])


def real(name: str) -> Path:
    path = shared_data() / name
    if not path.is_file():
        pytest.skip(f"{name} is not among the real files here")
    return path


def load(name: str) -> ScenarioSet:
    return read_scenarios(real(name), attributes=ATTRIBUTES)


def test_mta() -> None:
    found = load(MTA)
    assert found.format == "mta"
    assert len(found) == 62
    assert len({scenario.meta["probe_id"] for scenario in found}) == 40
    assert len({scenario.key for scenario in found}) == 62
    assert sum("#" not in scenario.key for scenario in found) == 40
    counts = Counter(name for scenario in found for name in scenario.labelled)
    assert counts == {
        "utilitarianism": 21,
        "moral_desert": 12,
        "continuing_care": 12,
        "risk_aversion": 8,
        "fairness": 6,
        "protocol_focus": 3,
    }


def test_several_mta_records_have_tied_best_choices() -> None:
    tied = 0
    for scenario in load(MTA):
        (name,) = scenario.labelled
        labels = [choice.labels[name] for choice in scenario.choices]
        tied += labels.count(max(labels)) > 1
    assert tied == 12


@pytest.mark.parametrize(
    ("attribute", "high", "low"),
    [
        ("continuing_care", 0.500, 0.500),
        ("protocol_focus", 0.611, 0.389),
        ("utilitarianism", 0.495, 0.505),
    ],
)
def test_chance_on_mta(attribute: str, high: float, low: float) -> None:
    found = load(MTA)
    assert chance(found, (Target(attribute, 1.0),), SCORER) == pytest.approx(high, abs=5e-4)
    assert chance(found, (Target(attribute, 0.0),), SCORER) == pytest.approx(low, abs=5e-4)


def test_mta_texts_are_those_of_the_fields_conversion() -> None:
    texts = {scenario.text for scenario in load(MTA)}
    for name in LABELLED:
        if "oracle" in name:
            assert {scenario.text for scenario in load(name)} <= texts


@FILES
def test_labels_are_known_by_id(name: str) -> None:
    found = load(name)
    assert found.labelled == LABELLED[name]
    assert all(not scenario.problems() for scenario in found)


@FILES
@pytest.mark.parametrize("value", [0.0, 1.0])
def test_oracle_is_always_right_and_its_opposite_never(name: str, value: float) -> None:
    found = load(name)
    for attribute in found.labelled:
        targets = (Target(attribute, value),)
        best, worst = [], []
        for scenario in found:
            distances = [distance(choice, targets) for choice in scenario.choices]
            finite = [i for i, d in enumerate(distances) if math.isfinite(d)]
            if finite:
                best.append(
                    score(ChoiceAnswer(min(finite, key=distances.__getitem__)), scenario, targets)
                )
                worst.append(
                    score(ChoiceAnswer(max(finite, key=distances.__getitem__)), scenario, targets)
                )
        assert rate(best).scored == sum(attribute in s.labelled for s in found)
        assert rate(best).accuracy == 1.0
        assert rate(best, discriminating=True).scored > 0
        assert rate(worst, discriminating=True).accuracy == 0.0


@pytest.mark.parametrize(("name", "records"), [(NORTHEAST, 203), (COLLEGE, 185), (POOR, 189)])
def test_opinionqa_texts_are_questions(name: str, records: int) -> None:
    found = load(name)
    assert len(found) == records
    for scenario in found:
        assert "Question:" not in scenario.text
        assert "Options:" not in scenario.text
        assert "Answer:" not in scenario.text


def test_a_damaged_question_keeps_its_choices_apart() -> None:
    found = load(COLLEGE)
    twice = [s for s in found if any(text.endswith(" (2)") for text in s.choice_texts)]
    assert [s.meta["scene_id"] for s in twice] == ["12445", "1687"]
    assert any("2 records repeat a choice's text" in note for note in found.notes)


@ALIGN_FILES
def test_align_system_files_go_back_as_they_were(name: str, tmp_path: Path) -> None:
    found = load(name)
    original = json.loads(real(name).read_text(encoding="utf-8"))
    assert write_align_system(found.scenarios) == original
    out = tmp_path / real(name).name
    write_align_system_file(out, found.scenarios)
    assert read_scenarios(out, attributes=ATTRIBUTES).scenarios == found.scenarios


@FILES
def test_the_projects_own_formats_lose_nothing(name: str, tmp_path: Path) -> None:
    found = load(name)
    for write in (write_native_jsonl, write_native_toml):
        write(tmp_path / "x", found.scenarios)
        back = read_scenarios(tmp_path / "x", attributes=ATTRIBUTES)
        assert back.scenarios == found.scenarios
        assert back.hash == found.hash


def test_mta_to_align_system(tmp_path: Path) -> None:
    found = load(MTA)
    write_align_system_file(tmp_path / "x", found.scenarios)
    back = read_scenarios(tmp_path / "x", attributes=ATTRIBUTES)
    assert [(s.key, s.text, s.choices) for s in back] == [(s.key, s.text, s.choices) for s in found]
    raw = json.loads(real(MTA).read_text(encoding="utf-8"))
    records = json.loads((tmp_path / "x").read_text(encoding="utf-8"))
    assert [record["label"] for record in records] == [labels for _, labels in raw]


@ALIGN_FILES
def test_recorded_choices(name: str) -> None:
    for scenario in load(name):
        record = scenario.source["record"]
        assert isinstance(record, dict)
        chosen = recorded_choices(record)
        assert chosen
        assert all(0 <= i < len(scenario.choices) for i in chosen)
        if "oracle" in name or "opinionqa" in name:
            # The files' own oracles chose a choice with the largest label of some attribute.
            best = [max(c.labels.get(a, -1.0) for c in scenario.choices) for a in scenario.labelled]
            labels = [scenario.choices[chosen[0]].labels.get(a) for a in scenario.labelled]
            assert any(x == y for x, y in zip(labels, best, strict=True))
