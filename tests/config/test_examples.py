"""`[examples]` of a profile: read, hashed, edited, and checked before a run starts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from align_tui.config.attributes import load_attributes
from align_tui.config.library import load_profile
from align_tui.config.options import Options
from align_tui.config.profile import Profile
from align_tui.config.study import Study
from align_tui.core.errors import ConfigError
from align_tui.studies.assemble import load_study
from align_tui.studies.edits import profile_toml, with_copy, with_profile, with_targets
from align_tui.studies.examples import check_examples, with_examples
from tests.conftest import make_scenarios


def records(*labels: tuple[float | None, float | None], text: str = "Scene") -> str:
    lines = ['{"format": "align-tui/scenarios/1", "name": "solved"}']
    for number, pair in enumerate(labels):
        choices = [
            {"text": name, "labels": {} if value is None else {"moral_desert": value}}
            for name, value in zip("AB", pair, strict=True)
        ]
        lines.append(
            json.dumps({"id": f"e{number}", "text": f"{text} {number}.", "choices": choices})
        )
    return "\n".join(lines) + "\n"


def write(folder: Path, examples: str, more: str = 'kind = "prompt_aligned"') -> Path:
    """Write a profile with examples, and a study with it on one of the shipped scenarios."""
    (folder / "solved.jsonl").write_text(records((1, 0), (0, 1), (0.2, 0.9)))
    target = '[[target]]\nattribute = "moral_desert"\nvalue = 1.0\n'
    if "baseline" in more:
        target = ""
    (folder / "p.toml").write_text(f"[adm]\n{more}\n[examples]\n{examples}\n{target}")
    study = folder / "s.toml"
    study.write_text('profiles = ["p.toml"]\nscenarios = ["demo-triage"]\nlimit = 2\n')
    return study


def study_of(folder: Path, examples: str, more: str = 'kind = "prompt_aligned"') -> Study:
    return load_study(Options(study=write(folder, examples, more)))


def test_a_set_is_read_beside_its_profile_and_is_part_of_the_hash(tmp_path: Path) -> None:
    [before] = study_of(tmp_path, 'scenarios = "solved.jsonl"\nnumber = 2').profiles
    assert before.examples is not None
    assert before.examples.scenarios == (str(tmp_path / "solved.jsonl"),)
    assert [e.scenario.key for e in before.examples.loaded.examples] == ["e0", "e1", "e2"]
    (tmp_path / "solved.jsonl").write_text(records((1, 0), (0, 1), (0.2, 0.8)))
    [after] = load_study(Options(study=tmp_path / "s.toml")).profiles
    assert after.examples is not None and before.hash != after.hash
    assert before.examples.set_sha256 != after.examples.set_sha256
    again = Profile.from_body(before.body())
    assert again.hash == before.hash and again.examples is not None
    assert not again.examples.is_loaded


def test_a_profile_without_examples_has_the_hash_that_it_always_had() -> None:
    plain = Profile.model_validate({"name": "p", "adm": {"kind": "baseline"}})
    assert plain.hash == "2d3d901a1f6d0a7a5b00215c2b48e2f39d23e2825781d835d2834a3d19a79806"
    assert "examples" not in plain.body() and not plain.is_steerable


def test_library_names_stay_names_and_several_sets_are_joined(tmp_path: Path) -> None:
    [found] = study_of(
        tmp_path, 'scenarios = ["demo-triage", "solved.jsonl", "solved.jsonl"]\nnumber = 2'
    ).profiles
    assert found.examples is not None
    keys = [each.scenario.key for each in found.examples.loaded.examples]
    assert found.examples.scenarios[0] == "demo-triage"
    assert len(keys) == len(set(keys)) == 46 and keys[-1] == "e2#2"


@pytest.mark.parametrize(
    ("examples", "says"),
    [
        ('scenarios = "nowhere"', "examples.scenarios: There is no scenario set called 'nowhere'"),
        ('scenarios = "gone.jsonl"', "gone.jsonl"),
        ('scenarios = "solved.jsonl"', "too few examples for the scenario .*asks for 5 examples"),
        ('scenarios = "demo-survey"\nnumber = 1', "no scenario of its examples has labels for mor"),
        ('scenarios = "solved.jsonl"\nnumber = 1\nmethod = "like"', "method"),
        ("number = 1", "scenarios"),
        ('scenarios = "solved.jsonl"\nnumber = 1\nsimilarity = "embedding"', "role 'embedding'"),
    ],
)
def test_faults_are_named_before_a_run_starts(tmp_path: Path, examples: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        study_of(tmp_path, examples)


def test_too_few_are_left_after_the_scenario_itself_is_left_out(tmp_path: Path) -> None:
    """All examples but one would do for the set's own scenarios."""
    write(tmp_path, 'scenarios = "solved.jsonl"\nnumber = 3')
    (tmp_path / "s.toml").write_text('profiles = ["p.toml"]\nscenarios = ["solved.jsonl"]\n')
    with pytest.raises(
        ConfigError, match=r"2 of 3 can be used \(left out: 1 with the text"
    ) as caught:
        load_study(Options(study=tmp_path / "s.toml"))
    assert "examples.number" in caught.value.hint
    text = (tmp_path / "p.toml").read_text()
    (tmp_path / "p.toml").write_text(text.replace("number = 3", 'number = 3\nleave_out = "none"'))
    load_study(Options(study=tmp_path / "s.toml"))


