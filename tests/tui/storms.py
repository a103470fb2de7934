"""Storms: seeded random keys, pastes, clicks and resizes on one screen, as fast as it takes them.

Keys come from the BINDINGS of whatever screen is on top, so that a key that is new is pressed too,
and from what a keyboard has besides. A screen that was left is opened again and the storm goes on.
"""

from __future__ import annotations

import asyncio
import random
import threading
import time
import traceback
from collections import deque
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual import events
from textual.errors import NoWidget
from textual.geometry import Size
from textual.keys import REPLACED_KEYS
from textual.pilot import OutOfBounds, Pilot

from align_tui.config.study import Study
from align_tui.core.scenarios import Choice
from align_tui.store import runs
from align_tui.store.database import Database, open_database
from align_tui.tui.application import AlignApp
from align_tui.tui.keymap import Keymap, bound
from align_tui.tui.launch import Launch
from align_tui.tui.screens.requests import OpenRun
from align_tui.tui.screens.runs.screen import RunsScreen
from align_tui.tui.screens.study.screen import StudyScreen
from tests.tui import fakes

if TYPE_CHECKING:
    from collections.abc import Iterator

LARGEST, LONGEST_BURST, ENOUGH = (300, 100), 16, 12
LEAVING = ("q", "ctrl+c", "ctrl+q")
SPECIAL: list[str] = [
    *("up", "down", "left", "right", "home", "end", "pageup", "pagedown", "tab", "shift+tab"),
    *("enter", "escape", "space", "backspace", "delete", "insert", "alt+x", "ctrl+backslash"),
    *(f"ctrl+{key}" for key in "aekuwzxvsol@"),
    *(f"ctrl+{key}" for key in ("left", "right", "home", "end")),
    *(f"shift+{key}" for key in ("up", "down", "left", "right")),
    *(f"f{number}" for number in range(1, 13)),
]
PRINTABLE: list[str] = [*map(chr, range(32, 127)), *"äßø→✓医者نﷺह्🚑👩\u0301\u200d\u202e\u00ad"]
HOSTILE = (
    "[bold red]no markup[/] \x1b[2J\x1b]0;owned\x07 {{ 7*7 }} $(id) %s \u202eback\u202c \x00\r\n"
    "医師は患者を一人だけ治療できます。 👩‍⚕️ 🚑 Zażo\u0301łc\u0301 لا يستطيع الطبيب " + "x" * 300
)
DOORS: dict[str, tuple[str, tuple[str, ...]]] = {
    "study": ("StudyScreen", ()),
    "replay": ("ReplayScreen", ()),
    "inside": ("DecisionScreen", ("i",)),
    "help": ("HelpDialog", ("?",)),
    "compare": ("CompareScreen", ("c",)),
    "settings": ("MessageDialog", ("c", "s")),
    "runs": ("RunsScreen", ("r",)),
    "search": ("SearchDialog", ("/",)),
    "everywhere": ("SearchAllRunsDialog", ("r", "/")),
    "pick": ("PickDialog", ("r", "x")),
    "ask": ("InputDialog", ("r", "e")),
    "note": ("TextDialog", ("r", "w")),
    "sure": ("ConfirmDialog", ("r", "D", "T", "D")),
    "scenario": ("EditDialog", ("e",)),
    "profile": ("EditDialog", ("p",)),
    "reasoning": ("EditDialog", ("E",)),
    "steer": ("TargetDialog", ("v",)),
    "time": ("InputDialog", ("T",)),
    "palette": ("Palette", ("ctrl+p",)),
    "live": ("StudyScreen", ("a",)),
    "leave": ("LeaveDialog", ("q",)),
    "filter": ("FilterDialog", ("F",)),
    "save": ("SaveDialog", ("W",)),
    "add": ("AddColumnDialog", ("A",)),
}
Decisions = dict[tuple[Any, ...], tuple[Any, ...]]
REPLAYED = ("replay", "time")
WORKED = ("live", "leave")  # with a worker process that decides meanwhile


@dataclass(slots=True)
class Tally:
    """What a storm did and found."""

    screen: str
    seed: str
    keys: int = 0
    resizes: int = 0
    clicks: int = 0
    opened: int = 0
    missed: int = 0
    failures: list[str] = field(default_factory=list)


def hostile_study(count: int = 6) -> Study:
    """A study of four profiles in which every other scenario has hostile text."""
    study = fakes.study(count)
    scenarios = tuple(
        shown
        if number % 2
        else replace(
            shown,
            key=f"{HOSTILE[:60]}{number}",
            title=HOSTILE,
            text=HOSTILE * 3,
            choices=tuple(Choice(f"{c.text} {HOSTILE}", c.labels) for c in shown.choices),
        )
        for number, shown in enumerate(study.scenarios)
    )
    return replace(study, scenarios=scenarios)


