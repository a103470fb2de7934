"""Renew the README's pictures: real screens of the demo study, decided by the demo model.

python tools/screenshot.py            # writes docs/screenshot*.svg
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

REPO = Path(__file__).resolve().parent.parent
SIZE = (145, 40)
# Each file, with the keys that lead to its screen from the study's.
PICTURES: dict[str, Sequence[str]] = {
    "screenshot.svg": (),
    "screenshot-compare.svg": ("3", "c", "n"),
    "screenshot-runs.svg": ("r",),
}


async def picture(database: Path, run: str, keys: Sequence[str]) -> str:
    """The screen's SVG, after it painted everything that the keys ask for."""
    from align_tui.store.database import open_database
    from align_tui.store.runs import load_study
    from align_tui.tui.application import AlignApp
    from align_tui.tui.launch import Launch

    study = load_study(open_database(database), run)
    app = AlignApp(Launch(database, None, run, autostart=False), study)
    async with app.run_test(size=SIZE) as pilot:
        # A finished run does not change; a few seconds are enough for every screen.
        await pilot.pause(4.0)
        for key in keys:
            await pilot.press(key)
            await pilot.pause(2.0)
        return app.export_screenshot(title="align-tui")


def decide(database: Path) -> list[str]:
    """Run the demo study twice, the second time at a higher temperature; the runs' ids."""
    environment = {**os.environ, "ALIGN_TUI_DB": str(database), "ALIGN_TUI_IDLE_EXIT": "1"}
    runs = []
    for more in ((), ("--set", "decoding.temperature=0.7", "-p", "baseline", "--limit", "20")):
        done = subprocess.run(
            [sys.executable, "-m", "align_tui", "run", *more, "--json"],
            check=True, capture_output=True, text=True, env=environment,
        )  # fmt: skip
        runs.append(str(json.loads(done.stdout.splitlines()[0])["run"]))
    return runs


def main() -> None:
    """Decide the studies, open each screen, and write its picture."""
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "runs.db"
        first, _ = decide(database)
        for name, keys in PICTURES.items():
            svg = asyncio.run(picture(database, first, keys))
            (REPO / "docs" / name).write_text(svg, encoding="utf-8")


if __name__ == "__main__":
    main()
