"""Studies that sweep over targets, and OpinionQA's, on the field's files where they are."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from align_tui.cli.app import app
from align_tui.config.attributes import load_attributes
from align_tui.config.options import Options
from align_tui.config.study import Study
from align_tui.core.errors import AlignError, ConfigError
from align_tui.formats.library import find_scenarios, import_set
from align_tui.studies.assemble import load_study
from tests.formats.dataset_files import record, shared_data

SWEEP = """
scenarios = ["demo-triage"]
limit = 2
[[sweep]]
profile = "moral-desert-high"
attributes = ["fairness", "MoralDesert"]
values = [1.0, 0.0, 0.25]
"""


def study(tmp_path: Path, text: str, **options: Any) -> Study:
    path = tmp_path / "study.toml"
    path.write_text(text, encoding="utf-8")
    return load_study(Options(study=path, **options))


def test_a_sweep_gives_a_column_for_each_attribute_and_value(tmp_path: Path) -> None:
    made = study(tmp_path, SWEEP.replace("[[sweep]]", 'profiles = ["baseline"]\n[[sweep]]'))
    assert [profile.name for profile in made.profiles] == [
        "baseline",
        "fairness high",
        "fairness low",
        "fairness 0.25",
        "moral_desert high",
        "moral_desert low",
        "moral_desert 0.25",
    ]
    assert [p.target[0].key for p in made.profiles[1:3]] == ["fairness=1.0", "fairness=0.0"]
    assert len(study(tmp_path, SWEEP).profiles) == 6
    two = study(tmp_path, SWEEP, backbones=("mistral-7b", "demo"))
    assert len(two.profiles) == 12
    assert two.profiles[0].name == "fairness high @ mistral-7b"
    assert [p.name for p in study(tmp_path, SWEEP, profiles=("random",)).profiles] == ["random"]


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        (SWEEP + "\n[target]\nfairness = 1.0", {}, "keep one"),
        (SWEEP, {"targets": ("fairness=1.0",)}, "would replace the targets"),
        (SWEEP.replace("0.25", "1.5"), {}, "values"),
        (SWEEP.replace('"fairness", "MoralDesert"', ""), {}, "attributes"),
        (SWEEP.replace("MoralDesert", "nonsense"), {}, "nonsense"),
        (SWEEP.replace("moral-desert-high", "nobody"), {}, "nobody"),
        ('scenarios = ["demo-triage"]', {}, "needs `profiles`"),
    ],
)
def test_a_wrong_sweep_is_refused(
    tmp_path: Path, text: str, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        study(tmp_path, text, **options)


def question(text: str, group: str, values: tuple[float, float], scene: int = 1) -> dict[str, Any]:
    return record(
        state=text,
        full_state={"unstructured": text, "meta_info": {"scene_id": scene}},
        label=[{group: value} for value in values],
    )


def test_files_of_groups_become_one_set(tmp_path: Path) -> None:
    files = [tmp_path / "a.json", tmp_path / "b.json"]
    one, other = "CREGION_Northeast", "CREGION_South"
    north = [question("Q1", one, (1, 0)), question("Q2", one, (0, 1), 2)]
    south = [question("Q2", other, (1, 0), 2), question("Q3", other, (1, 0), 2)]
    south.append(question("Q1", one, (0, 1)))
    for path, rows in zip(files, (north, south), strict=True):
        path.write_text(json.dumps(rows), encoding="utf-8")
    _, found = import_set(files[0], load_attributes(), more=files[1:], name="both")
    assert [s.text for s in found] == ["Q1", "Q2", "Q3"]
    assert [s.key for s in found] == ["S/1", "S/2", "S/2#2"]
    assert found.scenarios[1].choices[0].labels == {"CREGION_Northeast": 0.0, "CREGION_South": 1.0}
    assert found.scenarios[0].choices[0].labels == {"CREGION_Northeast": 1.0}
    notes = " ".join(found.notes)
    assert "with their labels joined: 2." in notes and "Different labels in two files" in notes
    assert find_scenarios("both", load_attributes()).scenarios == found.scenarios


def test_opinionqa_is_a_study_of_22_groups_and_the_baseline() -> None:
    files = sorted((shared_data() / "opinionqa").glob("*.json"))
    result = CliRunner().invoke(
        app, ["scenarios", "import", *map(str, files), "--name", "opinionqa"]
    )
    assert result.exit_code == 0, result.output
    made = load_study(Options(study=Path("opinionqa")))
    assert len(made.profiles) == 23 and made.profiles[0].name == "opinionqa-baseline"
    categories = Counter(p.target[0].attribute.partition("_")[0] for p in made.profiles[1:])
    assert categories == Counter(
        CREGION=2, EDUCATION=2, INCOME=2, POLIDEOLOGY=3, POLPARTY=2, RACE=4, RELIG=5, SEX=2
    )
    assert all(p.prompt.prompt_style == "align_opinionqa" for p in made.profiles)
    decided = Counter(made.profiles[p].name for _, p, _ in made.pairs())
    assert decided["CREGION_Northeast high"] == 203
    assert decided["EDUCATION_College graduate-some postgrad high"] == 185
    assert decided["INCOME_Less than $30,000 high"] == 189
    assert decided["opinionqa-baseline"] == len(made.scenarios) <= 203 + 185 + 189
    assert set(decided) == {
        "opinionqa-baseline",
        "CREGION_Northeast high",
        "EDUCATION_College graduate-some postgrad high",
        "INCOME_Less than $30,000 high",
    }


def test_the_study_says_how_to_import_its_scenarios() -> None:
    with pytest.raises(AlignError, match="opinionqa"):
        load_study(Options(study=Path("opinionqa")))
