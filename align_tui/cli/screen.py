"""Open the explorer, the list of runs or a replay on the screen; record or print a replay."""

from __future__ import annotations

import os
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from align_tui.cli.option_values import database_path, versions
from align_tui.config.first_start import is_greeted
from align_tui.core.errors import ConfigError, NoTerminal
from align_tui.output.terminal import say, say_json
from align_tui.tui.launch import Launch

if TYPE_CHECKING:
    from align_tui.config.options import Options
    from align_tui.config.study import Study
    from align_tui.tui.launch import Reader

MOST_CELLS = 500  # the largest width and height of a recording


def _needs_terminal() -> None:
    if os.environ.get("TEXTUAL_DRIVER"):
        return  # no terminal needed: `align-tui serve` draws the screen in a browser
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise NoTerminal(
            "The explorer needs a terminal for its input and output",
            "Without a terminal, use align-tui run or align-tui replay --json.",
        )


def open_explorer(
    options: Options,
    run: str | None,
    db: Path | None,
    *,
    trust: bool = False,
    low_bandwidth: bool = False,
) -> int:
    """Open the study, or the run `run`, on the screen; return the exit status."""
    _needs_terminal()
    if run is not None and not options.is_demo:
        raise ConfigError(
            "--run opens a run as it is", "Leave out the study, the profiles and other options."
        )
    is_demo = options.is_demo and run is None
    launch = Launch(
        database_path(db),
        None,
        run,
        autostart=is_demo,
        low_bandwidth=low_bandwidth,
        debug=_debug(),
        greets=is_demo and not is_greeted(),
    )

    def read() -> tuple[Launch, Study]:
        from align_tui.cli.trust import require_trust

        if run is not None:
            opened = _past(replace(launch, versions=versions()))
            if trust:
                require_trust(opened[1], trust=True)
            return opened
        from align_tui.studies.assemble import load_study

        study = load_study(options)
        if trust:
            require_trust(study, trust=True)  # else the screen asks before it runs the code
        made = replace(launch, study=study, versions=versions())
        return (_with_demo_run(made, study) if options.is_demo else made), study

    what = options.study.name if options.study is not None else ", ".join(options.scenarios)
    return _open(read, what if run is None else _named(run))


def open_browser(run: str | None, db: Path | None) -> int:
    """Open the list of runs with the given or the newest run behind it; return the exit status."""
    _needs_terminal()
    launch = Launch(
        database_path(db),
        None,
        run,
        autostart=False,
        browse=True,
        versions=versions(),
        debug=_debug(),
    )
    return _open(lambda: _past(launch), _named(run))


def open_replay(
    run: str | None, db: Path | None, *, speed: float, low_bandwidth: bool = False
) -> int:
    """Play a run on the screen; return the exit status."""
    _needs_terminal()
    launch = Launch(
        database_path(db),
        None,
        run,
        autostart=False,
        replay=True,
        speed=speed,
        low_bandwidth=low_bandwidth,
        debug=_debug(),
    )
    return _open(lambda: _past(launch), _named(run))


def record_replay(run: str | None, db: Path | None, out: Path, *, speed: float, size: str) -> int:
    """Record the replay of a run as an asciinema file; return the exit status."""
    from rich.progress import Progress

    from align_tui.output.tables import PlainConsole
    from align_tui.tui.asciicast import record
    from align_tui.tui.format.layout import MIN_HEIGHT, MIN_WIDTH

    columns, _, rows = size.lower().partition("x")
    if not (columns.isdecimal() and rows.isdecimal()):
        raise ConfigError(
            f"--size {size!r} is not a size", "Give columns and rows, such as 120x40."
        )
    width, height = int(columns), int(rows)
    if not (MIN_WIDTH <= width <= MOST_CELLS and MIN_HEIGHT <= height <= MOST_CELLS):
        raise ConfigError(
            f"A recording cannot have the size {size}",
            f"Give a size from {MIN_WIDTH}x{MIN_HEIGHT} to {MOST_CELLS}x{MOST_CELLS}.",
        )
    asked = Launch(
        database_path(db), None, run, autostart=False, replay=True, speed=speed, debug=_debug()
    )
    launch, study = _past(asked)
    # The application replaces sys.stderr while it runs; sys.__stderr__ is still the terminal.
    quiet = not sys.stderr.isatty()
    with Progress(
        console=PlainConsole(file=sys.__stderr__), transient=True, disable=quiet
    ) as progress:
        task = progress.add_task("recording", total=1.0)
        record(launch, study, out, (width, height), lambda at: progress.update(task, completed=at))
    say(str(out), error=True)
    return 0


def print_replay(run: str | None, db: Path | None) -> int:
    """Print the stored events of a run, one JSON object on each line; return the exit status."""
    from align_tui.output.events import stored_events
    from align_tui.store.database import open_database
    from align_tui.store.runs import resolve

    with closing(open_database(database_path(db), create=False)) as opened:
        for event in stored_events(opened, resolve(opened, run)):
            say_json(event)
    return 0


def _open(read: Reader, what: str) -> int:
    from align_tui.tui.app import run

    return run(read, what, traceback=_debug())


def _named(run: str | None) -> str:
    return f"run {run}" if run is not None else "the newest run"


def _with_demo_run(launch: Launch, study: Study) -> Launch:
    """The launch with the demo's run, if there is one; it continues unless somebody paused it."""
    from align_tui.store.database import open_database
    from align_tui.store.run_ids import demo_run
    from align_tui.store.runs import get_run

    if not launch.database.expanduser().exists():
        return launch
    with closing(open_database(launch.database)) as db:
        run = demo_run(db, study)
        row = get_run(db, run) if run is not None else None
    if row is None:
        return launch
    return replace(launch, run=row.id, autostart=row.state == "active" and not row.finished)


def _past(launch: Launch) -> tuple[Launch, Study]:
    """The launch with its stored run, and the run's study. Raises StoreError if there is none."""
    from align_tui.store.database import open_database
    from align_tui.store.runs import load_study, resolve

    with closing(open_database(launch.database, create=False)) as db:
        run = resolve(db, launch.run)
        study = load_study(db, run)
    return replace(launch, run=run, study=study), study


def _debug() -> bool:
    return bool(os.environ.get("ALIGN_TUI_DEBUG"))
