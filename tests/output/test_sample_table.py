"""One row a sample: the same names, types and values in rows, CSV, Parquet and a DataFrame."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from dataclasses import replace
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

import align_tui
from align_tui.config.attributes import load_attributes
from align_tui.core.errors import AlignError, ConfigError
from align_tui.formats.read_runs import read_runs
from align_tui.output.events import stored_events
from align_tui.output.exporters.align_system import align_system
from align_tui.output.exporters.csv import csv_lines, csv_target_lines
from align_tui.output.exporters.inspect import inspect_logs
from align_tui.output.exporters.parquet import parquet
from align_tui.output.sample_table.columns import COLUMNS, FORMAT, SCORES, columns_for
from align_tui.output.sample_table.rows import sample_table
from align_tui.store import runs
from align_tui.store.database import Database
from align_tui.store.imports import import_run
from tests.conftest import REPO
from tests.tui import fakes

TYPES: dict[str, type | tuple[type, ...]] = {
    "text": str, "integer": int, "number": float, "boolean": bool, "time": datetime,
    "integers": list, "numbers": list, "json": (list, dict),
}  # fmt: skip
DOCS = (REPO / "docs" / "formats.md").read_text(encoding="utf-8")
HIGH, LOW = "moral_desert=1.0", "moral_desert=0.0"


@pytest.fixture
def run(database: Database) -> str:
    """A baseline and two columns with targets; the second one thought."""
    study = fakes.study(3, profiles=3, repeat=2)
    first, *others = study.scenarios
    study = replace(study, scenarios=(replace(first, family="bridges"), *others))
    made = runs.create_run(database, study, {})
    worker = fakes.FakeWorker(database, study)
    while batch := worker.claim(4):
        for claimed in batch:
            thinking = "Who is hurt worst?" if claimed.profile == 1 else ""
            worker.finish(claimed, "=1+1 is no sum" if claimed.profile else None, thinking=thinking)
    return made


def test_the_page_lists_every_column_with_its_type() -> None:
    table = DOCS.split("## CSV, Parquet and DataFrame")[1].split("| Type | In CSV")[0]
    listed = [
        (name, kind)
        for names, kind in re.findall(r"^\| (`[^|]+`) \| (\w+) \|", table, re.MULTILINE)
        for name in re.findall(r"`(\w+)`", names)
    ]
    by_name = {column.name: column.type for column in COLUMNS}
    assert dict(listed) == by_name and len(listed) == len(by_name)
    assert [column.name for column in COLUMNS[:18]] == [
        "run", "profile", "model", "scenario", "repeat", "target", "choice", "choice_text",
        "correct", "distance", "discriminating", "probability", "latency_s", "tokens",
        "thinking_tokens", "error", "reasoning", "thinking",
    ]  # fmt: skip


def test_each_row_has_every_column_in_its_type(database: Database, run: str) -> None:
    table = sample_table(database, run)
    rows = list(table.rows())
    assert len(rows) == 18
    assert table.columns == columns_for([HIGH, LOW]) and len(table.columns) == len(COLUMNS) + 6
    for row in rows:
        assert list(row) == [column.name for column in table.columns]
        for column in table.columns:
            value = row[column.name]
            assert value is None or isinstance(value, TYPES[column.type]), column
    of = {(row["profile"], row["scenario"], row["repeat"]): row for row in rows}
    key, other = (scenario.key for scenario in table.study.scenarios[:2])
    free, high = of["baseline", key, 0], of["moral-desert-high", key, 1]
    assert free["target"] is free["correct"] is free["profile_target"] is None
    assert free[f"correct[{HIGH}]"] is not None
    assert high["target"] == high["profile_target"] == HIGH
    assert high[f"correct[{LOW}]"] is None
    assert [high[part] for part, _ in SCORES] == [high[f"{part}[{HIGH}]"] for part, _ in SCORES]
    assert (high["family"], high["cluster"], high["choices"]) == ("bridges", key, 2)
    assert of["baseline", other, 0]["cluster"] == other
    assert high["calls"] == 1 and high["prompt_tokens"] > 0 and high["thinking_tokens"] > 0
    assert high["order"] == [0, 1] and not high["cut"] and not high["retried"]
    parts = [high[name] for name in ("queued_s", "reading_s", "writing_s")]
    assert sum(parts) >= high["latency_s"] - 1e-5 and parts[2] > 0
    assert len({row["seed"] for row in rows if row["scenario"] == key}) == 2  # the repeats
    assert table.about == {"format": FORMAT, "run": run, "study": "demo", "cluster": "family"}


def test_what_reached_its_cap_is_cut(database: Database, run: str) -> None:
    def cut() -> set[str]:
        return {row["profile"] for row in sample_table(database, run).rows() if row["cut"]}

    of = "sample IN (SELECT id FROM samples WHERE run=? AND profile=?)"
    with database.write() as connection:
        connection.execute(f"UPDATE responses SET finish='length' WHERE {of}", (run, 0))
        connection.execute(
            f"UPDATE responses SET sampling=json_set(sampling, '$.max_thinking_tokens', 2),"
            f" thinking_tokens=2 WHERE {of}", (run, 1),
        )  # fmt: skip
    assert cut() == {"baseline", "moral-desert-high"}


def test_csv_has_a_line_for_each_row_or_for_each_target(database: Database, run: str) -> None:
    rows = list(sample_table(database, run).rows())
    read = list(csv.DictReader(io.StringIO("".join(csv_lines(database, run)), newline="")))
    assert [list(line) for line in read] == [list(row) for row in rows]
    assert json.loads(read[0]["probabilities"]) == rows[0]["probabilities"]
    assert datetime.fromisoformat(read[0]["started"]).tzinfo is not None
    assert {line["reasoning"] for line in read if line["profile"] != "baseline"} == {
        "'=1+1 is no sum"
    }
    lines = list(csv.DictReader(io.StringIO("".join(csv_target_lines(database, run)), newline="")))
    assert list(lines[0]) == [column.name for column in COLUMNS]
    assert len(lines) == 6 * 2 + 12 and all(line["target"] for line in lines)
    assert sum(line["profile"] == "baseline" for line in lines) == 12


def test_python_reads_it_as_dicts_without_pandas(
    database: Database, run: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = list(sample_table(database, run).rows())
    assert align_tui.read_rows() == align_tui.read_rows(run[-4:], str(database.path)) == rows
    with pytest.raises(AlignError) as caught:
        align_tui.read_rows("absent", database.path)
    assert "align-tui runs" in caught.value.__notes__[0]
    monkeypatch.setitem(sys.modules, "pandas", None)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ConfigError, match="pandas") as caught:
        align_tui.read(run, database.path)
    assert "align-tui[pandas]" in caught.value.hint and "read_rows" in caught.value.hint
    with pytest.raises(ConfigError, match="pyarrow") as caught:
        parquet(database, run, io.BytesIO())
    assert "align-tui[parquet]" in caught.value.hint


def test_a_frame_has_the_dtypes_of_the_page(database: Database, run: str) -> None:
    pytest.importorskip("pandas", reason="pandas (an extra) is not installed here")
    frame: Any = align_tui.read(run, database.path)
    rows = list(sample_table(database, run).rows())
    assert list(frame.columns) == list(rows[0]) and len(frame) == len(rows)
    found = {name: str(frame[name].dtype) for name in ("profile", "seed", "distance", "correct")}
    assert found == {
        "profile": "string", "seed": "Int64", "distance": "float64", "correct": "boolean",
    }  # fmt: skip
    assert str(frame["started"].dtype) == "datetime64[us, UTC]"
    assert list(frame["seed"]) == [row["seed"] for row in rows]
    assert frame.attrs == dict(sample_table(database, run).about)


def test_parquet_gives_the_rows_back(database: Database, run: str, tmp_path: Path) -> None:
    if find_spec("pyarrow") is None:
        pytest.skip("pyarrow (the extra `parquet`) is not installed here")
    import pyarrow.parquet as pq

    with (tmp_path / "run.parquet").open("wb") as file:
        parquet(database, run, file)
    table = pq.read_table(tmp_path / "run.parquet")
    rows = list(sample_table(database, run).rows())
    assert table.column_names == list(rows[0])
    assert table.schema.metadata[b"align_tui.run"].decode() == run
    for name in ("seed", "order", "probabilities", "correct", "started", "reasoning"):
        assert table[name].to_pylist() == [row[name] for row in rows]


@pytest.mark.parametrize("export", [align_system, inspect_logs])
def test_an_import_keeps_the_names(database: Database, tmp_path: Path, export: Any) -> None:
    study = fakes.study(2, profiles=2)
    names = ("baseline @ Mistral-7B", "7")
    models = ("mistralai/Mistral-7B-Instruct-v0.3", "/data/models/own.gguf")
    study = replace(
        study,
        name="My study: no, yes",
        profiles=tuple(
            profile.model_copy(
                update={
                    "name": name,
                    "backbone": profile.backbone.model_copy(
                        update={"kind": "transformers", "model": model}
                    ),
                }
            )
            for profile, name, model in zip(study.profiles, names, models, strict=True)
        ),
        scenarios=tuple(
            replace(scenario, key=key, title="Title of it")
            for scenario, key in zip(study.scenarios, ("a b", "Frage/ü 1"), strict=True)
        ),
    )
    run = runs.create_run(database, study, {})
    worker = fakes.FakeWorker(database, study)
    while batch := worker.claim(4):
        for claimed in batch:
            worker.finish(claimed)
    export(database, run, tmp_path / "out")

    def named(run: str) -> set[tuple[str, ...]]:
        of = runs.load_study(database, run)
        titles = {scenario.key: scenario.title for scenario in of.scenarios}
        return {
            (of.name, line["profile"], line["model"], line["scenario"], titles[line["scenario"]])
            for line in stored_events(database, run)
            if line["event"] == "decision"
        }

    found: set[tuple[str, ...]] = set()
    for recorded in read_runs(tmp_path / "out", load_attributes(), None):
        found |= named(import_run(database, recorded))
    assert found == named(run) and len(found) == 4
