"""A reasoning that ended at its cap is marked in panes, JSON and CSV, and its share is found."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

from align_tui.monitor.feeds.cuts import Cuts
from align_tui.monitor.findings import read_findings
from align_tui.output.events import stored_events
from align_tui.output.exporters.registry import EXPORTERS
from align_tui.store import results, runs
from align_tui.store.cuts import cuts_of
from align_tui.store.database import Database
from align_tui.store.time_spent import recent
from align_tui.tui.format.outside import outside_words
from tests.tui import fakes

WORDS = "reasoning cut at 512 characters"


def test_a_cut_reasoning_is_marked_wherever_it_is_read(database: Database) -> None:
    study = fakes.study(4, profiles=2)
    run = runs.create_run(database, study, {})
    worker = fakes.FakeWorker(database, study)
    assert recent(database, run) is None
    for claimed in worker.claim(8):
        is_long = claimed.profile == 0 and claimed.scenario < 2
        worker.finish(claimed, "x" * (512 if is_long else 511))
    found = {result.sample: result for result in results.all_results(database, run)}
    cut = {s for s, r in found.items() if r.profile == 0 and r.scenario < 2}
    assert {sample: each.words for sample, each in cuts_of(database, list(found)).items()} == (
        dict.fromkeys(cut, WORDS)
    )
    marks = Cuts()
    marks.read(database, found)
    shown = marks.marked(found)
    assert {sample for sample, result in shown.items() if WORDS in result.notes} == cut
    events = [each for each in stored_events(database, run) if each["event"] == "decision"]
    assert [each["cut"] for each in events].count(WORDS) == 2
    assert [each["cut"] for each in events].count(None) == 6
    text = EXPORTERS.get("csv").text
    assert text is not None
    rows = csv.DictReader(io.StringIO("".join(text(database, run))))
    assert {(row["profile"], row["scenario"]) for row in rows if row["cut"] == "True"} == {
        ("baseline", scenario.key) for scenario in study.scenarios[:2]
    }
    [finding] = [f for f in read_findings(database, run, study) if f.id == "reasoning_cut"]
    assert finding.columns == ("baseline",) and "2 of 4 replies" in finding.sentence
    assert "(50 %)" in finding.sentence and finding.severity == "warning"
    spent = recent(database, run)
    assert spent is not None and spent.writing_s > 0


def test_a_pane_outside_a_scored_study_says_why() -> None:
    study = replace(fakes.study(4), scored_only=True)
    said = {
        study.takes(profile, scenario): outside_words(study, profile, scenario)
        for profile in study.profiles
        for scenario in study.scenarios
    }
    assert said[True] == "" and said[False].startswith("not asked: the study takes scored")