def decided_run(db: Database, study: Study) -> str:
    """A run of the study in which everything is decided except one failure."""
    with db.write() as connection:  # what keys have queued meanwhile is nothing for this worker
        connection.execute("UPDATE runs SET state='paused'")
    run = runs.create_run(db, study, {})
    worker = fakes.FakeWorker(db, study)
    while batch := worker.claim(4):
        for claimed in batch:
            if (claimed.scenario, claimed.profile) == (2, 1):
                worker.fail(claimed, "truncated", f"cut {HOSTILE}")
            else:
                worker.finish(claimed, HOSTILE if claimed.scenario % 3 == 0 else None, took=0.3)
    from align_tui.store import workers

    workers.unregister(db, worker.id)
    return run


def where(error: Exception) -> str:
    """The error, with its frames in our code and the last frames in Textual."""
    frames = traceback.extract_tb(error.__traceback__)
    told = [f for f in frames if "/align_tui/" in f.filename or f in frames[-3:]]
    lines = [f"  {Path(f.filename).name}:{f.lineno} {f.name}: {f.line}" for f in told]
    return "\n".join([f"{type(error).__name__}: {error}", *lines])


def stands(app: AlignApp) -> bool:
    """True if the application has neither been left nor failed."""
    return app.is_running and not app._exit and app._exception is None


def as_key(key: str) -> events.Key:
    """The event of a key, as a terminal sends it."""
    if len(key) == 1:
        from textual.keys import _character_to_key

        return events.Key(_character_to_key(key), key)
    char = {"space": " ", "tab": "\t", "enter": "\r"}.get(key)
    return events.Key(REPLACED_KEYS.get(key, key), char)


class Storm:
    """One screen's storm: opens the app on `run` as often as the keys leave it."""

    def __init__(self, door: str, database: Path, study: Study, run: str, seed: str) -> None:
        self.door, self.database, self.study, self.run = door, database, study, run
        self.chance = random.Random(f"{seed} {door}")
        self.tally = Tally(door, seed)
        self.history: deque[str] = deque(maxlen=40)
        self._misses = 0

    async def blow(self, keys: int) -> Tally:
        """Press so many keys on the screen."""
        with self._other_threads():
            while self.tally.keys < keys and len(self.tally.failures) < ENOUGH:
                app = AlignApp(self._launch(), self.study)
                self.tally.opened += 1
                try:
                    async with app.run_test(size=(100, 30)) as pilot:
                        await self._on(app, pilot, keys)
                except Exception as error:
                    self._failed(where(error))
        return self.tally

    def _launch(self) -> Launch:
        return Launch(self.database, None, self.run, False, replay=self.door in REPLAYED)

    def _failed(self, what: str) -> None:
        self.tally.failures.append(f"{what}\nafter {' '.join(self.history)!r}")

    @contextmanager
    def _other_threads(self) -> Iterator[None]:
        before = threading.excepthook
        threading.excepthook = lambda told: self._failed(
            f"{told.thread}: {told.exc_type.__name__}: {told.exc_value}"
        )
        try:
            yield
        finally:
            threading.excepthook = before

    async def _on(self, app: AlignApp, pilot: Pilot[Any], keys: int) -> None:
        bursts = 0
        while stands(app) and self.tally.keys < keys:
            if not self._there(app) and not await self._go(app, pilot):
                continue
            bursts += 1
            for _ in range(self.chance.randint(1, LONGEST_BURST)):
                self._press(app, self._some_key(app))
            if self.chance.random() < 0.12:
                self._resize(app)
            if self.chance.random() < 0.04:
                await self._click(app, pilot)
            await self._taken(app)
            if bursts % 40 == 0 and stands(app):
                await pilot.pause()
                self._nothing_spills(app)
        end = time.monotonic() + 5.0
        while app.is_running and app._exit and time.monotonic() < end:
            await asyncio.sleep(0.01)  # it ends by itself, as without a pilot
        if stands(app):
            await pilot.pause()  # what was pressed last is dealt with before the app is closed

    def _there(self, app: AlignApp) -> bool:
        return any(type(screen).__name__ == DOORS[self.door][0] for screen in app.screen_stack)

    def _uncovered(self, app: AlignApp) -> None:
        """Close everything above the lowest screen."""
        while len(app.screen_stack) > 2:
            app.pop_screen()

    def _arrived(self, app: AlignApp) -> bool:
        """True if the lowest screen has received the decisions."""
        screen = app.screen
        return isinstance(screen, StudyScreen) and bool(screen.snapshot.panes)

    async def _listed(self, app: AlignApp, pilot: Pilot[Any]) -> None:
        """Until the list of runs, if it is open, has been read: its keys need a run.

        An empty list that stays empty for a moment is empty: the keys deleted all runs.
        """
        began = time.monotonic()
        while stands(app) and (waited := time.monotonic() - began) < 5.0:
            screen = app.screen
            if not isinstance(screen, RunsScreen) or screen.state.shown:
                return
            if screen.state.lines is not None and waited > 0.4:
                return
            await pilot.pause(0.02)

    async def _go(self, app: AlignApp, pilot: Pilot[Any]) -> bool:
        """Open the screen from the lowest one; True when it is open."""
        self._uncovered(app)
        base = app.screen
        if isinstance(base, StudyScreen) and base.session.run != self.run:
            app.open_run(OpenRun(self.run, self.study, replay=self.door in REPLAYED))
        await pilot.resize_terminal(100, 30)
        end = time.monotonic() + 5.0
        while stands(app) and not self._arrived(app) and time.monotonic() < end:
            await pilot.pause(0.02)
            self._uncovered(app)  # what a key before has asked for may open only now
        for key in DOORS[self.door][1]:
            self._press(app, key)
            await self._taken(app)
            await pilot.pause(0.05)
            await self._listed(app, pilot)
        end = time.monotonic() + 1.0
        while stands(app) and not self._there(app) and time.monotonic() < end:
            await pilot.pause(0.02)
        if self._there(app):
            self._misses = 0
            return True
        # The keys may have deleted the run, or led to one in which there is nothing to look into.
        self.tally.missed += 1
        self._misses += 1
        assert self._misses < 5, f"{self.door} does not open any more"
        with closing(open_database(self.database)) as db:
            if self.door in WORKED:
                self.run = runs.create_run(db, self.study, {})
            else:
                self.run = decided_run(db, self.study)
        app.exit()
        return False

    def _press(self, app: AlignApp, key: str) -> None:
        self.history.append(key)
        event = as_key(key)
        event.set_sender(app)
        app.post_message(event)
        self.tally.keys += self._there(app)

    def _some_key(self, app: AlignApp) -> str:
        dice = self.chance.random()
        if dice < 0.004:
            return self.chance.choice(LEAVING)
        own: list[str] = [key for key in bound(type(app.screen), Keymap()) if key not in LEAVING]
        # The few keys of a form all leave it.
        if own and dice < (0.70 if len(own) > 7 else 0.20):
            return str(self.chance.choice(own))
        if dice < 0.85:
            return self.chance.choice(PRINTABLE)
        return self.chance.choice(SPECIAL)

    def _resize(self, app: AlignApp) -> None:
        """Send one or several resizes: dragging a window's edge sends many."""
        for _ in range(self.chance.choice((1, 1, 1, 4, 12))):
            self.tally.resizes += 1
            # Mostly small, where layouts break; a large screen takes ten times as long to paint.
            size = Size(*(1 + int((most - 1) * self.chance.random() ** 2) for most in LARGEST))
            self.history.append(f"{size.width}x{size.height}")
            if app._driver is not None:
                app._driver._size = size.width, size.height
            app.post_message(events.Resize(size, size))

    async def _click(self, app: AlignApp, pilot: Pilot[Any]) -> None:
        if self.chance.random() < 0.3:
            app.post_message(events.Paste(HOSTILE[: self.chance.randint(1, 200)]))
        width, height = app.size
        at = (self.chance.randrange(max(1, width)), self.chance.randrange(max(1, height)))
        self.tally.clicks += 1
        self.history.append(f"click{at}")
        with suppress(NoWidget, OutOfBounds):  # the terminal has become smaller meanwhile
            await pilot.click(offset=at, times=self.chance.choice((1, 1, 2)))

    async def _taken(self, app: AlignApp) -> None:
        """Wait until every pending message is handled.

        The limit is in this process's own time, because a loaded machine may give it little. One
        that waits without working has as long by the clock as six such limits.
        """
        end, last = time.process_time() + 20.0, time.monotonic() + 120.0
        while stands(app):
            await asyncio.sleep(0)
            if app.keys_settled and not (app.message_queue_size or app.screen.message_queue_size):
                return
            working = time.process_time() < end and time.monotonic() < last
            assert working, "it takes no more keys"

    def _nothing_spills(self, app: AlignApp) -> None:
        width, height = app.size
        strips = app.screen._compositor.render_strips()
        wrong = {strip.cell_length for strip in strips[:height]} - {width}
        assert not wrong, f"lines of {wrong} cells on a screen of {width}x{height}"


