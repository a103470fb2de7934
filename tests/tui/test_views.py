"""Views of the overview by name: ours, and those of other packages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from align_tui.config.failure_log import screen_log
from align_tui.store.database import Database
from align_tui.tui.screens.study.views.registry import VIEWS
from tests.plugins import installed
from tests.tui.test_screen import opened, screen_of, words

SOURCE = """
from align_tui.tui.format.overview import Part
from align_tui.tui.screens.study.views.base import OverviewView


def part(data, width, rows):
    return Part(((("decided " + str(data.snapshot.counts.done), "text"),),))


def broken(data, width, rows):
    raise LookupError("a fault of the package")


# It calls itself as one of ours: the name that it is registered by counts.
COUNT = OverviewView("accuracy", lambda data, width, height: 1, part, lambda s: s.counts)
BROKEN = OverviewView("broken", lambda data, width, height: 1, broken)
"""


def test_ours_are_all_there_and_named_as_they_are_registered() -> None:
    assert {name: view.name for name, view in VIEWS.loaded()} == {name: name for name in VIEWS}


async def test_views_of_another_package_are_turned_to_and_may_fail(
    path: Path,
    db: Database,
    finished: tuple[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    wait: Any,
) -> None:
    run, study = finished
    points = {"align_tui.views": {"count": "view_plugin:COUNT", "broken": "view_plugin:BROKEN"}}
    with installed(tmp_path, monkeypatch, "view_plugin", SOURCE, points):
        VIEWS.refresh()
        app = opened(path, study, run)
        async with app.run_test(size=(145, 40)) as pilot:
            screen = screen_of(app)
            await wait(pilot, lambda: len(screen.session.views.all) == 7)
            await wait(pilot, lambda: screen.snapshot.counts.done > 0)
            await pilot.press("O")
            await wait(pilot, lambda: "count 7/7" in words(app))
            assert f"decided {screen.snapshot.counts.done}" in words(app)
            await pilot.press("O")
            await wait(pilot, lambda: "The view broken failed" in words(app))
            assert "a fault of the package" in screen_log().read_text()
            await pilot.press("o", "o")
            await wait(pilot, lambda: "accuracy 1/7" in words(app))
    VIEWS.refresh()
