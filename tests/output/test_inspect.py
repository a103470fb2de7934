"""Logs that Inspect reads, and logs of Inspect as runs."""

from __future__ import annotations

import importlib.util
import io
import json
import os
import subprocess
import sys
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from align_tui.config.attributes import load_attributes
from align_tui.config.study import Study
from align_tui.core.answers import TextAnswer
from align_tui.core.errors import AlignError, DatasetError
from align_tui.core.targets import Target
from align_tui.formats.inspect_log.read import read_inspect_log
from align_tui.formats.read_runs import read_runs
from align_tui.output.exporters.inspect import inspect_logs
from align_tui.store import results, runs
from align_tui.store.basis import bases_of
from align_tui.store.database import Database
from align_tui.store.imports import import_run
from tests.output.browser_rules import strict
from tests.output.test_align_browser import decide_all, profile
from tests.output.test_events_schema import mixed
from tests.tui import fakes

ORDER = ["version", "status", "eval", "plan", "results", "stats", "samples"]


def sample(number: int, answer: str = "A", target: object = "A", **more: Any) -> dict[str, Any]:
    return {
        "id": number, "epoch": 1, "input": f"Which is it, {number}?", "choices": ["Yes", "No"],
        "target": target, "total_time": 0.5,
        "scores": {"choice": {"value": "C", "answer": answer, "explanation": f"Said {answer}."}},
    } | more  # fmt: skip


def log(*samples: Any, **more: Any) -> dict[str, Any]:
    head = {"created": "2026-01-02T03:04:05+00:00", "task": "quiz", "dataset": {}, "config": {},
            "model": "openai/gpt"}  # fmt: skip
    plan = {"steps": [{"solver": "multiple_choice"}]}
    body = {"version": 2, "status": "success", "eval": head, "plan": plan}
    return body | {"samples": list(samples)} | more


def write(path: Path, body: Any) -> Path:
    path.write_text(json.dumps(body), encoding="utf-8")
    return path


def archive(path: Path, body: dict[str, Any], **more: str) -> Path:
    files = {f"samples/{s['id']}_epoch_1.json": json.dumps(s) for s in body["samples"]}
    header = {key: value for key, value in body.items() if key != "samples"}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        for name, text in {**files, "header.json": json.dumps(header), **more}.items():
            out.writestr(name, text)
    return path


def read(path: Path) -> Any:
    return read_inspect_log(path, load_attributes())


def test_a_log_has_what_inspect_needs(database: Database, tmp_path: Path) -> None:
    run, study = mixed(database)
    paths = inspect_logs(database, run, tmp_path)
    assert len(paths) == len(study.profiles) and all(path.suffix == ".json" for path in paths)
    ids = set()
    for path in paths:
        body = strict(path)
        assert list(body) == ORDER and body["version"] == 2  # the header is read before the samples
        head = body["eval"]
        assert datetime.fromisoformat(head["created"]).tzinfo is not None
        assert {"task", "dataset", "model", "config"} <= set(head)
        ids.add(head["task_id"])
        for step in body["plan"]["steps"]:
            assert step["solver"]
        for score in body["results"]["scores"]:
            assert score["name"] and score["scorer"]
            assert all({"name", "value"} <= set(each) for each in score["metrics"].values())
        for each in body["samples"]:
            assert {"id", "epoch", "input", "target"} <= set(each) and each["epoch"] == 1
            assert isinstance(each["target"], (str, list))
            assert all("value" in score for score in each["scores"].values())
            assert all({"role", "content"} <= set(turn) for turn in each["messages"])
            keys = {"message", "traceback", "traceback_ansi"}
            assert set(each.get("error", dict.fromkeys(keys))) == keys
    assert len(ids) == len(paths)  # logs of one id hide each other
    first = strict(paths[1])["samples"]
    assert first[0]["metadata"]["choice_info"]["predicted_kdma_values"]
    thought = first[1]["messages"][-1]["content"]
    assert [part["type"] for part in thought] == ["reasoning", "text"]
    scored = [each["scores"]["choice"]["value"] for each in first]  # the labels decide neither
    assert all(value in "ABC" for value in scored)
    failed = strict(paths[3])["samples"][1]
    assert failed["error"]["message"].startswith("truncated") and failed["scores"] == {}


