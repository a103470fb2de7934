"""`align-tui run` and later commands, as real processes: events, files, exit statuses."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from align_tui.config import paths
from align_tui.store import runs, workers
from align_tui.store.database import open_database
from tests.calling import align_tui, call, start


def events(*arguments: str, status: int = 0) -> list[dict[str, Any]]:
    done = align_tui(*arguments)
    assert done.returncode == status, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(autouse=True)
def workers_end(tmp_path: Path) -> Any:
    yield
    path = Path(os.environ["ALIGN_TUI_DB"])
    if path.exists():
        for worker in workers.list_workers(open_database(path)):
            if workers.is_alive(worker):
                os.kill(worker.pid, signal.SIGKILL)


def test_json_lines_are_the_promised_ones() -> None:
    lines = events(
        "run", "-p", "random", "-p", "oracle", "-s", "demo-triage", "--limit", "4",
        "--target", "MoralDesert=1.0", "--repeat", "2", "--json",
    )  # fmt: skip
    first, *middle, last = lines
    assert first == {"event": "started", "run": first["run"], "samples": 16}
    assert len(middle) == 16 and {line["event"] for line in middle} == {"decision"}
    for line in middle:
        assert set(line) == {
            "event", "run", "profile", "model", "scenario", "repeat", "answer", "choice",
            "choice_text", "scores", "reasoning", "cut", "thinking", "probabilities", "order",
            "orders", "predictions", "relevance", "ranking", "examples", "steps",
            "latency_s", "tokens", "thinking_tokens",
        }  # fmt: skip
        assert line["model"] is None
        assert list(line["scores"]) == ["moral_desert=1.0"]
        assert set(line["scores"]["moral_desert=1.0"]) == {"correct", "distance", "discriminating"}
    assert {line["repeat"] for line in middle} == {0, 1}
    assert last["event"] == "summary" and last["run"] == first["run"]
    oracle = last["profiles"][1]
    assert oracle["profile"] == "oracle" and oracle["targets"] == {"moral_desert": 1.0}
    [score] = oracle["scores"]
    assert score["target"] == {"moral_desert": 1.0} and score["all"]["accuracy"] == 1.0
    assert set(score["all"]) == {
        "scored", "correct", "accuracy", "low", "high", "questions", "clusters", "method", "se",
    }  # fmt: skip
    unscored = [li for li in middle if li["scores"]["moral_desert=1.0"]["correct"] is None]
    assert score["all"]["scored"] == 8 - sum(li["profile"] == "oracle" for li in unscored)
    assert (oracle["failed"], oracle["pending"]) == (0, 0)

    replayed = events("replay", first["run"], "--json")
    assert replayed[0]["event"] == "started" and replayed[-1] == last
    assert sorted(map(str, replayed[1:-1])) == sorted(map(str, middle))
    resumed = events("run", "--resume", first["run"], "--json")
    assert resumed == [first, last]


def test_a_profile_without_targets_is_scored_against_those_of_the_others(tmp_path: Path) -> None:
    oracle = tmp_path / "o.toml"
    oracle.write_text(
        '[adm]\nkind = "oracle"\n[[target]]\nattribute = "fairness"\nvalue = 0.0\n'
        '[[target]]\nattribute = "moral_desert"\nvalue = 1.0\n'
    )
    lines = events("run", "-p", "fixed", "-p", str(oracle), "-s", "demo-triage", "--json")
    fixed = lines[-1]["profiles"][0]
    assert fixed["targets"] == {}
    assert [s["target"] for s in fixed["scores"]] == [{"fairness": 0.0, "moral_desert": 1.0}]
    assert list(lines[1]["scores"]) == ["fairness=0.0+moral_desert=1.0"]


def test_scored_only_leaves_pairs_out() -> None:
    lines = events(
        "run", "-p", "oracle", "-s", "demo-triage", "--target", "fairness=1", "--scored-only",
        "--json",
    )  # fmt: skip
    correct = [line["scores"]["fairness=1.0"]["correct"] for line in lines[1:-1]]
    assert len(correct) >= 12 and set(correct) == {True}


@pytest.mark.parametrize(
    "arguments",
    [
        ("run", "nowhere.toml"),
        ("run", "-p", "nobody"),
        ("run", "--set", "decoding.nothing=1"),
        ("run", "--target", "nothing=1.0"),
        ("run", "--limit", "0"),
        ("run", "--no-such-option"),
        ("run", "-p", "oracle"),
        ("run", "--resume", "x", "-p", "random"),
        ("nonsense",),
        ("export", "--format", "docx"),
    ],
)
def test_a_usage_error_is_2_and_writes_nothing(arguments: tuple[str, ...]) -> None:
    done = call(*arguments)
    assert done.returncode == 2 and done.stdout == "" and done.stderr.strip()
    assert not Path(os.environ["ALIGN_TUI_DB"]).exists()


def test_failures_are_1_and_typed(tmp_path: Path) -> None:
    model = tmp_path / "broken-model"  # its files are all there, and its weights hold nothing
    model.mkdir()
    (model / "config.json").write_text('{"model_type": "llama"}')
    (model / "tokenizer.json").write_text("{}")
    (model / "model.safetensors").write_bytes((2).to_bytes(8, "little") + b"{}")
    lines = events(
        "run", "-p", "baseline", "--backbone", str(model), "--limit", "2", "--json", status=1
    )
    failed = [line for line in lines if line["event"] == "failed"]
    assert len(failed) == 2 and set(failed[0]) == {
        "event", "run", "profile", "model", "scenario", "repeat", "error",
    }  # fmt: skip
    assert (failed[0]["profile"], failed[0]["model"]) == ("baseline", "broken-model")
    assert failed[0]["error"]["kind"] == "backbone"
    assert "broken-model" in failed[0]["error"]["message"]
    assert lines[-1]["profiles"][0]["failed"] == 2


def test_two_backbones_run_side_by_side() -> None:
    """Each profile that needs a model decides on both, and each line's name has the model."""
    folder = paths.user_backbones()
    folder.mkdir(parents=True)
    (folder / "curt.toml").write_text('backbone.kind = "demo"\ndecoding.max_tokens = 96\n')
    both = ("--backbone", "demo", "--backbone", "curt")
    lines = events("run", "-p", "baseline", "-p", "random", *both, "--limit", "2", "--target",
                   "fairness=1", "--json")  # fmt: skip
    assert lines[0]["samples"] == 6
    said = {(line["profile"], line["model"]) for line in lines[1:-1]}
    assert said == {("baseline @ demo", "demo"), ("baseline @ curt", "demo"), ("random", None)}
    names = [profile["profile"] for profile in lines[-1]["profiles"]]
    assert names == ["baseline @ demo", "baseline @ curt", "random"]
    shown = align_tui("show").stdout
    assert "baseline @ curt: baseline, demo" in shown
    report = align_tui("report").stdout
    assert "| baseline @ demo | baseline @ curt · demo |" in report
    rows = list(csv.DictReader(io.StringIO(align_tui("export", "--format", "csv").stdout)))
    assert {row["model"] for row in rows} == {"demo", ""}
    folder = Path(os.environ["ALIGN_TUI_DB"]).parent / "out"
    align_tui("export", "--format", "align-system", "-o", str(folder))
    assert {f.name for f in folder.iterdir()} == {"baseline-demo", "baseline-curt", "random"}
    twice = call("run", "-p", "baseline", "--backbone", "demo", "--backbone", "demo")
    assert twice.returncode == 2 and "are the same model" in twice.stderr


