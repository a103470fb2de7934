"""The embedded model from end to end: it reads, reasons and decides; the program scores it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from align_tui.config import paths
from align_tui.store import results, runs, workers
from align_tui.store.database import open_database


def run_json(*arguments: str) -> list[dict[str, Any]]:
    command = [sys.executable, "-m", "align_tui", "run", "--json", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One database for the module: the worker that the first run starts serves all runs."""
    path = tmp_path_factory.mktemp("demo") / "runs.db"
    db = open_database(path)
    yield path
    for worker in workers.list_workers(db):
        if workers.is_alive(worker):
            os.kill(worker.pid, 9)
    db.close()


@pytest.fixture(autouse=True)
def one_worker(own_places: None, shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALIGN_TUI_DB", str(shared))
    monkeypatch.setenv("ALIGN_TUI_IDLE_EXIT", "120")


def test_the_model_is_an_ordinary_folder_of_at_most_20_mb() -> None:
    folder = paths.demo_model()
    names = {path.name for path in folder.iterdir()}
    assert {"config.json", "model.safetensors", "tokenizer.json", "README.md"} <= names
    assert sum(path.stat().st_size for path in folder.iterdir()) <= 20_000_000
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert "no evidence about any real model" in card and "| cell | reached |" in card


@pytest.mark.slow
def test_it_reasons_and_what_it_decided_can_be_checked() -> None:
    lines = run_json("--limit", "12")
    decisions = [line for line in lines if line["event"] == "decision"]
    assert len(decisions) == 48
    agreed = flipped = 0
    chosen: dict[tuple[str, str], int] = {}
    for line in decisions:
        assert sum(line["probabilities"]) == pytest.approx(1.0)
        named = re.findall(r"Patient [A-C]", line["reasoning"])
        agreed += bool(named) and named[-1] in line["choice_text"]
        likeliest = line["probabilities"].index(max(line["probabilities"]))
        assert likeliest == line["choice"]  # greedy and scored agree
        chosen[line["scenario"], line["profile"]] = line["choice"]
    scenarios = {scenario for scenario, _ in chosen}
    for scenario in scenarios:
        flipped += chosen[scenario, "moral-desert-high"] != chosen[scenario, "moral-desert-low"]
    # Its card says how accurate it is; this checks that answers follow from reasons and targets.
    assert agreed >= 0.95 * len(decisions) and flipped >= 0.6 * len(scenarios)
    aligned = [profile for profile in lines[-1]["profiles"] if profile["targets"]]
    scored = [profile["scores"][0]["discriminating"] for profile in aligned]
    assert sum(s["correct"] for s in scored) >= 0.8 * sum(s["scored"] for s in scored)

    db = open_database(Path(os.environ["ALIGN_TUI_DB"]))
    run = lines[0]["run"]
    first = next(results.all_results(db, run))
    [response] = results.responses_of(db, first.sample)
    assert str(response.messages[1]["content"]) in response.prompt
    assert json.loads(response.raw)["choice"] == first.choice_text
    assert response.timeline[-1][1] == len(response.raw)
    versions = runs.run_versions(db, run)
    assert versions["model of baseline"].startswith("sha256:")


@pytest.mark.slow
def test_alone_or_beside_others_it_says_the_same() -> None:
    together = run_json("--limit", "5")
    alone = run_json("--limit", "5", "-p", "moral-desert-low")

    def said(lines: list[dict[str, Any]]) -> dict[str, tuple[int, str]]:
        return {
            line["scenario"]: (line["choice"], line["reasoning"])
            for line in lines
            if line["event"] == "decision" and line["profile"] == "moral-desert-low"
        }

    assert said(together) == said(alone)


@pytest.mark.slow
def test_sampling_repeats_itself_from_its_seed_and_only_from_it() -> None:
    hot = ["--limit", "4", "-p", "baseline", "--set", "decoding.temperature=1.5"]

    def said(*more: str) -> list[str]:
        lines = [line for line in run_json(*hot, *more) if line["event"] == "decision"]
        return [line["reasoning"] for line in sorted(lines, key=lambda x: x["scenario"])]

    first = said()
    assert first == said()
    assert first != said("--set", "decoding.seed=1")
