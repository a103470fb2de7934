"""A replay as an asciinema recording (version 2): what the real screen sends, on a virtual clock.

The format: https://docs.asciinema.org/manual/asciicast/v2/. The first line is an object that gives
the size; every other line is `[seconds, code, data]`, the code `o` for output and `m` for a marker.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from textual import events, on
from textual.driver import Driver
from textual.drivers.headless_driver import HeadlessDriver

from align_tui.core.text.display import one_line
from align_tui.files.write import as_utf8, writing
from align_tui.monitor.feeds.replay import ReplayFeed
from align_tui.tui.application import AlignApp
from align_tui.tui.format.glyphs import UNICODE
from align_tui.tui.screens.study.recorded import RecordedScreen

if TYPE_CHECKING:
    from textual.pilot import Pilot

    from align_tui.config.study import Study
    from align_tui.store.database import Database
    from align_tui.tui.launch import Launch

FRAME_S = 0.1  # of the recording, from one frame to the next
REST_S = 2.0  # how long the end is shown
OPENING, CURSOR_OFF = "\x1b[?1049h", "\x1b[?25l"
Write = Callable[[str], None]


def header(size: tuple[int, int], title: str, now: float) -> str:
    """The first line of a recording of that many columns and rows."""
    return json.dumps(
        {
            "version": 2,
            "width": size[0],
            "height": size[1],
            "timestamp": int(now),
            "title": one_line(title),
            "env": {"TERM": "xterm-256color"},
        },
        ensure_ascii=False,
    )


def line(second: float, code: str, data: str) -> str:
    """Another line of it."""
    return json.dumps([round(second, 3), code, data], ensure_ascii=False)


class RecordingDriver(HeadlessDriver):
    """A terminal of a fixed size with nobody before it: what is sent to it is kept."""

    sent: list[str]

    @property
    def is_headless(self) -> bool:
        """It is painted on, unlike Textual's own."""
        return False

    def write(self, data: str) -> None:
        """Keep it."""
        self.__dict__.setdefault("sent", []).append(data)


class RecordedApp(AlignApp):
    """The application with a tape for a terminal, in all its colours."""

    def __init__(self, launch: Launch, study: Study) -> None:
        super().__init__(launch, study, UNICODE)
        self.console = Console(
            color_system="truecolor",
            force_terminal=True,
            legacy_windows=False,
            file=self.console.file,
        )
        self.taped = RecordedScreen(launch, study, UNICODE)

    def get_driver_class(self) -> type[Driver]:
        """The tape."""
        return RecordingDriver

    @on(events.Mount)
    def tape(self, event: events.Mount) -> None:
        """The replay, in place of the screen that would run by itself."""
        event.prevent_default()
        self.push_screen(self.taped)

    def take(self) -> str:
        """What was sent to the terminal since the last time."""
        assert isinstance(self._driver, RecordingDriver)
        sent = self._driver.__dict__.pop("sent", [])
        return "".join(sent).replace("\n", "\r\n")  # as a terminal's line discipline has it


class Recorder:
    """Plays a run frame by frame and writes each as soon as it is painted.

    Nobody waits at this screen, so that the database is read in its event loop.
    """

    def __init__(
        self,
        launch: Launch,
        study: Study,
        db: Database,
        write: Write,
        tell: Callable[[float], None] = lambda share: None,
    ) -> None:
        assert launch.run is not None
        self.app = RecordedApp(launch, study)
        self._scenarios = study.scenarios
        self.frames = 0
        self._second = 0.0  # of the recording
        self._db, self._write, self._tell = db, write, tell
        self._feed = ReplayFeed(
            launch.database,
            study,
            launch.run,
            self.app.taped.deliver,
            launch.speed,
            now=lambda: self._second,
        )
        self._marked: int | None = None

    async def play(self, pilot: Pilot[object]) -> None:
        """From the start to the end, and the last frame once more at rest."""
        await pilot.pause()
        self._write(line(0.0, "o", OPENING + CURSOR_OFF + self.app.take()))
        while await self._frame(pilot) or not self.frames:
            self._second += FRAME_S
        await pilot.pause()
        await self._frame(pilot)
        self._write(line(self._second + REST_S, "o", CURSOR_OFF))
        self.app.exit()

    async def _frame(self, pilot: Pilot[object]) -> bool:
        """Paint what the moment shows; is there more to come?"""
        snapshot = self._feed.tick(self._db)
        assert snapshot is not None and snapshot.transport is not None
        self._mark(snapshot.scenario)
        self.app.taped.deliver(snapshot)
        await pilot.pause(0)
        await pilot.pause(0)
        self.frames += 1
        transport = snapshot.transport
        self._tell(transport.at / transport.length if transport.length else 1.0)
        sent = self.app.take()
        if sent:
            self._write(line(self._second, "o", sent))
        return transport.playing

    def _mark(self, scenario: int) -> None:
        if scenario != self._marked and self._scenarios:
            self._marked = scenario
            shown = self._scenarios[scenario]
            self._write(line(self._second, "m", one_line(shown.title or shown.key, 60)))


def record(
    launch: Launch,
    study: Study,
    path: Path,
    size: tuple[int, int],
    tell: Callable[[float], None] = lambda share: None,
) -> None:
    """Write the replay of the launched run to `path`, in `size` columns and rows.

    `path` holds either what it held or all of the recording. `tell` is called with how much of
    the run is written, from 0 to 1. Raises StoreError, OutputError.
    """
    from align_tui.store.database import open_database

    db = open_database(launch.database, create=False)
    try:
        with writing(path, devices=True) as file:

            def write(text: str) -> None:
                file.write(as_utf8(text + "\n"))

            write(header(size, study.name, time.time()))
            recorder = Recorder(launch, study, db, write, tell)
            recorder.app.run(size=size, auto_pilot=recorder.play, mouse=False)
            if recorder.app.failure is not None:
                raise recorder.app.failure.error
    finally:
        db.close()
