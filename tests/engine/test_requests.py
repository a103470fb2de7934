"""What a worker passes to a model beside the messages: the run's day, the profile's values."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from align_tui.backbones.base import ChoiceScoringRequest, OnText, Request
from align_tui.config.study import Study
from align_tui.core.decisions import ChoiceProbabilities, Generation
from align_tui.core.errors import DeviceLost
from align_tui.engine.worker import LOST_AT_MOST
from align_tui.store import results, runs
from align_tui.store.database import Database
from tests.conftest import HIGH, make_profile, make_scenarios
from tests.engine.fakes import FakeBackbone, Opener
from tests.engine.test_worker import until, working


class Listening(FakeBackbone):
    """Remembers all requests, for replies and for scores; fails `losses` times first."""

    def __init__(self) -> None:
        super().__init__()
        self.requests: list[Request] = []
        self.scorings: list[ChoiceScoringRequest] = []
        self.losses = 0

    async def generate(self, request: Request, on_text: OnText) -> Generation:
        self.requests.append(request)
        if self.losses:
            self.losses -= 1
            raise DeviceLost("made up")
        return await super().generate(request, on_text)

    async def score(self, request: ChoiceScoringRequest) -> ChoiceProbabilities:
        self.scorings.append(request)
        return await super().score(request)


class ListeningOpener(Opener):
    """Always opens the same listening backbone."""

    def __init__(self) -> None:
        super().__init__()
        self.one = Listening()

    def __call__(self, *_: object) -> Listening:
        return self.one


def study(n: int = 2) -> Study:
    profile = make_profile(
        "p",
        "prompt_aligned",
        target=HIGH,
        backbone={"kind": "transformers", "model": "a/m"},
        decoding={"thinking": "auto", "max_thinking_tokens": 77},
        prompt={"chat_template": {"reasoning_effort": "low"}},
    )
    return Study("s", (profile,), make_scenarios(n))


async def test_a_run_that_goes_on_later_sees_the_day_on_which_it_began(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "strftime", _on("2025-03-04"))
    run = runs.create_run(database, study(), {})
    monkeypatch.setattr(time, "strftime", _on("2025-03-09"))
    child = runs.create_run(database, study(), {}, parent=run)
    other = runs.create_run(database, study(), {})
    monkeypatch.undo()
    assert [runs.day(database, each) for each in (run, child, other)] == [
        "2025-03-04",
        "2025-03-04",
        "2025-03-09",
    ]
    opener = ListeningOpener()
    async with working(tmp_path / "runs.db", opener):
        await until(lambda: runs.get_run(database, run).finished)
    asked = opener.one.requests[:2]
    assert {each.rendering.date for each in asked} == {"2025-03-04"}
    assert {each.rendering.values["reasoning_effort"] for each in asked} == {"low"}
    assert {each.sampling.thinking for each in asked} == {"auto"}
    assert {each.sampling.max_thinking_tokens for each in asked} == {77}
    # A scoring request is rendered like the reply's request, and belongs to the same decision.
    told = {(b.rendering.date, b.sampling.thinking, b.group) for b in opener.one.scorings[:2]}
    assert told == {("2025-03-04", "auto", each.group) for each in asked} and len(told) == 2


def _on(day: str) -> object:
    real = time.strftime
    return lambda form, *more: day if form == "%Y-%m-%d" and not more else real(form, *more)


def test_a_run_of_an_older_database_sees_the_day_on_which_it_was_made(database: Database) -> None:
    run = runs.create_run(database, study(), {})
    with database.write() as connection:
        connection.execute("UPDATE runs SET day=NULL, created=? WHERE id=?", (1.6e9, run))
    assert runs.day(database, run) == time.strftime("%Y-%m-%d", time.localtime(1.6e9))


async def test_a_worker_whose_device_is_lost_ends_and_gives_its_samples_back(
    database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = runs.create_run(database, study(1), {})
    opener = ListeningOpener()
    opener.one.losses = LOST_AT_MOST
    for attempt in range(1, LOST_AT_MOST):
        async with working(tmp_path / "runs.db", opener) as worker:
            await until(worker._stopping.is_set)
        row = runs.get_run(database, run)
        assert (row.pending, row.failed) == (1, 0), attempt
    async with working(tmp_path / "runs.db", opener):
        await until(lambda: runs.get_run(database, run).finished)
    [failed] = results.all_results(database, run)
    assert failed.error_kind == "device" and "made up" in (failed.error_message or "")
    assert "made up" in capsys.readouterr().err
    await asyncio.sleep(0)
