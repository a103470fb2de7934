"""Studies: the demo, files, options, and refusals before a run starts."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from align_tui.config import paths
from align_tui.config.options import Options
from align_tui.config.study import Study
from align_tui.core.errors import AlignError, ConfigError
from align_tui.studies.assemble import DEMO_PROFILES, load_study, require_samples
from tests.conftest import make_study


def study_file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "study.toml"
    path.write_text(text)
    return path


def test_the_demo_study() -> None:
    study = load_study(Options())
    assert [profile.name for profile in study.profiles] == list(DEMO_PROFILES)
    assert study.is_demo and study.notes == () and len(study.scenarios) >= 36
    two = [s for s in study.scenarios if len(s.choices) == 2]
    assert len(two) >= 24
    for scenario in study.scenarios:
        assert len(scenario.labelled) >= 2 and len(scenario.choices) in (2, 3)
    from align_tui.config.attributes import load_attributes
    from align_tui.core.scorers.labels import is_discriminating
    from align_tui.core.targets import Target

    for attribute in ("moral_desert", "fairness", "protocol_focus", "risk_aversion",
                      "continuing_care", "utilitarianism"):  # fmt: skip
        assert load_attributes().get(attribute) is not None
        target = (Target(attribute, 1.0),)
        assert sum(is_discriminating(s, target) for s in study.scenarios) >= 12


def test_the_survey_is_marked_as_invented_and_out_of_the_demo_models_depth() -> None:
    study = load_study(Options(scenarios=("demo-survey",), limit=2))
    assert (
        "decisions on these scenarios mean nothing" in study.notes[-1] and len(study.scenarios) == 2
    )
    assert "INVENTED" in (paths.shipped_scenarios() / "demo-survey.toml").read_text()
    free = load_study(Options(scenarios=("demo-survey",), profiles=("random",)))
    assert not any("depth" in note for note in free.notes)


def test_a_file_and_options_on_top(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text('name = "mine"\n[adm]\nkind = "fixed"\n')
    path = study_file(
        tmp_path,
        'name = "n"\nprofiles = ["./own.toml", "random"]\nscenarios = ["demo-triage"]\n'
        'repeat = 3\nlimit = 5\n[target]\nMoralDesert = 1.0\n[scoring]\nrule = "naacl"\n',
    )
    study = load_study(Options(study=path))
    assert [p.name for p in study.profiles] == ["mine", "random"]
    assert (study.name, study.repeat, len(study.scenarios), study.rule) == ("n", 3, 5, "naacl")
    assert study.profiles[0].target[0].attribute == "moral_desert"
    changed = load_study(
        Options(study=path, limit=2, repeat=1, targets=("fairness=0.2",), rule="distance")
    )
    assert (len(changed.scenarios), changed.repeat, changed.rule) == (2, 1, "distance")
    assert all(p.target[0].attribute == "fairness" for p in changed.profiles)


def test_the_examples_load() -> None:
    assert load_study(Options(study=Path("custom-adm"))).profiles[1].name == "cautious"
    demo = load_study(Options(study=Path("demo")))
    assert [p.name for p in demo.profiles] == list(DEMO_PROFILES)


def test_the_study_on_a_server_needs_no_model_here() -> None:
    study = load_study(Options(study=Path("mta-moral-desert-70b-vllm"), scenarios=("demo-triage",)))
    assert len(study.profiles) == 3 and not any(p.backbone.is_local for p in study.profiles)
    assert len({p.backbone_key for p in study.profiles}) == 1
    folder = paths.shipped_examples()
    texts = [(folder / f"mta-moral-desert{e}.toml").read_text() for e in ("-70b", "-70b-vllm")]
    lines = [
        [li for li in t.splitlines() if not li.startswith(("#", "name", "desc"))] for t in texts
    ]
    assert sum(a != b for a, b in zip(*lines, strict=True)) == 1


def test_the_papers_studies_differ_in_one_line(shared_data: Path) -> None:
    from align_tui.config.attributes import load_attributes
    from align_tui.formats.library import import_set

    mta = shared_data / "mta" / "paper-dataset-1-12.json"
    import_set(mta, load_attributes(), name="mta")
    small = load_study(Options(study=Path("mta-moral-desert")))
    large = load_study(Options(study=Path("mta-moral-desert-70b")))
    assert {p.backbone.model for p in small.profiles} == {"mistralai/Mistral-7B-Instruct-v0.3"}
    assert {p.backbone.model for p in large.profiles} == {"meta-llama/Llama-3.3-70B-Instruct"}
    assert len(small.scenarios) == 62
    scored = {s for s, _, _ in small.pairs()}
    assert len(scored) == 12  # --scored-only: the records labelled for moral desert
    folder = paths.shipped_examples()
    lines = [
        [
            line
            for line in (folder / name).read_text().splitlines()
            if not line.startswith(("#", "name", "description"))
        ]
        for name in ("mta-moral-desert.toml", "mta-moral-desert-70b.toml")
    ]
    assert sum(a != b for a, b in zip(*lines, strict=True)) == 1


def test_the_papers_experiments_have_all_attributes_and_models(shared_data: Path) -> None:
    from align_tui.config.attributes import load_attributes
    from align_tui.formats.library import import_set

    import_set(shared_data / "mta" / "paper-dataset-1-12.json", load_attributes(), name="mta")
    every = load_study(Options(study=Path("mta-all")))
    steered = [profile for profile in every.profiles if profile.target]
    assert len(every.profiles) == 13 and len(steered) == 12
    aims = {(p.target[0].attribute, p.target[0].value) for p in steered}
    labelled = {name for scenario in every.scenarios for name in scenario.labelled}
    assert aims == {(name, value) for name in labelled for value in (0.0, 1.0)}
    several = load_study(Options(study=Path("mta-backbones")))
    assert len(several.profiles) == 39
    assert [p.adm.kind for p in several.profiles[:3]] == ["baseline"] * 3


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (Options(targets=("moral_dessert=1.0",)), "no pack defines the attribute 'moral_dessert'"),
        (Options(targets=("moral_desert",)), "not attribute=value"),
        (Options(targets=("moral_desert=2",)), "from 0 to 1"),
        (Options(targets=("moral_desert=1", "MoralDesert=0")), "twice"),
        (Options(profiles=("random", "random")), "Two profiles"),
        (Options(profiles=("oracle",)), "oracle needs a target"),
        (Options(scenarios=("demo-triag",)), "no scenario set"),
        (Options(study=Path("nowhere.toml")), "no study file"),
        (Options(backbones=("./nowhere",)), "no folder"),
        (Options(scale=("fairness",)), "not attribute=maximum"),
    ],
)
def test_what_is_refused_before_anything_starts(options: Options, message: str) -> None:
    with pytest.raises(AlignError, match=message):
        load_study(options)


def test_an_attribute_that_only_labels_know_can_be_a_target(tmp_path: Path) -> None:
    scenarios = tmp_path / "s.jsonl"
    scenarios.write_text(
        '{"id":"a","text":"t","choices":[{"text":"x","labels":{"loudness":1.0}},{"text":"y"}]}\n'
    )
    oracle = Options(profiles=("oracle",), scenarios=(str(scenarios),), targets=("loudness=1.0",))
    assert load_study(oracle).profiles[0].target[0].attribute == "loudness"
    with pytest.raises(ConfigError, match="No attribute pack defines 'loudness'"):
        load_study(Options(scenarios=(str(scenarios),), targets=("loudness=1.0",)))


def test_sets_that_share_keys_keep_them_apart(tmp_path: Path) -> None:
    line = '{"id":"a","text":"t","choices":[{"text":"x"},{"text":"y"}]}\n'
    names = []
    for name in ("one", "two"):
        path = tmp_path / f"{name}.jsonl"
        path.write_text(line)
        names.append(str(path))
    study = load_study(Options(profiles=("random",), scenarios=tuple(names)))
    assert [s.key for s in study.scenarios] == ["one:a", "two:a"]


def test_paths_that_are_set_do_not_depend_on_where_the_worker_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    for folder in (tmp_path, tmp_path / "here"):
        (folder / "code.py").write_text("async def decide(*_): return 0\n")
    monkeypatch.chdir(tmp_path / "here")
    path = tmp_path / "study.toml"
    head = 'profiles = ["baseline"]\nscenarios = ["demo-triage"]\n'
    words = ("adm.kind=custom", "adm.file=code.py")
    path.write_text(f"{head}set = {json.dumps(words)}\n")
    made = load_study(Options(study=path)).profiles[0].adm
    assert made.model_dump()["file"] == str(tmp_path / "code.py")
    path.write_text(head)
    made = load_study(Options(study=path, overrides=words)).profiles[0].adm
    assert made.model_dump()["file"] == str(tmp_path / "here" / "code.py")


def test_a_limit_counts_the_scenarios_that_are_decided(tmp_path: Path) -> None:
    lines = [
        {
            "id": f"s{n}",
            "text": f"Scene {n}.",
            "choices": [
                {"text": "A", "labels": {"fairness": 1.0} if n % 2 else {}},
                {"text": "B", "labels": {"fairness": 0.0} if n % 2 else {}},
            ],
        }
        for n in range(8)
    ]
    path = tmp_path / "half.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    options = Options(
        profiles=("oracle",), scenarios=(str(path),), targets=("fairness=1",), limit=3
    )
    assert [s.key for s in load_study(options).scenarios] == ["s0", "s1", "s2"]
    study = load_study(replace(options, scored_only=True))
    assert [s.key for s in study.scenarios] == ["s1", "s3", "s5"]
    require_samples(study)


def test_a_study_of_nothing_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bare.jsonl"
    path.write_text('{"id": "s", "text": "Scene.", "choices": [{"text": "A"}, {"text": "B"}]}')
    options = Options(
        profiles=("oracle",), scenarios=(str(path),), targets=("fairness=1",), scored_only=True
    )
    with pytest.raises(ConfigError, match="No scenario has labels for the targets"):
        require_samples(load_study(options))
    with pytest.raises(ConfigError, match="has no profile"):
        require_samples(Study("empty", (), make_study(1).scenarios))
