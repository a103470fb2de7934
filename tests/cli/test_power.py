"""`align-tui power` and what a run could have detected, on made-up runs."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from align_tui.cli.power_command import Numbers, plan_from_numbers, plan_from_run
from align_tui.cli.runs import report_runs, show_run
from align_tui.core.errors import ConfigError
from align_tui.store import queue, runs
from align_tui.store.columns import read_columns
from align_tui.store.database import Database
from tests.conftest import HIGH, make_profile, make_study
from tests.tui import fakes


class Unsteady(fakes.FakeWorker):
    """Decides some scenarios differently when it decides them again."""

    def raw(self, claimed: queue.Claimed, reasoning: str | None = None, thinking: str = ""
            ) -> tuple[str, int]:  # fmt: skip
        choices = self.study.scenarios[claimed.scenario].choices
        turn = claimed.repeat if claimed.scenario % 3 == claimed.profile else 0
        choice = (claimed.scenario // (1 + claimed.profile) + turn) % len(choices)
        return json.dumps({"reasoning": "So.", "choice": choices[choice].text}), choice


@pytest.fixture
def pilot(database: Database) -> str:
    """Three columns over 24 scenarios of two choices, each decided twice."""
    study = replace(
        make_study(24, repeat=2, margin=0.9),
        profiles=(
            make_profile("random", target=HIGH),
            make_profile("oracle", "oracle", target=HIGH),
            make_profile("again", "oracle", target=HIGH),
        ),
    )
    run = runs.create_run(database, study, {})
    worker = Unsteady(database, study)
    while batch := worker.claim(16):
        for claimed in batch:
            worker.finish(claimed)
    return run


def test_numbers_make_a_plan(capsys: pytest.CaptureFixture[str]) -> None:
    numbers = Numbers(accuracy=0.6, questions=62, clusters=20, repeats=5, icc=0.2, within=0.3)
    plan_from_numbers(numbers, as_json=True)
    plan = json.loads(capsys.readouterr().out)
    assert plan["design"] == {"questions": 62, "clusters": 20, "repeats": 5, "unequal": 0.0}
    assert 0.1 < plan["detectable"] < 0.3 and 0.0 < plan["chance"] < 0.8
    assert plan["needed"]["questions"] > 62 and plan["repeats_needed"] is None
    plan_from_numbers(numbers, as_json=False)
    said = capsys.readouterr().out
    assert "62 questions in 20 clusters, each asked 5 times" in said
    assert f"{plan['needed']['questions']} questions in" in said
    plan_from_numbers(replace(numbers, clusters=4), as_json=False)
    assert "detect nothing: a test at 5 % needs at least 5 clusters" in capsys.readouterr().out


@pytest.mark.parametrize(
    "numbers",
    [Numbers(), Numbers(accuracy=0.5, difference=0.6), Numbers(accuracy=0.5, questions=3,
                                                               clusters=4)],
)  # fmt: skip
def test_numbers_that_are_no_study(numbers: Numbers) -> None:
    with pytest.raises(ConfigError):
        plan_from_numbers(numbers, as_json=True)


def test_a_pilot_makes_a_plan(
    pilot: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "runs.db"
    plan_from_run(pilot, path, Numbers(), None, as_json=True)
    plans = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [each["columns"] for each in plans] == [
        ["random", "oracle"], ["random", "again"], ["oracle", "again"],
    ]  # fmt: skip
    assert all(each["repeated"] and each["design"]["repeats"] == 2 for each in plans)
    plan_from_run(pilot, path, Numbers(questions=240), ("2", "random"), as_json=True)
    (larger,) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert larger["design"]["questions"] == 240
    assert larger["design"]["clusters"] == 10 * plans[0]["design"]["clusters"]
    assert larger["seen"] == pytest.approx(-plans[0]["seen"])
    assert larger["se"] < plans[0]["se"] and larger["detectable"] < plans[0]["detectable"]
    plan_from_run(pilot, path, Numbers(), None, as_json=False)
    assert "oracle - random, for moral_desert 1" in capsys.readouterr().out


def test_a_pilot_refuses_what_it_does_not_have(pilot: str, tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    with pytest.raises(ConfigError, match="no column 'nobody'"):
        plan_from_run(pilot, path, Numbers(), ("1", "nobody"), as_json=True)
    with pytest.raises(ConfigError, match="pilot run has its own"):
        plan_from_run(pilot, path, Numbers(accuracy=0.5), None, as_json=True)


def test_a_run_says_what_it_could_have_detected(
    pilot: str, database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "runs.db"
    show_run(pilot, path, as_json=True)
    could = json.loads(capsys.readouterr().out)["detectable"]
    assert (could[0]["first"], could[0]["second"]) == ("random", "oracle")
    show_run(pilot, path, as_json=False)
    assert "could have detected" in capsys.readouterr().out
    report_runs([pilot], path, "markdown", None, "")
    said = capsys.readouterr().out
    assert "| conclusion |" in said and "tied within .90" in said
    assert runs.load_study(database, pilot).margin == 0.9
    assert {column.margin for column in read_columns(database, pilot)} == {0.9}
