"""Fingerprints of servers: stored with replies, told wherever models are, and found if several."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from align_tui.cli.runs import show_run
from align_tui.config.study import Study
from align_tui.formats.bundle.compare import compare
from align_tui.formats.bundle.verify import read_bundle, verify
from align_tui.monitor.findings import read_findings
from align_tui.output.report.data import gather
from align_tui.output.report.markdown import markdown
from align_tui.services.bundling import bundle_of, write_bundle
from align_tui.store import results, run_models, runs
from align_tui.store.database import Database
from align_tui.tui.format.decision_detail import cost_lines
from tests import again
from tests.output.test_events_schema import SHOWN

SERVED = {"kind": "openai", "model": "m", "server": {"base_urls": ["http://localhost:1/v1"]}}


def decided(db: Database, *marks: str) -> str:
    """A run of a judge-free baseline and of votes, whose replies have these fingerprints."""
    profiles = (
        again.profile("b", "baseline", backbone=SERVED, target=[]),
        again.profile("v", "prompt_aligned", backbone=SERVED, adm={"n_positive": 2}),
    )
    run = runs.create_run(db, Study("s", profiles, again.scenarios(4)), {})
    again.decide_all(db, run, marks=marks)
    for idx in range(2):
        facts = {"server": "openai", "model": "m"}
        model = run_models.RunModel(idx, "", "m", "openai:m", None, facts)
        run_models.record(db, run, model)
    return run


def test_several_fingerprints_are_a_finding_with_its_evidence(
    database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = decided(database, "fp_1", "fp_2")
    study = runs.load_study(database, run)
    [found] = [e for e in read_findings(database, run, study) if e.id == "server_changed"]
    assert found.severity == "warning" and set(found.columns) <= {"b", "v"}
    assert dict(found.evidence.counts).keys() == {"fp_1", "fp_2"}
    assert len(found.evidence.samples) == 2 and found.evidence.scenarios
    show_run(run, tmp_path / "runs.db", as_json=True)
    told = json.loads(capsys.readouterr().out)
    SHOWN.validate(told)
    assert "server_changed" in {each["id"] for each in told["findings"]}
    models = told["profiles"][0]["models"]
    assert models[0]["fingerprints"].keys() == {"fp_1", "fp_2"} and models[0]["files"] is None
    assert sum(models[0]["fingerprints"].values()) == 4
    show_run(run, tmp_path / "runs.db", as_json=False)
    shown = " ".join(capsys.readouterr().out.split())
    assert "server_changed" in shown and "fingerprint fp_1 and fp_2" in shown
    assert "server" in (page := markdown(gather(database, [run]))) and "fp" in page


def test_one_fingerprint_is_none_and_another_one_is_told_by_a_comparison(
    database: Database, tmp_path: Path
) -> None:
    runs_of = [decided(database, mark) for mark in ("fp_1", "fp_2", "")]
    for run in runs_of:
        found = read_findings(database, run, runs.load_study(database, run))
        assert "server_changed" not in {each.id for each in found}
    write_bundle(database, runs_of[0], tmp_path / "a.zip")
    bundle = read_bundle(tmp_path / "a.zip")
    assert not [check for check in verify(tmp_path / "a.zip") if check.status == "failed"]
    assert {r.fingerprint for s in bundle.samples for r in s.responses} == {"fp_1"}
    compared = compare(bundle, bundle_of(database, runs_of[1]))
    assert "Other fingerprints of the server: fp_1 then, fp_2 now." in compared.notes
    [first] = database.read("SELECT min(id) FROM samples WHERE run=?", (runs_of[0],))
    assert "fingerprint fp_1" in cost_lines(results.responses_of(database, first[0])[0])
    [sample] = database.read("SELECT min(id) FROM samples WHERE run=?", (runs_of[2],))
    assert results.responses_of(database, sample[0])[0].fingerprint == ""