def test_the_table_and_the_history(tmp_path: Path) -> None:
    done = align_tui(
        "run", "-p", "random", "-p", "oracle", "-s", "demo-triage", "--target", "fairness=1",
        env={**os.environ, "COLUMNS": "140"},
    )  # fmt: skip
    assert done.returncode == 0 and "oracle" in done.stdout and "1.00" in done.stdout
    listed = events("runs", "--json")
    assert [row["done"] for row in listed] == [80]
    run = listed[0]["id"]
    shown = align_tui("show", run[-4:])
    assert run in shown.stdout and "align-tui:" in shown.stdout
    assert align_tui("show", "--json").stdout.startswith('{"event": "summary"')

    rows = list(csv.DictReader(io.StringIO(align_tui("export", "--format", "csv").stdout)))
    assert len(rows) == 80 and rows[0]["target"] == "fairness=1.0"
    table = align_tui("export", "--format", "markdown").stdout
    assert table.startswith("# demo-triage") and table.count("\n| ") > 80
    assert len(align_tui("export").stdout.splitlines()) == 82

    out = tmp_path / "out"
    assert align_tui("export", "--format", "align-system", "-o", str(out)).returncode == 0
    record = json.loads((out / "oracle" / "input_output.json").read_text())
    assert len(record) == 40 and record[0]["output"]["choice"] in (0, 1, 2)
    assert (out / "oracle" / ".hydra" / "config.yaml").is_file()
    assert (out / "oracle" / "timing.json").is_file()
    shown = align_tui("scenarios", "show", str(out / "oracle" / "input_output.json"), "--json")
    original = align_tui("scenarios", "show", "demo-triage", "--json")
    for a, b in zip(shown.stdout.splitlines(), original.stdout.splitlines(), strict=True):
        one, other = json.loads(a), json.loads(b)
        assert (one["id"], one["text"]) == (other["id"], other["text"])
        assert one["choices"] == other["choices"]

    assert align_tui("delete", run).returncode == 2
    assert align_tui("delete", run, "--yes").returncode == 0
    assert events("runs", "--json") == []


