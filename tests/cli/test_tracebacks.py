"""On the command line a user reads a sentence, and a file or --json has the traceback."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from align_tui.cli import run
from align_tui.cli import runs as run_commands
from align_tui.config.failure_log import command_log
from align_tui.core.errors import StoreError
from align_tui.store import runs
from align_tui.store.database import Database
from tests.tui import fakes

KEY = "sk-proj-4f9QzX81mmW0"


def fail(*_: object, **__: object) -> None:
    raise ZeroDivisionError(f"a fault of ours, with {KEY}")


def test_an_error_that_nobody_foresaw_is_a_sentence_and_a_log(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setattr(run_commands, "list_runs", fail)
    assert run(["runs"]) == 1
    said = capsys.readouterr().err
    assert "ZeroDivisionError: a fault of ours" in said and str(command_log()) in said
    assert "Traceback" not in said and "File" not in said
    log = command_log().read_text(encoding="utf-8")
    assert "Traceback" in log and "in fail" in log and KEY not in log
    assert stat.S_IMODE(command_log().stat().st_mode) == 0o600
    assert run(["runs"], debug=True) == 1
    assert "in fail" in capsys.readouterr().err


def test_a_log_that_cannot_be_written_is_no_second_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    monkeypatch.setattr(run_commands, "list_runs", fail)
    assert run(["runs"]) == 1
    assert "--debug shows the traceback" in capsys.readouterr().err


def test_an_expected_error_leaves_no_log(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["show", "nowhere"]) == StoreError.status
    assert not command_log().exists()


def test_show_has_the_traceback_of_a_failed_sample_in_its_json_alone(
    database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    study = fakes.study(1, 2)
    made = runs.create_run(database, study, {})
    worker = fakes.FakeWorker(database, study)
    first, second = worker.claim(2)
    worker.fail(first, "internal", "KeyError: weight", "Traceback: line 3")
    worker.fail(second, "truncated", "The reply was cut")
    assert run(["show", made, "--json"]) == 0
    one, two = json.loads(capsys.readouterr().out)["failures"]
    assert one["error"] == {
        "kind": "internal",
        "message": "KeyError: weight",
        "traceback": "Traceback: line 3",
    }
    assert (one["profile"], one["repeat"]) == (study.profiles[0].name, 0)
    assert two["error"]["traceback"] is None
    assert run(["show", made]) == 0
    said = capsys.readouterr().out
    assert "KeyError: weight" in said and "Traceback" not in said