def faults_of(path: Path, before: Decisions) -> list[str]:
    """A sentence for each thing that is wrong with the database after a storm."""
    db = open_database(path)
    try:
        found = [str(row[0]) for row in db.read("PRAGMA integrity_check") if row[0] != "ok"]
        found += [f"a dangling row: {tuple(row)}" for row in db.read("PRAGMA foreign_key_check")]
        wrong = db.read(
            "SELECT s.id, s.status, count(r.seq) AS n FROM samples s "
            "LEFT JOIN results r ON r.sample=s.id GROUP BY s.id "
            "HAVING n != (s.status IN ('done', 'failed'))"
        )
        found += [f"sample {row['id']} is {row['status']}: {row['n']} results" for row in wrong]
        after = decisions(db)
        left = {str(row["id"]) for row in db.read("SELECT id FROM runs")}  # keys may delete a run
        found += [
            f"the decision {decision} changed"
            for decision, decided in before.items()
            if decision[0] in left and after.get(decision) != decided
        ]
        return found
    finally:
        db.close()


def decisions(db: Database) -> Decisions:
    """The decision on each sample, without failures, which may be tried again."""
    rows = db.read(
        "SELECT s.run, s.scenario, s.profile, s.repeat, r.seq, r.choice, r.choice_text, r.reasoning"
        " FROM results r JOIN samples s ON s.id=r.sample WHERE r.error_kind IS NULL"
    )
    return {tuple(row)[:4]: tuple(row)[4:] for row in rows}
