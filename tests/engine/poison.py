"""A decision-maker that misbehaves as each scenario's name says. Not a test."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import re
import signal
import sys
import time
from typing import Any

from align_tui.core.alignment.ranking import Ranking
from align_tui.core.answers import ChoiceAnswer, TextAnswer
from align_tui.core.decisions import Decision
from align_tui.core.predictions import Prediction

made: Any = Decision  # untyped, to pass values that a type checker refuses


class Rude(BaseException):
    """A BaseException that is no Exception and that asyncio does not know."""


class Unsayable(Exception):
    """An error whose text raises when somebody reads it."""

    def __str__(self) -> str:
        if self.args:
            return "It has words."
        sys.exit(3)


async def leave() -> None:
    sys.exit(4)


async def decide(scenario: Any, targets: Any, llm: Any, parameters: Any) -> Any:
    await asyncio.sleep(0.02)
    how = scenario.key.partition("-")[0]
    if how == "exit":
        sys.exit(3)
    if how == "_exit":
        os._exit(3)
    if how == "thread":
        await asyncio.to_thread(os._exit, 3)
    if how == "abort":
        os.abort()
    if how == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if how == "terminate":
        signal.raise_signal(signal.SIGTERM)
    if how == "task":
        await asyncio.gather(leave())
    if how == "crash":
        ctypes.string_at(0)
    if how == "_leave":
        ctypes.CDLL(None)._exit(5)
    if how == "cancelled":
        raise asyncio.CancelledError
    if how == "cancels":
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        await asyncio.sleep(1)
    if how == "interrupt":
        raise KeyboardInterrupt
    if how == "generator":
        raise GeneratorExit
    if how == "rude":
        raise Rude("go away")
    if how == "list":
        return made(0, ["no", "text"])
    if how == "object":
        return made(0, "Because.", notes=(object(),))
    if how == "huge":
        return Decision(ChoiceAnswer(2**70), "Because.")
    if how == "nan":
        return Decision(ChoiceAnswer(0), "Because.", probabilities=(float("nan"), 0.5))
    if how == "text":
        return Decision(TextAnswer("Neither of them."), "Because.")
    if how == "ratings":
        rated = {"merit": Prediction((float("nan"),))}
        return Decision(ChoiceAnswer(0), "Because.", predictions=(rated, rated))
    if how == "ranking":
        ranking = Ranking("own", "score", (0.5, 0.5), (0, 2), 0)
        return Decision(ChoiceAnswer(0), "Because.", ranking=ranking)
    if how == "steps":
        return made(ChoiceAnswer(0), "Because.", steps=[object()])
    if how == "half":
        return Decision(ChoiceAnswer(0), "half a pair: \ud83d")
    if how == "sleeps":
        time.sleep(parameters.get("seconds", 0))
    if how == "spins":
        while True:
            pass
    if how == "regex":  # no other thread runs meanwhile
        re.match(r"(a+)+$", "a" * 60 + "b")
    if how == "waits":
        await asyncio.sleep(parameters.get("seconds", 0))
    if how == "stays":  # one of its threads runs for longer than the worker waits
        await asyncio.to_thread(time.sleep, parameters.get("seconds", 0))
    if how == "unsayable":
        raise Unsayable
    while how == "deaf":
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(60)
    return 1
