"""Keys that come in one packet: each goes where the user sees it go."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, TextArea

from align_tui.config.library import build_profile
from align_tui.config.study import Study
from align_tui.store import launch as store_launch
from align_tui.store import runs
from align_tui.store.database import Database
from align_tui.tui import typed_ahead
from align_tui.tui.application import AlignApp
from align_tui.tui.dialogs.leave import LeaveDialog
from align_tui.tui.dialogs.questions import InputDialog
from tests.tui import fakes
from tests.tui.storms import DOORS, REPLAYED, WORKED, as_key, decided_run
from tests.tui.test_dialogs import dialogs
from tests.tui.test_screen import opened, screen_of

# Keys after those that open the screen, and what has them then: the text of its focused field, or
# the screen that they lead to.
TYPED = {
    "inside": (("j", "k", "escape"), "StudyScreen"),
    "help": (("escape",), "StudyScreen"),
    "compare": (("j", "k", "s"), "MessageDialog"),
    "settings": (("escape", "escape", "j"), "StudyScreen"),
    "runs": (("j", "k", "e", "x"), "InputDialog"),
    "search": (("a", "j", "q", "e", "w", "s"), "ajqews"),
    "everywhere": (("j", "e", "q"), "jeq"),
    "pick": (("j", "s", "v"), "jsv"),
    "ask": (("q", "x", "D"), "qxD"),
    "note": (("q", "x", "D", "j"), "qxDj"),
    "sure": (("n",), "RunsScreen"),
    "scenario": (("q", "j", "e", "p"), "qjep"),
    "profile": (("q", "j", "e", "p", "j"), "qjepj"),
    "reasoning": (("q", "j", "e"), "qje"),
    "steer": (("j", "1", "k", "escape", "y", "e", "q"), "q"),
    "palette": (("q", "j"), "qj"),
    "filter": (("w", "escape", "e", "j"), "j"),
    "save": (("q", "W", "j"), "qWj"),
    "add": (("q", "A", "j", "e"), "qAje"),
}


async def settled(app: AlignApp, pilot: Pilot[Any]) -> None:
    """Until every key is dealt with."""
    end, last = time.process_time() + 10.0, time.monotonic() + 60.0  # the machine may be loaded
    while app.message_queue_size or not app.keys_settled:
        working = time.process_time() < end and time.monotonic() < last
        assert working, "keys are still held"
        await asyncio.sleep(0.005)


def press(app: AlignApp, *keys: str) -> None:
    """Post keys back to back, as a driver does with those of one packet."""
    for key in keys:
        event = as_key(key)
        event.set_sender(app)
        app.post_message(event)


def typed(app: AlignApp) -> str:
    """The text of the focused field, or its first line."""
    focused = app.focused
    if isinstance(focused, TextArea):
        return focused.text
    return focused.value if isinstance(focused, Input) else ""


async def test_a_packet_of_keys_goes_where_each_key_leads(
    path: Path, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_launch, "ensure_worker", lambda db: None)
    monkeypatch.setattr(typed_ahead, "PROMISED_LOOKS", 10_000)  # a loaded machine reads slowly
    study = fakes.study(3)
    run = decided_run(db, study)
    doors = [door for door in DOORS if door not in (*REPLAYED, *WORKED, "study")]
    assert set(doors) == set(TYPED)
    assert {len(DOORS[door][1]) + len(TYPED[door][0]) for door in doors} == set(range(2, 9))
    app = opened(path, study, run)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(app, pilot)
        for door in doors:
            keys = DOORS[door][1]
            more, wanted = TYPED[door]
            before = len(app.screen_stack)
            press(app, *keys, *more)
            await settled(app, pilot)
            top = type(app.screen).__name__
            if wanted.endswith(("Screen", "Dialog")):
                assert top == wanted, door
            else:
                assert wanted in typed(app), (door, top, typed(app)[:80])
            while len(app.screen_stack) > before:
                app.pop_screen()
            await settled(app, pilot)


async def test_a_packet_reaches_the_dialogs_of_a_run_that_is_being_decided(
    path: Path, db: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(store_launch, "ensure_worker", lambda db: None)
    monkeypatch.delenv("ALIGN_TUI_TRUST", raising=False)
    file = tmp_path / "theirs.py"
    file.write_text("raise SystemExit\n")
    adm = {"kind": "custom", "file": str(file), "needs_model": False}
    study = replace(fakes.study(4), profiles=(build_profile({"name": "theirs", "adm": adm}, "x"),))
    app = opened(path, study, runs.create_run(db, study, {}))
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(app, pilot)
        screen = screen_of(app)
        press(app, "a", "n", "j")  # the code is not trusted
        await settled(app, pilot)
        assert (screen.state.scenario, screen.state.notice[:11]) == (1, "not trusted")
        press(app, "j", "q", "escape", "j")
        await settled(app, pilot)
        assert (app.screen, screen.state.scenario) == (screen, 3)
        press(app, "q", "j")  # the question takes the last key, which means nothing there
        await settled(app, pilot)
        assert isinstance(app.screen, LeaveDialog) and screen.state.scenario == 3


async def test_a_packet_reaches_the_time_of_a_replay(
    path: Path, finished: tuple[str, Study], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened(path, finished[1], finished[0], replay=True)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(app, pilot)
        press(app, *("T", "1", "2", "j", "escape", "T", "3"))
        await settled(app, pilot)
        assert isinstance(app.screen, InputDialog) and typed(app) == "3"


def test_a_packet_is_tried_on_every_dialog() -> None:
    behind = {DOORS[door][0] for door in (*TYPED, "time", "leave")} | {"TrustDialog"}
    assert {kind.__name__ for kind in dialogs()} - behind == set()


async def test_a_fault_eats_no_key(
    path: Path, finished: tuple[str, Study], monkeypatch: pytest.MonkeyPatch, wait: Any
) -> None:
    monkeypatch.setattr(typed_ahead, "PROMISED_LOOKS", 2)
    run, study = finished
    app = opened(path, study, run)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(app, pilot)
        app.hold_keys()  # and nobody releases them
        press(app, "j", "j", "j")
        await settled(app, pilot)
        assert screen_of(app).state.scenario == 3


async def test_a_lost_marker_is_found_though_no_key_waits(
    path: Path, finished: tuple[str, Study], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(typed_ahead, "LOST_LOOKS", 2)
    run, study = finished
    app = opened(path, study, run)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(app, pilot)
        press(app, "E")
        await settled(app, pilot)
        area = app.focused
        assert isinstance(area, TextArea)
        post = area.post_message
        # A widget that closes takes a message, and no longer passes it on.
        monkeypatch.setattr(
            area,
            "post_message",
            lambda message: isinstance(message, typed_ahead.Passed) or post(message),
        )
        press(app, "escape")
        await settled(app, pilot)
        assert screen_of(app) is app.screen
