"""A model's thinking in events, tables, exports and reports; it is hostile like any model text."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from align_tui.cli.runs import show_run
from align_tui.output.exporters.csv import csv_lines
from align_tui.output.exporters.jsonl import jsonl
from align_tui.output.exporters.markdown import markdown as exported_markdown
from align_tui.output.report.data import gather
from align_tui.output.report.html import html
from align_tui.output.report.markdown import markdown
from align_tui.store import runs, workers
from align_tui.store.database import Database
from tests.tui import fakes

THOUGHTS = "Who is hurt | worst?\n<script>alert(1)</script> \x1b[31mB\u202e."


@pytest.fixture
def run(database: Database) -> str:
    """A run of two columns; the model of the second thinks."""
    study = fakes.study(3, profiles=2)
    made = runs.create_run(database, study, {})
    worker = fakes.FakeWorker(database, study)
    while batch := worker.claim(4):
        for claimed in batch:
            worker.finish(claimed, thinking=THOUGHTS if claimed.profile else "")
    workers.unregister(database, worker.id)
    return made


COUNT = len(THOUGHTS) // 3


def test_events_and_tables_have_the_text_and_the_tokens(database: Database, run: str) -> None:
    events = [json.loads(line) for line in jsonl(database, run)]
    found = [event for event in events if event["event"] == "decision"]
    assert {(e["profile"], e["thinking"], e["thinking_tokens"], e["tokens"]) for e in found} == {
        ("baseline", None, 0, 30),
        ("moral-desert-high", THOUGHTS, COUNT, 30 + COUNT),
    }
    assert not any("\x02" in line or "\\u0002" in line for line in jsonl(database, run))
    rows = list(csv.DictReader(io.StringIO("".join(csv_lines(database, run)), newline="")))
    assert {(r["profile"], r["thinking"], r["thinking_tokens"]) for r in rows} == {
        ("baseline", "", "0"),
        ("moral-desert-high", THOUGHTS, str(COUNT)),
    }


def test_markdown_has_a_column_only_where_someone_thought(database: Database, run: str) -> None:
    text = "".join(exported_markdown(database, run))
    assert "| choice | thinking | reasoning |\n|---|---|---|---|---|---|---|\n" in text
    assert "Who is hurt \\| worst? &lt;script&gt;" in text and "\x1b" not in text
    other = runs.create_run(database, fakes.study(1, profiles=2), {})
    assert "thinking" not in "".join(exported_markdown(database, other))


def test_reports_show_it_folded_and_as_text(database: Database, run: str) -> None:
    report = gather(database, [run])
    page, text = html(report), markdown(report)
    assert f"<details><summary>thinking, {COUNT} tokens</summary>Who is hurt" in page
    assert "<script>" not in page and "&lt;script&gt;" in page
    assert "| profile | choice | thinking | reasoning |" in text
    assert f"({COUNT} tokens) Who is hurt" in text
    for made in (page, text):
        assert "\x1b" not in made and "\u202e" not in made and "\x02" not in made


def test_show_tells_the_share(
    database: Database, run: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    show_run(run, tmp_path / "runs.db", as_json=False)
    total, thinking = 3 * (30 + COUNT), 3 * COUNT
    share = f"thinking made {thinking} of {total} tokens ({thinking / total:.0%})"
    lines = [line for line in capsys.readouterr().out.splitlines() if "thinking" in line]
    assert lines == [f"moral-desert-high: {share}"]
