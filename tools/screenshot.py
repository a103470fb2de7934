"""Renew the README's picture: the real screen, on the real demo study, decided by the real model.

python tools/screenshot.py            # writes docs/screenshot.svg
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

REPO = Path(__file__).resolve().parent.parent
SIZE = (145, 40)


async def picture(database: Path, run: str) -> str:
    """The screen's SVG once everything of the run is painted."""
    from align_tui.store.database import open_database
    from align_tui.store.runs import load_study
    from align_tui.tui.application import AlignApp
    from align_tui.tui.launch import Launch

    study = load_study(open_database(database), run)
    app = AlignApp(Launch(database, None, run, autostart=False), study)
    async with app.run_test(size=SIZE) as pilot:
        # Painted when the tallies stand still; at most a few seconds.
        for _ in range(60):
            await pilot.pause(0.1)
        return app.export_screenshot(title="align-tui")


def main() -> None:
    """Decide the demo study, open it, and write what the screen shows."""
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "runs.db"
        environment = {**os.environ, "ALIGN_TUI_DB": str(database), "ALIGN_TUI_IDLE_EXIT": "1"}
        done = subprocess.run(
            [sys.executable, "-m", "align_tui", "run", "--json"],
            check=True, capture_output=True, text=True, env=environment,
        )  # fmt: skip
        run = json.loads(done.stdout.splitlines()[0])["run"]
        svg = asyncio.run(picture(database, run))
    (REPO / "docs" / "screenshot.svg").write_text(svg, encoding="utf-8")


if __name__ == "__main__":
    main()
