"""Scorers as another package would provide them: one that waits, and some that fail."""

from __future__ import annotations

import asyncio
import threading
from typing import cast

from align_tui.core.answers import Answer, ChoiceAnswer
from align_tui.core.scenarios import Scenario
from align_tui.core.scorers.base import Score, ScorerEntry
from align_tui.core.targets import Targets

JUDGING_S = 0.4
waits = threading.Event()


async def judge(answer: Answer, scenario: Scenario, targets: Targets) -> Score:
    await asyncio.sleep(JUDGING_S)
    assert isinstance(answer, ChoiceAnswer)
    return Score(answer.index == 0, 0.25, True)


async def failing_judge(answer: Answer, scenario: Scenario, targets: Targets) -> Score:
    await asyncio.sleep(0)
    raise RuntimeError("the judge went home")


async def quitting_judge(answer: Answer, scenario: Scenario, targets: Targets) -> Score:
    raise asyncio.CancelledError


async def babbling_judge(answer: Answer, scenario: Scenario, targets: Targets) -> Score:
    return cast(Score, "very good")


async def endless_judge(answer: Answer, scenario: Scenario, targets: Targets) -> Score:
    waits.set()
    await asyncio.sleep(3600)
    raise AssertionError


def failing(answer: Answer, scenario: Scenario, targets: Targets) -> Score:
    raise SystemExit(3)


JUDGE = ScorerEntry("judge", "A judge.", score_async=judge, answers=frozenset({"choice", "text"}))
FAILING_JUDGE = ScorerEntry("failing_judge", "It fails.", score_async=failing_judge)
QUITTING_JUDGE = ScorerEntry("quitting_judge", "It cancels.", score_async=quitting_judge)
BABBLING_JUDGE = ScorerEntry("babbling_judge", "It babbles.", score_async=babbling_judge)
ENDLESS_JUDGE = ScorerEntry("endless_judge", "It never ends.", score_async=endless_judge)
FAILING = ScorerEntry("failing", "It fails at once.", failing)