def test_a_baseline_needs_a_target_or_attributes(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="need a target to answer by, but it has none"):
        study_of(tmp_path, 'scenarios = "solved.jsonl"\nnumber = 1', 'kind = "baseline"')
    attributes = 'scenarios = "solved.jsonl"\nnumber = 1\nattributes = ["Moral Desert"]'
    [found] = study_of(tmp_path, attributes, 'kind = "baseline"').profiles
    assert found.examples is not None and found.examples.attributes == ("moral_desert",)
    assert found.is_steerable and found.attributes == ("moral_desert",)


def test_a_decision_maker_that_shows_none_refuses_them(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="oracle shows no examples"):
        study_of(tmp_path, 'scenarios = "solved.jsonl"\nnumber = 1', 'kind = "oracle"')


def test_every_kind_of_embedding_model_can_be_named(tmp_path: Path) -> None:
    model = '[models.embedding]\nkind = "embedding"\nmodel = "org/name"\n'
    examples = f'scenarios = "solved.jsonl"\nnumber = 2\nsimilarity = "embedding"\n{model}'
    [found] = study_of(tmp_path, examples).profiles
    assert found.backbone_key.count("+") == 1
    with pytest.raises(ConfigError, match="kind 'demo'"):
        study_of(tmp_path, examples.replace('"embedding"\nmodel = "org/name"', '"demo"'))


def test_an_edit_keeps_the_examples_and_an_edited_text_reads_them_again(tmp_path: Path) -> None:
    study = study_of(tmp_path, 'scenarios = "solved.jsonl"\nnumber = 2')
    known = load_attributes()
    (tmp_path / "solved.jsonl").write_text(records((1, 0), (0, 1), (0.2, 0.8)))
    [old] = study.profiles
    assert old.examples is not None
    turned = with_targets(study, 0, (old.target[0].opposite,), known).study.profiles[0]
    assert turned.examples is not None and turned.examples.is_loaded
    assert turned.examples.set_sha256 == old.examples.set_sha256
    text = profile_toml(old)
    assert "set_sha256" not in text
    edited = with_profile(study, 0, text, known).study.profiles[0]
    assert edited.examples is not None
    assert edited.examples.set_sha256 != old.examples.set_sha256
    text = text.replace("number = 2", "number = 1").replace('name = "p"', 'name = "q"')
    copy = with_copy(study, 0, text, known).study.profiles[1]
    assert copy.examples is not None and copy.examples.number == 1 and copy.examples.is_loaded


def test_shipped_few_shot_profiles_pass_their_check() -> None:
    known = load_attributes()
    for name in ("few-shot-baseline", "few-shot-moral-desert-high"):
        profile = with_examples(load_profile(name), known)
        check_examples(profile, known, make_scenarios(3))
        assert profile.examples is not None and not profile.examples.needs_embedding
