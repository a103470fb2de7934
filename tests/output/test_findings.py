"""Findings of stored runs: in `show`, in JSON, in reports and on real runs of the program."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from align_tui.cli.runs import show_run
from align_tui.core.findings.base import Finding
from align_tui.monitor.findings import read_findings
from align_tui.output.report.data import gather
from align_tui.output.report.html import html
from align_tui.output.report.markdown import markdown
from align_tui.store import queue, runs
from align_tui.store.database import Database
from tests.calling import align_tui, call
from tests.output.test_events_schema import LINE, SHOWN
from tests.tui import fakes

FORGETS = """
name = "forgets"
adm.kind = "prompt_aligned"
prompt.system = "You decide. {{ instruction }}"
[[target]]
attribute = "moral_desert"
value = 1.0
"""
IGNORES = """
from align_tui.core.answers import ChoiceAnswer
from align_tui.core.decisions import Decision


async def decide(scenario, targets, llm, parameters):
    return Decision(ChoiceAnswer(0), "The first.")
"""


class Stubborn(fakes.FakeWorker):
    """Decides every scenario in the same way, whatever the target."""

    def raw(
        self, claimed: queue.Claimed, reasoning: str | None = None, thinking: str = ""
    ) -> tuple[str, int]:
        shown = self.study.scenarios[claimed.scenario]
        choice = claimed.scenario % len(shown.choices)
        return json.dumps({"reasoning": "So.", "choice": shown.choices[choice].text}), choice


def decided(db: Database, kind: type[fakes.FakeWorker], failing: int | None = None) -> str:
    """A run of the demo's four profiles on 8 scenarios; the profile `failing` fails everywhere."""
    study = fakes.study(8)
    run = runs.create_run(db, study, {})
    worker = kind(db, study)
    while batch := worker.claim(16):
        for claimed in batch:
            if claimed.profile == failing:
                worker.fail(claimed, "truncated", "cut at 9 tokens")
            else:
                worker.finish(claimed)
    return run


def by_id(db: Database, run: str) -> dict[str, Finding]:
    return {each.id: each for each in read_findings(db, run, runs.load_study(db, run))}


def test_equal_decisions_for_opposite_targets_are_told_everywhere(
    tmp_path: Path, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    run = decided(database, Stubborn)
    show_run(run, tmp_path / "runs.db", as_json=True)
    told = json.loads(capsys.readouterr().out)
    SHOWN.validate(told)
    [ignored] = [each for each in told["findings"] if each["id"] == "target_ignored"]
    assert ignored["columns"] == ["moral-desert-high", "moral-desert-low"]
    assert ignored["evidence"]["counts"] == {"pairs": 8, "questions": 8, "different": 0}
    assert len(ignored["evidence"]["scenarios"]) == 5
    show_run(run, tmp_path / "runs.db", as_json=False)
    text = " ".join(capsys.readouterr().out.split())
    assert "warning, target_ignored: moral-desert-high and moral-desert-low have" in text
    assert "what to do: Read the prompt" in text
    report = gather(database, [run, decided(database, fakes.FakeWorker)])
    for shown in (markdown(report).replace("\\", ""), html(report)):
        assert "Findings" in shown and "target_ignored" in shown and f"(run {run})" in shown
        assert "took the same choice in all 8 decisions" in shown


def test_a_run_without_findings_says_what_was_looked_for(
    tmp_path: Path, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    study = fakes.study(2)
    run = runs.create_run(database, study, {})
    assert read_findings(database, run, study) == ()
    report = gather(database, [run])
    assert "Looked for: target ignored" in markdown(report)
    assert "Looked for: target ignored" in html(report)
    show_run(run, tmp_path / "runs.db", as_json=False)
    assert "finding" not in capsys.readouterr().out


def test_what_the_database_says_of_replies(database: Database) -> None:
    run = decided(database, fakes.FakeWorker, failing=3)
    with database.write() as connection:
        connection.execute("UPDATE responses SET finish='length', retried=1 WHERE sample IN (1, 5)")
    found = by_id(database, run)
    differs = found["greedy_differs"]
    assert differs.severity == "warning" and len(differs.evidence.scenarios) > 1
    assert dict(differs.evidence.counts)["prompts"] == dict(differs.evidence.counts)["choices"]
    assert differs.columns == ("baseline", "moral-desert-high", "moral-desert-low")
    failed = found["failures"]
    assert failed.columns == ("risk-aversion-high",) and "8 of 8 samples" in failed.sentence
    assert "cut at 9 tokens" in failed.sentence and len(failed.evidence.samples) == 5
    kinds = read_findings(database, run, runs.load_study(database, run))
    cut = [each for each in kinds if each.id == "replies_cut"]
    assert [each.columns for each in cut] == [("baseline",), ("risk-aversion-high",)]
    assert cut[0].evidence.samples == (1, 5)
    assert found["replies_retried"].sentence.startswith("2 of 8 replies of baseline")


def test_equal_greedy_replies_are_no_finding(database: Database) -> None:
    assert "greedy_differs" not in by_id(database, decided(database, Stubborn))


def test_a_template_that_forgets_the_target_starts_nothing(tmp_path: Path) -> None:
    (tmp_path / "forgets.toml").write_text(FORGETS)
    done = call("run", "-p", str(tmp_path / "forgets.toml"), "-s", "demo-triage")
    assert done.returncode == 2 and done.stdout == ""
    assert "prompt.system is the same with the target moral_desert = 1" in done.stderr
    assert not (tmp_path / "runs.db").exists()


def test_a_real_run_whose_code_ignores_the_target(tmp_path: Path) -> None:
    (tmp_path / "ignores.py").write_text(IGNORES)
    for name, value in (("high", 1.0), ("low", 0.0)):
        (tmp_path / f"{name}.toml").write_text(
            f'name = "{name}"\nadm = {{kind = "custom", file = "{tmp_path}/ignores.py", '
            "needs_model = false}\n"
            f'[[target]]\nattribute = "moral_desert"\nvalue = {value}\n'
        )
    columns = [part for name in ("high", "low") for part in ("-p", str(tmp_path / f"{name}.toml"))]
    done = align_tui("run", *columns, "-s", "demo-triage", "--limit", "6", "--json")
    assert done.returncode == 0, done.stderr
    summary: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    LINE.validate(summary)
    # Its code takes the first choice, whatever that is.
    assert {each["id"] for each in summary["findings"]} == {"target_ignored", "prefers_a_place"}
