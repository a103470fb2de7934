"""Findings on the study's screen: the mark in the top line, and the list behind a key."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from align_tui.core.findings.base import Finding
from align_tui.monitor.snapshot import Snapshot
from align_tui.store import launch as store_launch
from align_tui.tui.dialogs.help import MessageDialog
from align_tui.tui.format.findings import findings_text
from align_tui.tui.format.glyphs import UNICODE
from align_tui.tui.format.status import StatusView, status_line
from align_tui.tui.format.styled_text import text_of
from align_tui.tui.screens.study.screen import StudyScreen
from tests.tui.key_names import STUDY
from tests.tui.test_screen import opened, screen_of, words

DOUBT = Finding("target_ignored", "warning", ("a",), "They\nare \x1b[31mequal.", "Read on.")


def test_the_top_line_counts_findings_with_the_key_that_lists_them() -> None:
    view = StatusView("study", 4, False, False, False, STUDY)
    for width in (80, 120):
        line = text_of(status_line(view, Snapshot(run="r", findings=(DOUBT,) * 2), width, UNICODE))
        assert "2 findings: w" in line
    assert "finding" not in text_of(status_line(view, Snapshot(run="r"), 80, UNICODE))


def test_the_text_is_safe_and_says_when_there_is_nothing() -> None:
    text = findings_text((DOUBT,))
    assert "WARNING  target ignored" in text and "What to do: Read on." in text
    assert "They are" in text and "\x1b" not in text
    assert "Looked for: target ignored" in findings_text(())


async def test_a_key_opens_the_findings(
    path: Path, finished: tuple[str, Any], wait: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_launch, "ensure_worker", lambda db: None)
    run, study = finished
    app = opened(path, study, run)
    async with app.run_test(size=(80, 24)) as pilot:
        await wait(pilot, lambda: screen_of(app).snapshot.findings)
        await wait(pilot, lambda: "findings: w" in words(app).splitlines()[0])
        await pilot.press("w")
        await wait(pilot, lambda: isinstance(app.screen, MessageDialog))
        await wait(pilot, lambda: "1 of 6 samples of moral-desert-high" in words(app))
        await pilot.press("escape")
        await wait(pilot, lambda: isinstance(app.screen, StudyScreen))
