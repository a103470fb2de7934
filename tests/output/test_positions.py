"""The order of the choices in what a run keeps and prints: results, events, CSV, show, report."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from align_tui.cli.runs import show_run
from align_tui.config.profile import Profile
from align_tui.config.study import Study
from align_tui.core.answers import ChoiceAnswer
from align_tui.core.decisions import Decision, ShownChoices
from align_tui.core.scenarios import Choice, Scenario
from align_tui.monitor.decision_detail import DecisionDetail
from align_tui.monitor.snapshot import Shown
from align_tui.output.events import stored_events
from align_tui.output.exporters.csv import csv_lines
from align_tui.output.report.data import gather
from align_tui.output.report.html import html
from align_tui.output.report.markdown import markdown
from align_tui.store import results, runs, workers
from align_tui.store.database import Database, open_database
from align_tui.tui.format.decision_detail import sections
from align_tui.tui.format.glyphs import UNICODE
from tests import ending
from tests.conftest import HIGH
from tests.tui import fakes


def study(scenarios: int = 12) -> Study:
    """Scenarios whose second choice is right; one column in each order, and a random one."""
    adm = {"kind": "prompt_aligned"}
    profiles = [
        Profile.model_validate({"name": name, "adm": adm, "target": HIGH, "order": name})
        for name in ("given", "shuffled", "both")
    ]
    profiles.append(Profile.model_validate({"name": "random", "adm": {"kind": "random"}}))
    [target] = profiles[0].target
    made = tuple(
        Scenario(
            f"s{i}",
            f"Who? {i}",
            (Choice("a", {target.attribute: 0.0}), Choice("b", {target.attribute: 1.0})),
        )
        for i in range(scenarios)
    )
    return Study("orders", tuple(profiles), made)


def decided(db: Database, of: Study) -> str:
    """A run in which every profile takes what it is shown first."""
    run = runs.create_run(db, of, {})
    worker = fakes.FakeWorker(db, of)
    while batch := worker.claim(50):
        for claimed in batch:
            order = (1, 0) if claimed.scenario % 2 else (0, 1)
            shown = {
                "shuffled": (ShownChoices(order, order[0]),),
                "both": (ShownChoices((0, 1), 0), ShownChoices((1, 0), 1)),
            }.get(of.profiles[claimed.profile].name, ())
            choice = shown[0].choice if shown else 0
            decision = Decision(ChoiceAnswer(choice), "So.", shown=shown)
            ending.finish(db, worker.id, claimed, decision, "ab"[choice], {}, 0.1)
    return run


def test_orders_are_kept_and_printed(
    database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    of = study()
    run = decided(database, of)
    *lines, last = list(stored_events(database, run))[1:]
    by_place = {(line["profile"], line["scenario"]): line for line in lines}
    assert by_place["given", "s1"]["order"] == [0, 1]
    assert by_place["shuffled", "s1"]["order"] == [1, 0]
    assert by_place["shuffled", "s1"]["orders"] == [{"order": [1, 0], "choice": 1}]
    assert by_place["both", "s1"]["order"] is None and len(by_place["both", "s1"]["orders"]) == 2
    assert by_place["random", "s1"]["order"] is by_place["random", "s1"]["orders"] is None
    positions = {each["profile"]: each["position"] for each in last["profiles"]}
    for name, rate in (("given", 1.0), ("shuffled", 1.0), ("both", 1.0)):
        assert positions[name]["first"]["mean"] == rate and positions[name]["expected"] == 0.5
    assert positions["shuffled"]["leaves_expected"] and positions["random"]["first"] is None
    first, second = positions["shuffled"]["always"][0]["places"]
    assert (first["correct"], second["correct"], second["leaves_chance"]) == (0, 12, True)

    rows = list(csv.DictReader("".join(csv_lines(database, run)).splitlines()))
    cells = {(row["profile"], row["scenario"]): row["order"] for row in rows}
    assert json.loads(cells["shuffled", "s1"]) == [1, 0] and cells["random", "s1"] == ""

    show_run(run, database.path, as_json=False)
    said = " ".join(capsys.readouterr().out.split())
    assert "shuffled · demo: chose the first shown in 1.00" in said and "prefers a place" in said
    assert "always takes the second choice is right in 12 of 12" in said

    report = gather(database, [run])
    assert len(report.position.columns) == 3
    for text in (markdown(report), html(report)):
        assert "P(first)" in text and "always the second" in text and "12/12" in text
        assert "always takes the second choice is right in 12 of 12" in text


def test_the_detail_of_a_decision_says_the_order(database: Database) -> None:
    of = study(2)
    run = decided(database, of)
    said = {}
    for result in results.all_results(database, run):
        profile = of.profiles[result.profile]
        shown = Shown(result.profile, 0, result.sample, "done", result=result)
        detail = DecisionDetail(profile, of.scenarios[result.scenario], shown)
        if result.scenario == 1:
            text = sections(detail, UNICODE)[1].text
            said[profile.name] = [line for line in text.splitlines() if line.startswith("order")]
    assert said["given"] == ["order     the scenario's own"]
    assert said["shuffled"] == ["order     B A"]
    assert said["both"] == ["order     A B: A", "order     B A: B"] and said["random"] == []


def test_a_run_of_an_earlier_version_has_the_given_order(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    db = open_database(path)
    run = decided(db, study(2))
    db.connection.executescript(
        "ALTER TABLE results DROP COLUMN shown; ALTER TABLE responses DROP COLUMN choice_order;"
        "DELETE FROM _sqlite_migrations WHERE name='m011_orders'; PRAGMA user_version=10"
    )
    db.close()
    again = open_database(path)
    lines = [line for line in stored_events(again, run) if line["event"] == "decision"]
    orders = {line["profile"]: line["order"] for line in lines}
    # What was shuffled then has no order that is known.
    assert orders == {"given": [0, 1], "shuffled": None, "both": None, "random": None}
    assert workers.list_workers(again) is not None
    again.close()
