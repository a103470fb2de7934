"""The columns of a study: each profile on each backbone, with unique names."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from align_tui.config import paths
from align_tui.config.backbones import Backbone
from align_tui.config.columns import backbone_labels, load_columns
from align_tui.config.options import Options
from align_tui.config.profile import Profile
from align_tui.core.column_names import MAX_LABEL, MAX_NAME, column_name, model_beside, with_model
from align_tui.core.errors import ConfigError
from align_tui.studies.assemble import load_study

MODELS = ("demo", "mistral-7b", "llama-3.1-8b", "a/same", "b/same", "http://h:1/v1", "c/d:e.gguf")
PROFILES = ("baseline", "fairness-high", "moral-desert-low", "random", "fixed")


@given(
    profiles=st.lists(st.sampled_from(PROFILES), min_size=1, unique=True),
    backbones=st.lists(st.sampled_from(MODELS), unique=True),
)
def test_names_are_unique_for_any_mix(profiles: list[str], backbones: list[str]) -> None:
    made = load_columns(profiles, backbones)
    names = [profile.name for profile in made]
    assert len(set(names)) == len(names)
    times = max(1, len(backbones))
    free = {"random", "fixed"} & set(profiles)
    assert len(made) == times * (len(profiles) - len(free)) + len(free)
    # In the order of the profiles, then of the backbones; a single backbone changes no name.
    assert [name.partition(" @ ")[0] for name in names] == [
        each for each in profiles for _ in range(1 if each in free else times)
    ]
    assert times > 1 or names == profiles
    assert free <= set(names)
    for profile in made:
        assert Profile.model_validate(profile.body()) == profile  # so its name is valid, too
    # Each model decides under one name for each profile that needs a model.
    keys = [profile.backbone_key for profile in made if profile.needs_model]
    assert {keys.count(key) for key in keys} <= {len(profiles) - len(free)}


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=100)


@given(models=st.lists(TEXTS, min_size=1, max_size=5), profile=TEXTS)
def test_any_model_has_a_label_of_its_own(models: list[str], profile: str) -> None:
    table = [{"backbone": {"kind": "transformers", "model": model}} for model in models]
    labels = backbone_labels([Backbone("", each) for each in table])
    assert len(set(labels)) == len(models) and max(map(len, labels)) <= MAX_LABEL
    taken: set[str] = set()
    for label in labels:
        name = column_name(profile, label, taken)
        assert name not in taken and len(name) <= MAX_NAME
        taken.add(name)


def test_models_of_one_name_are_told_apart(tmp_path: Path) -> None:
    folders = [tmp_path / run / "step-500" for run in ("run-1", "run-2")]
    for folder in folders:
        folder.mkdir(parents=True)
    made = load_columns(["baseline"], [str(folder) for folder in folders])
    assert [each.name for each in made] == [
        "baseline @ step-500 of run-1",
        "baseline @ step-500 of run-2",
    ]
    assert [each.model_label for each in made] == ["step-500", "step-500"]


def test_a_name_that_is_taken_is_numbered(tmp_path: Path) -> None:
    other = tmp_path / "o.toml"
    other.write_text('name = "baseline @ demo"\n[adm]\nkind = "random"\n')
    made = load_columns(["baseline", str(other)], ["mistral-7b", "demo"])
    assert [each.name for each in made] == [
        "baseline @ mistral-7b",
        "baseline @ demo (2)",
        "baseline @ demo",
    ]


def test_what_would_be_decided_twice_is_refused() -> None:
    for same in ("mistral-7b", "mistralai/Mistral-7B-Instruct-v0.3"):
        with pytest.raises(ConfigError, match="are the same model"):
            load_columns(["baseline"], ["mistral-7b", same])
    with pytest.raises(ConfigError, match="Two profiles of the study are called 'baseline'"):
        load_columns(["baseline", "baseline"], ["mistral-7b", "demo"])
    # The same weights with other settings are another column.
    folder = paths.user_backbones()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "curt.toml").write_text('backbone.kind = "demo"\ndecoding.max_tokens = 9\n')
    assert len(load_columns(["baseline"], ["demo", "curt"])) == 2


def test_a_study_names_one_backbone_or_several(tmp_path: Path) -> None:
    path = tmp_path / "study.toml"
    (tmp_path / "weights").mkdir()
    text = 'profiles = ["baseline", "random"]\nscenarios = ["demo-triage"]\n'

    def names(more: str, **options: tuple[str, ...]) -> list[str]:
        path.write_text(text + more)
        return [p.name for p in load_study(Options(study=path, **options)).profiles]  # type: ignore[arg-type]

    assert names("") == names('backbone = "mistral-7b"\n') == ["baseline", "random"]
    two = 'backbones = ["mistral-7b", "weights"]\n'
    assert names(two) == ["baseline @ mistral-7b", "baseline @ weights", "random"]
    assert load_study(Options(study=path)).profiles[1].backbone.model == str(tmp_path / "weights")
    assert names(two, backbones=("demo",)) == ["baseline", "random"]
    assert names("", backbones=("demo", "a/b")) == ["baseline @ demo", "baseline @ b", "random"]
    with pytest.raises(ConfigError, match="not both"):
        names('backbone = "demo"\nbackbones = ["a/b"]\n')
    with pytest.raises(ConfigError, match="There is no backbone called 'mistrl'") as caught:
        names('backbones = ["demo", "mistrl"]\n')
    assert "mistral-7b" in caught.value.hint


@pytest.mark.parametrize(
    ("name", "model", "beside"),
    [
        ("baseline", "Mistral-7B-Instruct-v0.3", "Mistral-7B-Instruct-v0.3"),
        ("baseline @ mistral-7b", "Mistral-7B-Instruct-v0.3", ""),
        ("baseline @ mistral-7b (2)", "Mistral-7B-Instruct-v0.3", ""),
        ("baseline @ mistral-7b~1", "Mistral-7B-Instruct-v0.3", ""),
        ("baseline @ llama-3.3-70b-vllm", "Llama-3.3-70B-Instruct", "Llama-3.3-70B-Instruct"),
        ("baseline @ ", "demo", "demo"),
        ("random", "", ""),
    ],
)
def test_the_model_is_said_once(name: str, model: str, beside: str) -> None:
    assert model_beside(name, model) == beside
    assert with_model(name, model) == (f"{name} · {beside}" if beside else name)