def test_detach_leaves_it_running_and_resume_follows() -> None:
    done = align_tui("run", "-p", "random", "-s", "demo-triage", "--detach")
    run = done.stdout.strip()
    assert done.returncode == 0 and run
    lines = events("run", "--resume", run, "--json")
    assert lines[-1]["profiles"][0]["pending"] == 0
    db = open_database(Path(os.environ["ALIGN_TUI_DB"]))
    assert runs.get_run(db, run).done == 40
    assert align_tui("workers", "stop").returncode == 0
    assert workers.living(db) == []


def test_a_reader_that_leaves_ends_it_quietly() -> None:
    command = f"{sys.executable} -m align_tui scenarios show demo-triage --json | head -n 1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=200)
    assert json.loads(done.stdout)["id"] and done.stderr == ""


def test_the_libraries(tmp_path: Path) -> None:
    assert "demo-triage" in align_tui("scenarios", "list").stdout
    listed = align_tui("profiles", "list").stdout
    assert "moral-desert-low" in listed and "meta-llama/Llama-3.3-70B-Instruct" in listed
    assert align_tui("profiles", "check").returncode == 0
    shown = align_tui("profiles", "show", "fairness-low").stdout
    assert "low fairness" in shown
    made = align_tui(
        "profiles", "new", "mine", "--extends", "moral-desert-high", "--set",
        "decoding.temperature=0.7", "--target", "fairness=0",
    )  # fmt: skip
    assert made.returncode == 0 and Path(made.stdout.strip()).is_file()
    assert align_tui("profiles", "check", "mine").stdout == "ok  mine\n"
    assert align_tui("profiles", "new", "mine").returncode == 2
    assert align_tui("profiles", "new", "../evil").returncode == 2
    assert not list(tmp_path.rglob("evil*"))
    beside = tmp_path / "beside" / "own.toml"
    assert align_tui("profiles", "new", str(beside)).returncode == 0 and beside.is_file()
    out = tmp_path / "set.toml"
    assert align_tui("scenarios", "export", "demo-survey", "-o", str(out), "--format",
                     "toml").returncode == 0  # fmt: skip
    assert align_tui("scenarios", "import", str(out), "--name", "again").returncode == 0
    assert "again" in align_tui("scenarios", "list").stdout
    assert align_tui("scenarios", "import", str(out), "--name", "../x").returncode == 2


def test_every_command_has_help_with_an_example() -> None:
    groups = {
        "": [
            "run",
            "replay",
            "runs",
            "show",
            "browse",
            "export",
            "report",
            "import",
            "delete",
            "worker",
            "doctor",
        ],
        "scenarios": ["list", "show", "import", "export"],
        "profiles": ["list", "show", "check", "new"],
        "models": ["list", "show"],
        "workers": ["list", "stop"],
    }
    import typer

    from align_tui.cli.app import app

    command: Any = typer.main.get_command(app)
    for group, names in groups.items():
        holder = command.commands[group] if group else command
        for name in names:
            epilog = holder.commands[name].epilog or ""
            assert f"align-tui {group} {name}".replace("  ", " ") in epilog, name


def test_doctor_looks_at_everything() -> None:
    done = align_tui("doctor", "-p", "random")
    assert done.returncode == 0
    for word in ("python", "torch", "cuda", "memory", "database", "terminal", "clock"):
        assert word in done.stdout
    missing = align_tui("doctor", "-p", "baseline", "--backbone", "mistral-7b")
    assert missing.returncode == 1 and "not on this machine" in missing.stdout


def test_without_a_terminal_the_explorer_says_what_to_do() -> None:
    done = call()
    assert done.returncode == 2 and "align-tui run" in done.stderr


def test_debug_shows_the_traceback() -> None:
    done = start("run", "nowhere.toml", "--debug")
    assert "Traceback" in done.stderr