@pytest.fixture
def inspect_path() -> str:
    """The PYTHONPATH that finds inspect_ai; `make test` puts it into a folder of .venv."""
    if importlib.util.find_spec("inspect_ai") is not None:
        return ""
    folder = Path(os.environ.get("ALIGN_TUI_INSPECT", Path(sys.prefix) / "inspect"))
    if not (folder / "inspect_ai").is_dir():
        pytest.skip(f"inspect_ai is neither installed nor in {folder}, where `make test` puts it")
    return str(folder)


@pytest.mark.slow
def test_inspect_itself_reads_a_log(
    database: Database, tmp_path: Path, inspect_path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = Study("a study", (profile("o", "oracle", target=[
        {"attribute": "moral_desert", "value": 1.0}]),), fakes.scenarios(2), repeat=2)  # fmt: skip
    inspect_logs(database, decide_all(database, study), tmp_path)
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("inspect_reader.py")), str(tmp_path)],
        env={**os.environ, "PYTHONPATH": inspect_path}, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["header"] == told["read"] == ["success", "none"] and told["listed"] == 1
    assert told["samples"] == [
        [scenario.key, epoch] for scenario in study.scenarios for epoch in (1, 2)
    ]
    monkeypatch.syspath_prepend(inspect_path)  # its zipfile_zstd, for the archive
    assert len(read(tmp_path / "log.eval").decisions) == 4


def test_what_is_written_comes_back(database: Database, tmp_path: Path) -> None:
    study = Study("a study", (profile("merit-high", target=[
        {"attribute": "moral_desert", "value": 1.0}]),), fakes.scenarios(3), repeat=2)  # fmt: skip
    run = decide_all(database, study)
    [path] = inspect_logs(database, run, tmp_path)
    again = import_run(database, read(path))
    back = runs.load_study(database, again)
    assert back.name == "a study" and back.repeat == 2
    assert [p.name for p in back.profiles] == ["merit-high"]
    assert back.profiles[0].target == study.profiles[0].target
    assert [s.hash for s in back.scenarios] == [s.hash for s in study.scenarios]
    order = sorted(results.all_results(database, run), key=lambda r: (r.scenario, r.repeat))
    for one, other in zip(order, results.all_results(database, again), strict=True):
        assert (one.scenario, one.repeat, one.choice) == (
            other.scenario,
            other.repeat,
            other.choice,
        )
        assert (one.reasoning, one.probabilities) == (other.reasoning, other.probabilities)
        assert one.latency_s == other.latency_s
        old, new = (bases_of(database, [r.sample])[r.sample] for r in (one, other))
        assert (old.predictions, old.relevance, old.steps) == (
            new.predictions, new.relevance, new.steps,
        )  # fmt: skip
    [second] = inspect_logs(database, again, tmp_path / "second")
    first, last = strict(path)["samples"], strict(second)["samples"]
    for key in ("id", "epoch", "input", "choices", "target", "metadata", "total_time"):
        assert [s.get(key) for s in first] == [s.get(key) for s in last] or key == "metadata"
    assert [s["metadata"]["choice_info"] for s in first] == [
        s["metadata"]["choice_info"] for s in last
    ]


