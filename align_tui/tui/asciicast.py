"""Write a replay as an asciinema recording (version 2): the screen's output on a virtual clock.

The format: https://docs.asciinema.org/manual/asciicast/v2/. The first line is an object that gives
the size. Every other line is `[seconds, code, data]`; the code is `o` for output, `m` for a marker.
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

FRAME_S = 0.1  # recorded time from one frame to the next
REST_S = 2.0  # how long the recording shows the end
OPENING, CURSOR_OFF = "\x1b[?1049h", "\x1b[?25l"
Write = Callable[[str], None]


def header(size: tuple[int, int], title: str, now: float) -> str:
    """The first line of a recording; `size` is (columns, rows)."""
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
    """A later line of a recording."""
    return json.dumps([round(second, 3), code, data], ensure_ascii=False)


class RecordingDriver(HeadlessDriver):
    """A terminal of a fixed size that keeps the output and shows it to nobody."""

    sent: list[str]

    @property
    def is_headless(self) -> bool:
        """False, so that Textual paints on it."""
        return False

    def write(self, data: str) -> None:
        """Keep the output."""
        self.__dict__.setdefault("sent", []).append(data)


class RecordedApp(AlignApp):
    """The application on a recording driver, in true colour."""

    def __init__(self, launch: Launch, study: Study) -> None:
        super().__init__(launch, study, UNICODE)
        self.console = Console(
            color_system="truecolor",
            force_terminal=True,
            legacy_windows=False,
            file=self.console.file,
        )
        self.recorded = RecordedScreen(launch, study, UNICODE)

    def get_driver_class(self) -> type[Driver]:
        """The recording driver."""
        return RecordingDriver

    @on(events.Mount)
    def show_recorded(self, event: events.Mount) -> None:
        """Show the screen that is turned by hand in place of the one that plays by itself."""
        event.prevent_default()
        self.push_screen(self.recorded)

    def take(self) -> str:
        """The output since the last call."""
        assert isinstance(self._driver, RecordingDriver)
        sent = self._driver.__dict__.pop("sent", [])
        return "".join(sent).replace("\n", "\r\n")  # as a terminal's line discipline does


class Recorder:
    """Plays a run frame by frame and writes each frame as soon as it is painted.

    No user waits for this screen, so its event loop may read the database.
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
            self.app.recorded.deliver,
            launch.speed,
            now=lambda: self._second,
        )
        self._marked: int | None = None

    async def play(self, pilot: Pilot[object]) -> None:
        """Record from the start to the end, and the last frame once more."""
        await pilot.pause()
        self._write(line(0.0, "o", OPENING + CURSOR_OFF + self.app.take()))
        while await self._frame(pilot) or not self.frames:
            self._second += FRAME_S
        await pilot.pause()
        await self._frame(pilot)
        self._write(line(self._second + REST_S, "o", CURSOR_OFF))
        self.app.exit()

    async def _frame(self, pilot: Pilot[object]) -> bool:
        """Paint and write the frame of this moment; True if there are more to come."""
        snapshot = self._feed.tick(self._db)
        assert snapshot is not None and snapshot.transport is not None
        self._mark(snapshot.scenario)
        self.app.recorded.deliver(snapshot)
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
    """Write the replay of the launched run to `path`; `size` is (columns, rows).

    Afterwards `path` holds its old content or the whole recording. `tell` is called with the share
    of the run that is written, from 0 to 1. Raises StoreError, OutputError.
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
