"""A file of another kind is recognised, and not reported as a broken one of the program's own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from align_tui.config.attributes import read_pack
from align_tui.config.backbones import read_backbone
from align_tui.config.library import load_profile
from align_tui.config.options import Options
from align_tui.core.errors import AlignError, ConfigError, DatasetError
from align_tui.formats.align_system.targets import read_target
from align_tui.formats.read import read_scenarios
from align_tui.studies.assemble import load_study
from tests.formats.dataset_files import ATTRIBUTES, read

PROBE = {"scenario": "s", "probe": "p", "choices": [], "nested": {"a": [1, 2]}}


def refused(content: str | bytes) -> DatasetError:
    with pytest.raises(DatasetError) as caught:
        read(content)
    return caught.value


@pytest.mark.parametrize("indent", [None, 2])
def test_an_object_of_another_shape_is_not_called_broken(indent: int | None) -> None:
    error = refused(json.dumps(PROBE, indent=indent))
    assert "is not a scenario" in error.message
    assert "not JSON" not in error.message and "cut short" not in error.hint


def test_a_scenario_written_over_several_lines_is_read() -> None:
    body = {"id": "a", "text": "t", "choices": [{"text": "a"}, {"text": "b"}]}
    assert read(json.dumps(body, indent=2)).scenarios[0].key == "a"


def test_an_object_that_is_wrong_in_the_middle_was_not_cut() -> None:
    text = json.dumps(PROBE, indent=2)
    error = refused(text.replace('"probe":', '"probe"'))
    assert "line 3" in error.message and "cut short" not in error.hint
    twice = refused(text.replace('"probe":', '"scenario":'))
    assert "the key 'scenario' is given twice" in twice.message and "cut short" not in twice.hint
    assert "cut short" in refused(text[:-3]).hint
    assert "cut short" in refused(text[:20]).hint


@pytest.mark.parametrize(
    ("text", "says"),
    [("3", "a number"), ('"x"', "text"), ("null", "null"), ("true", "true or false")],
)
def test_a_value_alone_is_called_so(text: str, says: str) -> None:
    assert f"it is {says}, and has no scenarios" in refused(text).message


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('profiles = ["a"]\nscenarios = ["b"]\n', "it is a study"),
        ('[adm]\nkind = "random"\n', "it is a profile"),
        ('name = "x"\n[[attribute]]\nid = "a"\n', "it is a pack of attributes"),
    ],
)
def test_another_kind_of_our_own_files_is_called_so(text: str, says: str) -> None:
    error = refused(text)
    assert says in error.message and error.hint


def test_formats_that_are_not_read_are_named(tmp_path: Path) -> None:
    for name, content in (("x.csv", "id,text\n1,a\n"), ("x.yaml", "- id: a\n  text: b\n")):
        path = tmp_path / name
        path.write_text(content)
        with pytest.raises(DatasetError, match=r"does not read scenarios from (CSV|YAML)"):
            read_scenarios(path, attributes=ATTRIBUTES)


def test_a_study_is_no_profile_and_so_on(tmp_path: Path) -> None:
    study, profile = tmp_path / "study.toml", tmp_path / "profile.toml"
    scenarios, pack = tmp_path / "scenarios.toml", tmp_path / "pack.toml"
    study.write_text('profiles = ["random"]\nscenarios = ["demo-triage"]\n')
    profile.write_text('[adm]\nkind = "random"\n')
    scenarios.write_text('format = "align-tui/scenarios/1"\n[[scenario]]\nid = "a"\n')
    pack.write_text('name = "p"\n[[attribute]]\nid = "a"\n')
    for wrong, what, reads in (
        (study, "is a study, not a profile", lambda p: load_profile(str(p))),
        (scenarios, "is a set of scenarios, not a profile", lambda p: load_profile(str(p))),
        (profile, "is a profile, not a study", lambda p: load_study(Options(study=p))),
        (pack, "is a pack of attributes, not a study", lambda p: load_study(Options(study=p))),
        (study, "is a study, not a named backbone", read_backbone),
        (profile, "is a profile, not a pack of attributes", read_pack),
    ):
        with pytest.raises(ConfigError, match=what) as caught:
            reads(wrong)
        assert caught.value.hint


@pytest.mark.parametrize(
    "parameters",
    [
        "\n    - name: intercept\n      value: 0.2\n    - name: attr_weight\n      value: 3\n",
        "\n      intercept: 0.2\n      attr_weight: 3\n",
    ],
)
def test_a_target_by_parameters_says_so(parameters: str, tmp_path: Path) -> None:
    path = tmp_path / "target.yaml"
    path.write_text(f"id: x\nkdma_values:\n  - kdma: merit\n    parameters:{parameters}")
    with pytest.raises(DatasetError) as caught:
        read_target(path, attributes=ATTRIBUTES)
    said = "its parameters are intercept, attr_weight, which align-tui cannot read"
    assert said in caught.value.message and "kdma_values[0]" in caught.value.message


def test_too_many_of_anything_is_said_with_the_number() -> None:
    choice = {"text": "x"}
    many = {"id": "a", "text": "t", "choices": [choice] * 70_000}
    assert "70,000 choices" in refused(json.dumps(many)).message
    record = [{"probe_id": "a", "scenario": "s", "probe": "p", "choices": ["a", "b"]}, [{}, {}]]
    assert "the limit is 20,000" in refused(json.dumps([record] * 20_001)).message
    assert "values" in refused("[" + "[]," * 1_000_001 + "[]]").message
    assert "digits" in refused('[{"input": ' + "9" * 3_000_000 + "}]").message
    key = ".".join(["a"] * 100_000)
    assert "at line 2" in refused(f'format = "align-tui/scenarios/1"\n{key} = 1').message


def test_equal_ids_take_time_that_grows_with_their_number() -> None:
    record = [{"probe_id": "a", "scenario": "s", "probe": "p", "choices": ["a", "b"]}, [{}, {}]]
    found = read(json.dumps([record] * 5_000))
    assert len(found) == 5_000 and found.scenarios[-1].key == "a#5000"


def test_errors_stay_readable_whatever_a_file_holds(tmp_path: Path) -> None:
    path = tmp_path / "p.toml"
    path.write_text(f'extends = "{"x" * 100_000}"\n')
    with pytest.raises(AlignError) as caught:
        load_profile(str(path))
    assert len(caught.value.message) <= 4_000
