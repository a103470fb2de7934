"""A screen sends no control characters to the terminal except the driver's own."""

from __future__ import annotations

import asyncio
import importlib
import pkgutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.color import Color
from textual.driver import Driver
from textual.screen import Screen
from textual.widgets import Input

import align_tui.tui
from align_tui.config.code import Code
from align_tui.config.study import Study
from align_tui.store.database import Database
from align_tui.tui.application import AlignApp
from align_tui.tui.asciicast import RecordingDriver
from align_tui.tui.clean_output import Clean
from align_tui.tui.dialogs.trust import TrustDialog
from align_tui.tui.format.glyphs import UNICODE
from align_tui.tui.launch import Launch
from align_tui.tui.output_dedup import thrifty_driver
from align_tui.tui.screens.study.screen import StudyScreen
from tests import hostile
from tests.tui.storms import DOORS, REPLAYED, as_key

SIZE = (110, 34)
ELSEWHERE = {"RecordedScreen", "TrustDialog"}  # one is written to a file, no key opens the other


class Seen(AlignApp):
    """The application with a driver that keeps all output."""

    def __init__(self, launch: Launch, study: Study) -> None:
        super().__init__(launch, study, UNICODE)
        self.console = Console(
            color_system="truecolor", force_terminal=True, file=self.console.file
        )

    def get_driver_class(self) -> type[Driver]:
        """The recording driver, which writes as to a terminal."""
        return thrifty_driver(RecordingDriver)

    def taken(self) -> str:
        """The output since the last call."""
        assert isinstance(self._driver, RecordingDriver)
        return "".join(self._driver.__dict__.pop("sent", []))


def screens() -> Iterator[type[Screen[Any]]]:
    """Every screen and dialog that a user can open: those that have no subclass."""
    found: set[type[Screen[Any]]] = set()
    for module in pkgutil.walk_packages(align_tui.tui.__path__, "align_tui.tui."):
        for value in vars(importlib.import_module(module.name)).values():
            ours = str(getattr(value, "__module__", "")).startswith("align_tui.")
            if ours and isinstance(value, type) and issubclass(value, Screen):
                found.add(value)
    for screen in found:
        opened_itself = screen.__name__ in {name for name, _ in DOORS.values()}
        if opened_itself or not any(s is not screen and issubclass(s, screen) for s in found):
            yield screen


def test_every_screen_is_walked() -> None:
    known = {name for name, _ in DOORS.values()} | ELSEWHERE
    assert {screen.__name__ for screen in screens()} == known


class Walk:
    """Opens screens of one application by `DOORS`, and keeps the output of each."""

    def __init__(self, app: Seen, doors: list[str]) -> None:
        self.app, self.doors = app, doors
        self.sent: dict[str, str] = {}

    async def __call__(self, pilot: Any) -> None:
        app = self.app

        async def until(true: Any, what: str) -> None:
            end = time.monotonic() + 15.0
            while not true():
                assert time.monotonic() < end, what
                await asyncio.sleep(0.01)

        def base() -> bool:
            return isinstance(app.screen, StudyScreen) and bool(app.screen.snapshot.panes)

        async def back() -> None:
            while len(app.screen_stack) > 2:
                app.pop_screen()
            await until(base, "the screen below all others")

        await until(base, "the first screen")
        for door in self.doors:
            name, keys = DOORS[door]
            app.taken()
            for _ in range(5):  # an empty list ignores its key
                for key in keys:
                    app.post_message(as_key(key))
                    await until(
                        lambda: not (app.message_queue_size or app.screen.message_queue_size), key
                    )
                    await asyncio.sleep(0.05)
                end = time.monotonic() + 1.0
                while not (there := type(app.screen).__name__ == name) and time.monotonic() < end:
                    await asyncio.sleep(0.01)
                if there:
                    break
                await back()
            assert there, f"{door} opens"
            app.refresh(repaint=True, layout=True)
            await asyncio.sleep(0.05)
            if app.screen.query(Input):
                app.screen.post_message(events.Paste(hostile.TEXT))
                app.screen.query(
                    Input
                ).first().value += hostile.TEXT  # a paste would drop some of it
                await asyncio.sleep(0.05)
            self.sent[door] = app.taken()
            await back()
        app.exit()


def walked(path: Path, study: Study, run: str, doors: list[str], *, replay: bool) -> Walk:
    launch = Launch(path, None, run, False, replay=replay)
    app = Seen(launch, study)
    walk = Walk(app, doors)
    app.run(size=SIZE, auto_pilot=walk, mouse=False)
    assert app.failure is None, app.failure
    return walk


@pytest.fixture
def harmful(tmp_path: Path) -> Study:
    hostile.library(tmp_path)
    return hostile.study(3)


@pytest.mark.parametrize("replay", [False, True], ids=["studied", "replayed"])
def test_no_text_commands_the_terminal(
    path: Path, db: Database, harmful: Study, replay: bool
) -> None:
    run = hostile.decided_run(db, harmful, rest=not replay)
    doors = [door for door in DOORS if (door in REPLAYED) is replay and door != "live"]
    walk = walked(path, harmful, run, doors, replay=replay)
    assert set(walk.sent) == set(doors)
    for door, sent in walk.sent.items():
        found = hostile.commands_in(sent, moves=True, ends="\n\r")
        assert not found, (door, found)
        assert len(sent) > 200, door
    assert "\ufffd" in walk.sent[doors[0]]


def test_the_question_about_code_commands_nothing(path: Path, db: Database, harmful: Study) -> None:
    app = Seen(Launch(path, None, hostile.decided_run(db, harmful), False), harmful)
    sent: list[str] = []

    async def ask(pilot: Any) -> None:
        app.taken()
        await app.push_screen(TrustDialog(Code("decision-maker", hostile.TEXT, "5f2a" * 16), False))
        app.refresh(repaint=True, layout=True)
        await pilot.pause()
        sent.append(app.taken())
        app.exit()

    app.run(size=SIZE, auto_pilot=ask, mouse=False)
    assert app.failure is None, app.failure
    assert "5f2a5f2a" in sent[0] and "\ufffd" in sent[0]
    assert not hostile.commands_in(sent[0], moves=True, ends="\n\r")


def test_the_last_gate_takes_out_what_is_left_at_the_same_width() -> None:
    link = Style(link="http://evil.example", bold=True)
    bold = Style(bold=True)
    line = [
        Segment("fine 医 👩‍⚕️", bold),
        Segment(hostile.TEXT, link),
        Segment("x", link),
    ]
    clean = Clean().apply(line, Color(0, 0, 0))
    assert clean[0] is line[0]
    assert sum(segment.cell_length for segment in clean) == sum(s.cell_length for s in line)
    assert not hostile.commands_in("".join(segment.text for segment in clean), ends="")
    assert all(segment.style is None or not segment.style.link for segment in clean)
    assert clean[1].style is not None and clean[1].style.bold
    fine = [line[0]]
    assert Clean().apply(fine, Color(0, 0, 0)) is fine
