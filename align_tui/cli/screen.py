"""Opening the explorer and the replay."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from align_tui.cli.options import database_path, versions
from align_tui.core.errors import ConfigError
from align_tui.studies import Options, load_study

MOST_CELLS = 500  # of a recording, each way


def _needs_terminal() -> None:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise ConfigError(
            "The explorer needs a terminal, and this is none",
            "Without a screen: align-tui run, or align-tui replay --json",
        )


def open_explorer(options: Options, run: str | None, db: Path | None) -> int:
    """Open the study (or the run `run`) on the screen; the exit status."""
    from align_tui.tui.launch import Launch

    _needs_terminal()
    path = database_path(db)
    if run is not None:
        if not options.is_demo:
            raise ConfigError("--run opens a run as it is; it takes no profiles or scenarios")
        run = _find(path, run)
        launch = Launch(path, None, run, autostart=False, versions=versions(), debug=_debug())
    else:
        launch = Launch(
            path,
            load_study(options),
            None,
            autostart=options.is_demo,
            versions=versions(),
            debug=_debug(),
        )
    from align_tui.tui.app import run as run_app

    return run_app(launch)


def open_browser(run: str | None, db: Path | None) -> int:
    """Open the list of runs, over the run that is named or the newest."""
    path = database_path(db)
    found = _find(path, run)
    _needs_terminal()
    from align_tui.tui.app import run as run_app
    from align_tui.tui.launch import Launch

    return run_app(
        Launch(path, None, found, autostart=False, browse=True, versions=versions(), debug=_debug())
    )


def open_replay(run: str | None, db: Path | None, *, speed: float, as_json: bool) -> int:
    """Play a run on the screen, or print its stored events."""
    path = database_path(db)
    found = _find(path, run)
    if as_json:
        from align_tui.output.events import stored_events
        from align_tui.store.database import open_database

        for event in stored_events(open_database(path, create=False), found):
            print(json.dumps(event, ensure_ascii=False), flush=True)
        return 0
    _needs_terminal()
    from align_tui.tui.app import run as run_app
    from align_tui.tui.launch import Launch

    return run_app(
        Launch(path, None, found, autostart=False, replay=True, speed=speed, debug=_debug())
    )


def record_replay(run: str | None, db: Path | None, out: Path, *, speed: float, size: str) -> int:
    """Write the replay of a run as an asciinema recording; the exit status."""
    from rich.console import Console
    from rich.progress import Progress

    from align_tui.store.database import open_database
    from align_tui.store.runs import load_study
    from align_tui.tui.cast import record
    from align_tui.tui.launch import Launch
    from align_tui.tui.view.layout import MIN_HEIGHT, MIN_WIDTH

    columns, _, rows = size.lower().partition("x")
    if not (columns.isdecimal() and rows.isdecimal()):
        raise ConfigError(f"--size {size!r} is no size", "Columns and rows, such as 120x40.")
    width, height = int(columns), int(rows)
    if not (MIN_WIDTH <= width <= MOST_CELLS and MIN_HEIGHT <= height <= MOST_CELLS):
        raise ConfigError(
            f"--size {size} is no size for this screen",
            f"From {MIN_WIDTH}x{MIN_HEIGHT} to {MOST_CELLS}x{MOST_CELLS}.",
        )
    path = database_path(db)
    found = _find(path, run)
    opened = open_database(path, create=False)
    try:
        study = load_study(opened, found)
    finally:
        opened.close()
    launch = Launch(path, study, found, autostart=False, replay=True, speed=speed, debug=_debug())
    # The application takes over sys.stderr while it runs; the terminal's own is left to us.
    quiet = not sys.stderr.isatty()
    with Progress(console=Console(file=sys.__stderr__), transient=True, disable=quiet) as progress:
        task = progress.add_task("recording", total=1.0)
        record(launch, study, out, (width, height), lambda at: progress.update(task, completed=at))
    print(out, file=sys.stderr)
    return 0


def _find(path: Path, run: str | None) -> str:
    from align_tui.store.database import open_database
    from align_tui.store.runs import resolve

    db = open_database(path, create=False)
    try:
        return resolve(db, run)
    finally:
        db.close()


def _debug() -> bool:
    return bool(os.environ.get("ALIGN_TUI_DEBUG"))
