"""`align-tui targets convert`: targets of align-system become tables of a profile."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from align_tui import cli
from align_tui.config.targets import TargetSpec
from align_tui.core.targets import Distribution, RandomEffects, Target, targets_from_json
from tests.formats.test_kernel_density import GAUSSIAN

KDE = Distribution((0.1, 0.3, 0.3, 0.75), 0.075, "several")
EFFECTS = RandomEffects(0.5, 1.5, -2.0)


@pytest.fixture
def target(tmp_path: Path) -> Path:
    parameters = [{"name": k, "value": v} for k, v in EFFECTS.parameters.items()]
    body = {
        "id": "several",
        "kdma_values": [
            {"kdma": "MoralDesert", "value": 10},
            {"kdma": "QualityOfLife", "kdes": {"rawscores": {"kde": GAUSSIAN}}},
            {"kdma": "merit", "value": None, "parameters": parameters},
        ],
    }
    path = tmp_path / "target.json"
    path.write_text(json.dumps(body))
    return path


WANTED = (
    Target("moral_desert", 1.0), Target("QualityOfLife", KDE), Target("merit", EFFECTS)
)  # fmt: skip


def tables(text: str) -> tuple[Target, ...]:
    found: list[Any] = tomllib.loads(text)["target"]
    return tuple(TargetSpec.model_validate(each).target for each in found)


def test_it_prints_tables_or_json(target: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["targets", "convert", str(target)]) == 0
    said = capsys.readouterr()
    assert tables(said.out) == WANTED and "divided by 10" in said.err
    assert cli.run(["targets", "convert", str(target), "--json"]) == 0
    body = json.loads(capsys.readouterr().out)
    assert body["id"] == "several" and targets_from_json(body["targets"]) == WANTED


def test_it_writes_the_file_that_is_named(target: Path, tmp_path: Path) -> None:
    for name in ("out.toml", "out.json"):
        assert cli.run(["targets", "convert", str(target), "-o", str(tmp_path / name)]) == 0
    assert tables((tmp_path / "out.toml").read_text()) == WANTED
    body = json.loads((tmp_path / "out.json").read_text())
    assert targets_from_json(body["targets"]) == WANTED


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["-o", "out.yaml"], "neither a .toml nor a .json file"),
        (["--norm", "zscore"], "no norm 'zscore'"),
        (["--norm", "localnorm"], "has no estimate localnorm"),
        (["--prior-factor", "2"], "--prior-factor"),
    ],
)
def test_what_it_cannot_do_is_said(
    target: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    says: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.run(["targets", "convert", str(target), *arguments]) == 2
    assert says in capsys.readouterr().err
    assert list(tmp_path.glob("out.*")) == []


def test_nothing_is_written_if_a_distribution_cannot_be_read(
    target: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target.write_text(target.read_text().replace(GAUSSIAN, "gASVAAAA"))
    out = tmp_path / "out.toml"
    assert cli.run(["targets", "convert", str(target), "-o", str(out)]) == 2
    said = capsys.readouterr().err
    assert "This target cannot be used" in said
    assert "of QualityOfLife cannot be read" in said and "it is not a pickle" in said
    assert not out.exists()
