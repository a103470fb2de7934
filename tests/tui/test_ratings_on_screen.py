"""Profiles that rate the choices: snapshots of their panes, and the screen that `i` opens.

ALIGN_TUI_RENEW=1 pytest tests/tui/test_ratings_on_screen.py    # renews the snapshots
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest

from align_tui.config.study import Study
from align_tui.core.alignment.ranking import Ranking
from align_tui.core.answers import ChoiceAnswer, TextAnswer
from align_tui.core.decisions import Decision, Step
from align_tui.core.predictions import Prediction, Relevance
from align_tui.core.targets import target_id
from align_tui.store import launch as store_launch
from align_tui.store import runs, workers
from align_tui.store.database import Database
from align_tui.tui.application import AlignApp
from align_tui.tui.launch import Launch
from tests import ending
from tests.tui import fakes
from tests.tui.test_snapshots import FOLDER, RUN, STARTED, styled

WHY = (
    "The rescuer was hurt while helping others, and the driver caused the collapse. The samples "
    "agree on who deserves more; what they say of risk is thinner."
)
HIGH, LOW = (0.7, 0.9, 0.8, 0.75, 0.85), (0.2, 0.1, 0.3, 0.25, 0.05)
OPEN = (
    "I would begin with the one who bleeds most, and turn to the other as soon as the tourniquet "
    "holds; nobody should be left alone while a hand is free."
)


def rated(profile: int, choices: int) -> Decision:
    """By profile: one attribute; three with relevance, the first two choices tied."""
    names = ("moral_desert", "risk_aversion", "fairness") if profile == 2 else ("moral_desert",)
    if profile == 3:
        names = ("risk_aversion",)
    predictions = tuple(
        {
            name: Prediction(HIGH if (index + number) % 2 == 0 else LOW, (), "regression")
            for number, name in enumerate(names)
        }
        for index in range(choices)
    )
    tied = profile == 2
    scores = tuple(0.5 if tied else 0.8 if index == 0 else 0.2 for index in range(choices))
    best, taken = ((0, 1), 1) if tied else ((0,), 0)
    relevance = dict(zip(names, (1.0, 0.4, 0.25), strict=False))
    return Decision(
        ChoiceAnswer(taken),
        WHY,
        predictions=predictions,
        relevance=Relevance.of_scenario(relevance, choices, "labels") if tied else None,
        ranking=Ranking(
            "average_distance", "probability", scores, best, taken, "seed" if tied else "none",
            {"misaligned": False}, sample=0,
        ),
        steps=(Step("rate", 0.25), Step("rank", 0.001)),
    )  # fmt: skip


@pytest.fixture
def run(db: Database, monkeypatch: pytest.MonkeyPatch) -> tuple[str, Study]:
    """A baseline and three profiles that rate; the last answers the second scenario with a text."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    monkeypatch.setattr(runs, "new_run_id", lambda: RUN)
    study = fakes.study(4)
    runs.create_run(db, study, {"python": "3"})
    worker = fakes.FakeWorker(db, study)
    while batch := worker.claim(4):
        for claimed in batch:
            shown = study.scenarios[claimed.scenario]
            if claimed.profile == 0:
                worker.finish(claimed, took=0.2)
                continue
            if (claimed.scenario, claimed.profile) == (1, 3):
                answered = Decision(TextAnswer(OPEN), "It depends on who can be reached.")
                ending.finish(db, worker.id, claimed, answered, OPEN, {}, 0.3)
                continue
            made = rated(claimed.profile, len(shown.choices))
            taken = made.choice
            assert taken is not None
            scores = {
                target_id(targets): study.scorer.score_now(made.answer, shown, targets)
                for targets in study.scoring_targets(study.profiles[claimed.profile])
            }
            text = shown.choices[taken].text
            ending.finish(db, worker.id, claimed, made, text, scores, 0.3)
    workers.unregister(db, worker.id)
    with db.write() as connection:
        connection.execute("UPDATE runs SET created=?", (STARTED,))
        connection.execute(
            "UPDATE results SET started=?1+(seq-1)/4, finished=?1+(seq-1)/4+1", (STARTED,)
        )
    return RUN, study


async def seen(
    path: Path,
    run: tuple[str, Study],
    wait: Any,
    size: tuple[int, int],
    *keys: str,
    there: str = "tie: seed",
) -> str:
    """The screen with its styles, once those words are shown and nothing changes any more."""
    app = AlignApp(Launch(path, None, run[0], False), run[1])
    async with app.run_test(size=size) as pilot:
        await wait(pilot, lambda: "bridge" in styled(app).lower())
        for key in keys:
            await pilot.press(key)
        await wait(pilot, lambda: there in styled(app))
        before, now = "", styled(app)
        while before != now:
            await pilot.pause(0.3)
            before, now = now, styled(app)
    return now


@pytest.fixture(autouse=True)
def no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_launch, "ensure_worker", lambda db: None)


@pytest.mark.parametrize("size", [(80, 24), (145, 40)], ids=["80x24", "145x40"])
async def test_it_looks_as_it_did(
    path: Path, run: tuple[str, Study], wait: Any, size: tuple[int, int]
) -> None:
    now = await seen(path, run, wait, size, "3")
    kept = FOLDER / f"ratings-{size[0]}x{size[1]}.txt"
    if os.environ.get("ALIGN_TUI_RENEW"):
        kept.write_text(now, encoding="utf-8")
    assert now == kept.read_text(encoding="utf-8"), "renew it if this is meant: see above"


async def test_an_open_answer_stands_in_the_foot(
    path: Path, run: tuple[str, Study], wait: Any
) -> None:
    now = await seen(path, run, wait, (80, 24), "j", "4", there="I would begin")
    assert "· I would begin with the one who bleeds most" in now and "hand is free." in now


async def test_inside_has_predictions_and_why_the_tie_was_broken(
    path: Path, run: tuple[str, Study], wait: Any
) -> None:
    now = await seen(path, run, wait, (100, 100), "3", "i", there="== predictions ==")
    for words in ("regression", "tied best, taken", "drew it from 2 choices", "rate  0.250"):
        assert words in now, words
