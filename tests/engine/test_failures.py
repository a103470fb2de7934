"""An unforeseen error: the program keeps its traceback, and users read a sentence."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from align_tui.config.profile import Profile
from align_tui.config.study import Study
from align_tui.core.text.tracebacks import LOGGED
from align_tui.engine.process import serve
from align_tui.engine.sample import RunContext
from align_tui.engine.worker import Settings, Worker
from align_tui.store import outcomes, queue, results, runs
from align_tui.store.database import Database
from align_tui.store.outcomes import Decided
from tests.conftest import make_scenarios, make_study
from tests.engine.fakes import FakeBackbone, Opener
from tests.engine.test_worker import model_study, until, working

KEY = "sk-proj-4f9QzX81mmW0"
CODE = """
import asyncio, os
def weigh(scenario):
    return {}["the weight of " + os.environ["THEIR_API_KEY"]]
async def alone(scenario, targets, llm, parameters):
    return weigh(scenario)
async def together(scenario, targets, llm, parameters):
    async with asyncio.TaskGroup() as group:
        group.create_task(asyncio.sleep(60))
        group.create_task(alone(scenario, targets, llm, parameters))
async def wrong(scenario, targets, llm, parameters):
    return 99
async def leaves(scenario, targets, llm, parameters):
    raise SystemExit(3)
"""


def custom(tmp_path: Path, *functions: str) -> Study:
    (tmp_path / "theirs.py").write_text(CODE)
    adm = {"kind": "custom", "file": str(tmp_path / "theirs.py"), "needs_model": False}
    profiles = [
        Profile.model_validate({"name": name, "adm": adm | {"function": name}})
        for name in functions
    ]
    return Study("theirs", tuple(profiles), make_scenarios(2))


async def test_a_decision_makers_error_keeps_its_traceback(
    database: Database,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("THEIR_API_KEY", KEY)
    study = custom(tmp_path, "alone", "together", "wrong", "leaves")
    run = runs.create_run(database, study, {})
    async with working(database.path, Opener()):
        await until(lambda: runs.get_run(database, run).failed == 8)
    found = {(r.profile, r.scenario): (r.error_message or "", t)
             for r, t in results.failures(database, run)}  # fmt: skip
    for profile in (0, 1):
        message, trace = found[profile, 0]
        assert message.startswith("theirs.py raised ") and "File" not in message
        assert 'theirs.py", line 4, in weigh' in trace and "Traceback (most recent" in trace
        assert 'return {}["the weight of "' in trace  # the line of code
    chose = "The decision-maker chose number 100 of 2 choices"
    assert found[2, 0] == (chose, "")  # the message suffices
    assert "in leaves" in found[3, 0][1] and "SystemExit" in found[3, 0][1]
    assert not any(KEY in text for pair in found.values() for text in pair)
    assert KEY.encode() not in b"".join(p.read_bytes() for p in tmp_path.glob("runs.db*"))
    # The log has each traceback once, not once a sample; users who read its end see none.
    log = capsys.readouterr().err
    assert log.count(f"{LOGGED}Traceback") >= 3 and KEY not in log
    assert log.count("in alone") == log.count("in weigh") == 2  # by itself, and in the group
    again = re.findall(r"failed at the same place as sample \d+: .*theirs.py raised", log)
    assert len(again) == 3  # the second scenario of each


async def test_an_error_of_ours_keeps_it_too(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def generate(self: FakeBackbone, *values: object) -> None:
        raise ZeroDivisionError("a fault of ours")

    monkeypatch.setattr(FakeBackbone, "generate", generate)
    run = runs.create_run(database, model_study(1), {})
    async with working(database.path, Opener()):
        await until(lambda: runs.get_run(database, run).failed)
    [(result, trace)] = results.failures(database, run)
    assert result.error_message == "ZeroDivisionError: a fault of ours"
    assert "in generate" in trace and trace == results.traceback_of(database, result.sample)
    # After it is asked again, nothing of the failure is left.
    runs.retry(database, run, [result.sample])
    assert results.traceback_of(database, result.sample) == ""


async def test_a_decision_that_cannot_be_handed_on_or_stored_keeps_it(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def text_of(self: RunContext, claimed: object, answer: object) -> None:
        raise LookupError("no such choice")

    def rows(worker: str, decided: Decided) -> None:
        raise LookupError("no such row")

    with monkeypatch.context() as patch:
        patch.setattr(RunContext, "text_of", text_of)
        run = runs.create_run(database, make_study(1), {})
        async with working(database.path, Opener()):
            await until(lambda: runs.get_run(database, run).failed == 2)
    assert all("in text_of" in trace for _, trace in results.failures(database, run))
    monkeypatch.setattr(outcomes, "_decided", rows)
    run = runs.create_run(database, make_study(1), {})
    async with working(database.path, Opener()):
        await until(lambda: runs.get_run(database, run).failed == 2)
    assert all("in rows" in trace for _, trace in results.failures(database, run))


def test_a_worker_that_fails_itself_leaves_its_traceback_in_its_log(
    database: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def turn(self: Worker, due: object) -> None:
        raise ZeroDivisionError("a fault of ours")

    monkeypatch.setattr(Worker, "_turn", turn)
    with pytest.raises(ZeroDivisionError):
        serve(Settings(database.path))
    log = capsys.readouterr().err
    assert f"{LOGGED}ZeroDivisionError: a fault of ours" in log and "in turn" in log


def test_a_sample_without_an_error_takes_no_statement_more(database: Database) -> None:
    """A failure is one row, with a traceback or without."""
    runs.create_run(database, make_study(1), {})
    [one, two] = queue.claim(database, "w", 2)
    with_it = outcomes.Failed(one, "internal", "no", 0.1, traceback="Traceback: no")
    without = outcomes.Failed(two, "reply", "no", 0.1)
    assert len(outcomes._rows("w", with_it)) == len(outcomes._rows("w", without)) == 1
    outcomes.end_all(database, "w", [with_it, without])
    assert results.traceback_of(database, one.id) == "Traceback: no"
    assert database.read("SELECT traceback FROM results WHERE sample=?", (two.id,))[0][0] is None
