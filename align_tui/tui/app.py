"""Opening the screen: what was launched becomes an application, and its end an exit status."""

from __future__ import annotations

import gc
import sys
from typing import TYPE_CHECKING

from align_tui.tui.launch import Launch

if TYPE_CHECKING:
    from align_tui.config.study import Study


def _study(launch: Launch) -> Study:
    if launch.run is None:
        if launch.study is None:
            raise ValueError("neither a study nor a run to show")
        return launch.study
    from align_tui.store.database import open_database
    from align_tui.store.runs import load_study

    db = open_database(launch.database, create=False)
    try:
        return load_study(db, launch.run)
    finally:
        db.close()


def run(launch: Launch) -> int:
    """Open the screen and stay until it is left; the exit status. Raises AlignError at once."""
    study = _study(launch)
    # Nothing that is made before the first frame is garbage; looking for some costs a tenth of it.
    # The screen turns the collector on again when the frame is out.
    gc.disable()
    try:
        from align_tui.tui.application import AlignApp

        app = AlignApp(launch, study)
        parting = app.run()
    finally:
        gc.enable()
    if app.failure is not None and not launch.debug:
        kind = type(app.failure).__name__
        print(f"The screen failed ({kind}: {app.failure}).", file=sys.stderr)
        print("Nothing decided is lost. --debug shows where.", file=sys.stderr)
    said = parting.farewell() if parting is not None else ""
    if said:
        print(said, file=sys.stderr)
    return 1 if app.failure is not None else int(app.return_code or 0)
