"""A reasoning that ended at its cap is marked in panes, JSON and CSV, and its share is found."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from align_tui.core.answers import ChoiceAnswer
from align_tui.core.decisions import Decision, Finish, Generation, Message, Response, Sampling
from align_tui.core.findings.base import Replies
from align_tui.core.replies import FREE_TEXT, decision_schema
from align_tui.core.types import JsonObject
from align_tui.monitor.feeds.cuts import Cuts
from align_tui.monitor.findings import read_findings
from align_tui.output.events import stored_events
from align_tui.output.exporters.registry import EXPORTERS
from align_tui.output.sample_table.rows import sample_table
from align_tui.store import results, runs
from align_tui.store.cuts import cuts_of
from align_tui.store.database import Database, open_database
from align_tui.store.findings import replies
from align_tui.store.time_spent import recent
from align_tui.tui.format.outside import outside_words
from tests import ending
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
    assert finding.sentence.endswith(f"{WORDS}.")
    spent = recent(database, run)
    assert spent is not None and spent.writing_s > 0


RATED: JsonObject = {
    "properties": {"Treat A": {"properties": {"reasoning": {"type": "string", "maxLength": 9}}}}
}
ENDS: dict[str, tuple[JsonObject, object, Finish, int]] = {
    "whole": (decision_schema(("A", "B"), max_chars=9), {"reasoning": "12345678"}, "stop", 0),
    "capped": (decision_schema(("A", "B"), max_chars=9), {"reasoning": "123456789"}, "stop", 0),
    "nested": (RATED, {"Treat A": {"reasoning": "123456789"}}, "stop", 0),
    "thought": (RATED, {"Treat A": {"reasoning": "short"}}, "stop", 7),
    "ended": (FREE_TEXT, {}, "length", 0),
}
"""Kinds of replies: (schema, body, finish, thinking tokens); 7 is the limit of thinking."""


def reply(kind: str) -> Response:
    schema, body, finish, thought = ENDS[kind]
    made = Generation(
        json.dumps(body), "p", 4, 9, finish, 0.1, 0.2, ((0.1, 1),), thinking_tokens=thought
    )
    sampling = Sampling(max_thinking_tokens=7)
    return Response("step", None, "", (Message("user", "?"),), schema, sampling, made)


@settings(max_examples=12)
@given(st.lists(st.lists(st.sampled_from(sorted(ENDS)), max_size=4), min_size=8, max_size=8))
def test_every_output_agrees_on_which_decisions_were_cut(kinds: list[list[str]]) -> None:
    study = fakes.study(4, profiles=2)
    with TemporaryDirectory() as folder:
        database = open_database(Path(folder) / "runs.db")
        run = runs.create_run(database, study, {})
        worker = fakes.FakeWorker(database, study)
        cut: dict[int, int] = {}
        for claimed, each in zip(worker.claim(8), kinds, strict=True):
            made = Decision(ChoiceAnswer(0), "", responses=tuple(map(reply, each)))
            ending.finish(database, worker.id, claimed, made, "A", {}, 1.0)
            if number := sum(kind != "whole" for kind in each):
                cut[claimed.id] = number
        found = {result.sample: result for result in results.all_results(database, run)}
        assert {sample: each.cut for sample, each in cuts_of(database, list(found)).items()} == cut
        marks = Cuts()
        marks.read(database, found)
        shown = {sample: result.notes for sample, result in marks.marked(found).items()}
        assert {sample for sample, notes in shown.items() if notes} == cut.keys()
        inside = {s: sum(bool(r.cut) for r in results.responses_of(database, s)) for s in found}
        assert {sample: number for sample, number in inside.items() if number} == cut
        events = [each for each in stored_events(database, run) if each["event"] == "decision"]
        assert [each["cut"] is not None for each in events] == [s in cut for s in found]
        rows = list(sample_table(database, run).rows())
        assert [row["cut"] for row in rows] == [sample in cut for sample in found]
        for profile, name in enumerate(("baseline", "moral-desert-high")):
            counted = sum(n for s, n in cut.items() if found[s].profile == profile)
            facts = replies(database, run).get(profile, Replies())
            assert facts.cut + facts.capped == counted
            said = [f for f in read_findings(database, run, study) if f.columns == (name,)]
            kinds_of = {f.id for f in said} & {"replies_cut", "reasoning_cut"}
            assert bool(kinds_of) == bool(counted)
        database.close()


def test_a_pane_outside_a_scored_study_says_why() -> None:
    study = replace(fakes.study(4), scored_only=True)
    said = {
        study.takes(profile, scenario): outside_words(study, profile, scenario)
        for profile in study.profiles
        for scenario in study.scenarios
    }
    assert said[True] == "" and said[False].startswith("not asked: the study takes scored")