@pytest.mark.parametrize("archived", [False, True])
def test_a_log_of_inspect_is_a_run(database: Database, tmp_path: Path, archived: bool) -> None:
    messages = [{"role": "system", "content": "Be good."},
                {"role": "user", "content": [{"type": "text", "text": "And this?"}]}]  # fmt: skip
    said = {"choices": [{"message": {"content": "It is so.\n\nANSWER: B"}}]}
    body = log(
        sample(1),
        sample(2, "B", target=["Yes"]),
        sample(3, input=messages, scores={}, output=said, target=""),
        sample(4, error={"message": "cut"}),
        sample(5, choices=None, target="forty", scores={"f1": {"value": 0.5, "answer": "42"}}),
    )
    path = archive(tmp_path / "l.eval", body) if archived else write(tmp_path / "l.json", body)
    [found] = read_runs(path, load_attributes())
    assert (found.name, found.adm, found.model) == ("quiz", "multiple_choice", "openai/gpt")
    assert found.targets == (Target("correct", 1.0),) and "1 of 5" in " ".join(found.notes)
    assert [dict(c.labels) for c in found.scenarios[1].choices] == [{"correct": 1}, {"correct": 0}]
    assert found.scenarios[2].text == "And this?" and not found.scenarios[2].labelled
    run = import_run(database, found)
    made = list(results.all_results(database, run))
    assert [(r.scenario, r.choice, r.reasoning) for r in made[:3]] == [
        (0, 0, "Said A."), (1, 1, "Said B."), (2, 1, "It is so.\n\nANSWER: B"),
    ]  # fmt: skip
    assert made[3].answer == TextAnswer("42") and made[0].latency_s == 0.5
    [tally] = results.tallies(database, run)
    assert (tally.all.scored, tally.all.correct) == (2, 1)
    assert datetime.fromtimestamp(runs.get_run(database, run).created).year == 2026


def test_a_folder_of_logs_is_all_of_them(tmp_path: Path) -> None:
    write(tmp_path / "b.json", log(sample(1)))
    archive(tmp_path / "a.eval", log(sample(1)))
    write(tmp_path / "logs.json", {"other": "file"})
    assert [Path(run.place).name for run in read_runs(tmp_path, load_attributes())] == [
        "a.eval", "b.json",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (log(sample(1), version=3), "version 3"),
        (log(), "no samples"),
        (log(sample(1, error={"message": "x"})), "no answers"),
        (log("odd"), "must be an object"),
        (log(sample(1, epoch=0)), "epoch"),
        (log(sample(1, id=None)), "id must be"),
        (log(sample(1, input=[])), "no text"),
        (log(sample(1), eval=None), "eval must be"),
        (log(sample(1, choices=["a"] * 99)), "99 choices|65 choices"),
    ],
)
def test_what_is_no_run_is_refused(tmp_path: Path, body: Any, said: str) -> None:
    with pytest.raises(DatasetError, match=said):
        read(write(tmp_path / "x.json", body))


def test_an_archive_may_lie(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from align_tui.formats.inspect_log import files

    path = tmp_path / "x.eval"
    path.write_bytes(b"PK\x03\x04 nothing")
    with pytest.raises(DatasetError, match="cannot be unpacked"):
        read(path)
    archive(path, log(sample(1)), **{"samples/../../etc.json": "{}"})
    with pytest.raises(DatasetError):  # read as a sample, written nowhere
        read(path)
    monkeypatch.setattr(files, "MOST_UNPACKED", 100)
    archive(path, log(sample(1)), **{"samples/bomb.json": '"' + "a" * 10_000 + '"'})
    with pytest.raises(DatasetError, match="unpacks to more"):
        read(path)
    with zipfile.ZipFile(path, "w") as out:
        out.writestr("_journal/start.json", "{}")
    with pytest.raises(DatasetError, match="has not ended"):
        read(path)
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as out:
        out.writestr("header.json", "{}")
    raw = bytearray(data.getvalue())
    raw[raw.index(b"PK\x01\x02") + 10] = 93  # the compression that Inspect writes
    path.write_bytes(bytes(raw))
    with pytest.raises(DatasetError):
        read(path)


JSONS: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)
KEYS = st.sampled_from(
    ["id", "epoch", "input", "choices", "target", "scores", "metadata", "output"]
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=st.dictionaries(KEYS, JSONS, max_size=3), head=JSONS)
def test_a_hostile_log_is_read_or_refused(tmp_path: Path, changes: Any, head: Any) -> None:
    given = log(
        sample(1), sample(2, **changes), eval={"task": "t", "metadata": {"align_tui": head}}
    )
    try:
        found = read(write(tmp_path / "x.json", given))
    except AlignError as error:
        assert error.message
    else:
        assert all(d.choice is None or d.choice < 64 for d in found.decisions)
