"""Opening the explorer and the replay."""

from __future__ import annotations

import json
import os
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from align_tui.cli.options import database_path, versions
from align_tui.core.errors import ConfigError
from align_tui.tui.launch import Launch

if TYPE_CHECKING:
    from align_tui.config.options import Options
    from align_tui.config.study import Study


def _needs_terminal() -> None:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise ConfigError(
            "The explorer needs a terminal, and this is none",
            "Without a screen: align-tui run, or align-tui replay --json",
        )


def open_explorer(options: Options, run: str | None, db: Path | None) -> int:
    """Open the study (or the run `run`) on the screen; the exit status."""
    _needs_terminal()
    if run is not None and not options.is_demo:
        raise ConfigError("--run opens a run as it is; it takes no profiles or scenarios")
    from align_tui.tui.app import run as run_app

    def read() -> tuple[Launch, Study]:
        path = database_path(db)
        if run is not None:
            return _past(path, run)
        from align_tui.studies import load_study

        study = load_study(options)
        return (
            Launch(path, study, None, options.is_demo, versions=versions(), debug=_debug()),
            study,
        )

    return run_app(read, traceback=_debug())


def open_replay(run: str | None, db: Path | None, *, speed: float, as_json: bool) -> int:
    """Play a run on the screen, or print its stored events."""
    path = database_path(db)
    if as_json:
        from align_tui.output.events import stored_events
        from align_tui.store.database import open_database
        from align_tui.store.runs import resolve

        with closing(open_database(path, create=False)) as opened:
            for event in stored_events(opened, resolve(opened, run)):
                print(json.dumps(event, ensure_ascii=False), flush=True)
        return 0
    _needs_terminal()
    from align_tui.tui.app import run as run_app

    return run_app(lambda: _past(path, run, replay=True, speed=speed), traceback=_debug())


def _past(
    path: Path, name: str | None, *, replay: bool = False, speed: float = 1.0
) -> tuple[Launch, Study]:
    """A run to go on with, or to replay; raises StoreError when there is none of that name."""
    from align_tui.store.database import open_database
    from align_tui.store.runs import load_study, resolve

    with closing(open_database(path, create=False)) as db:
        run = resolve(db, name)
        study = load_study(db, run)
    launch = Launch(
        path,
        study,
        run,
        autostart=False,
        replay=replay,
        speed=speed,
        versions={} if replay else versions(),
        debug=_debug(),
    )
    return launch, study


def _debug() -> bool:
    return bool(os.environ.get("ALIGN_TUI_DEBUG"))
