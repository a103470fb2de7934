"""Six screens, sign by sign and style by style, as files that a review can read.

ALIGN_TUI_RENEW=1 pytest tests/tui/test_snapshots.py    # writes them anew; then read the diff
"""

from __future__ import annotations

import os
import re
import time
from pathlib import Path
from typing import Any

import pytest

from align_tui.config.study import Study
from align_tui.store import launch as store_launch
from align_tui.store.database import Database
from align_tui.tui import theme
from align_tui.tui.application import AlignApp
from align_tui.tui.launch import Launch
from tests.tui.storms import decided_run
from tests.tui import fakes

FOLDER = Path(__file__).parent / "snapshots"
RUN = "20250701-120000-demo"
STARTED = 1_751_371_200.0
# The size, the keys that lead there, and words that stand there once all is painted.
SCREENS: dict[str, tuple[tuple[int, int], tuple[str, ...], bool, str]] = {
    "main-80x24": ((80, 24), (), False, "stronger"),
    "main-120x40": ((120, 40), ("j",), False, "stronger"),
    "compare-120x40": ((120, 40), ("c", "n"), False, "McNemar"),
    "runs-100x30": ((100, 30), ("r",), False, "24/24"),
    "replay-100x30": ((100, 30), ("space", "end"), True, "24/24"),
    "inside-100x30": ((100, 30), ("i", "tab"), False, "prompt"),
}


def styled(app: AlignApp) -> str:
    """The screen's rows, and below each the runs of cells that have a style: `0-4 bold #fff on #000`."""
    lines = []
    _, height = app.size
    for strip in app.screen._compositor.render_strips()[:height]:
        lines.append("".join(segment.text for segment in strip).rstrip())
        at, runs = 0, []
        for segment in strip.simplify():
            end = at + segment.cell_length
            if segment.style and (segment.text.strip() or segment.style.bgcolor):
                runs.append(f"{at}-{end} {str(segment.style).partition(' link ')[0]}")
            at = end
        lines.append(f"    {'; '.join(runs)}")
    return "\n".join(lines) + "\n"
