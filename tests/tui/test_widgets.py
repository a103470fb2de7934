"""What widgets spare the terminal: nothing is laid out, or painted again, that did not change."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from textual.app import App, ComposeResult
from textual.strip import Strip

from align_tui.store.database import Database
from align_tui.tui.feeds.feed import SLOW_S
from align_tui.tui.view.bars import thumb
from align_tui.tui.view.spans import Line
from align_tui.tui.widgets.lines import Lines
from align_tui.tui.widgets.prose import Prose
from tests.tui import fakes
from tests.tui.test_screen import opened, screen_of


class Counting(Lines):
    """Counts the lines it is asked to make."""

    made: list[int]

    def render_line(self, y: int) -> Strip:
        """Note which."""
        self.made.append(y)
        return super().render_line(y)


class Bare(App[None]):
    """One widget with a border."""

    CSS = "Lines { height: 7; border: round red; }"

    def __init__(self) -> None:
        super().__init__()
        self.lines = Counting()
        self.lines.made = []

    def compose(self) -> ComposeResult:
        """The widget."""
        yield self.lines


def line(text: str) -> Line:
    return ((text, "text"),)


async def test_only_lines_that_differ_are_made() -> None:
    app = Bare()
    async with app.run_test(size=(40, 12)) as pilot:
        app.lines.paint([line(f"row {y}") for y in range(5)])
        await pilot.pause()
        app.lines.made.clear()
        app.lines.paint([line("new" if y == 3 else f"row {y}") for y in range(5)])
        await pilot.pause()
        assert app.lines.made == [3]
        app.lines.made.clear()
        app.lines.paint([line("new")])
        await pilot.pause()
        assert app.lines.made == [0, 1, 2, 3, 4]


async def test_a_title_paints_no_line() -> None:
    app = Bare()
    async with app.run_test(size=(40, 12)) as pilot:
        app.lines.paint([line("row")])
        await pilot.pause()
        app.lines.made.clear()
        app.lines.entitle(line("above"), line("below"))
        await pilot.pause()
        rows = ["".join(s.text for s in strip) for strip in app.screen._compositor.render_strips()]
        assert "above" in rows[0] and "below" in rows[6]
        assert app.lines.made == []


async def test_streaming_lays_nothing_out(path: Path, db: Database, wait: Any) -> None:
    study = fakes.study(2)
    app = opened(path, study)
    async with app.run_test(size=(145, 40)) as pilot:
        screen = screen_of(app)
        await pilot.press("enter")
        await wait(pilot, lambda: screen.snapshot.counts.pending == 4)
        worker = fakes.FakeWorker(db, study)
        worker.beat()
        batch = worker.claim(4)
        for claimed in batch:
            worker.write(claimed, '{"reasoning": "so')
        prose = [pane.query_one(Prose) for pane in screen.panes]
        await wait(pilot, lambda: all(each.text == "so" for each in prose))
        layouts: list[object] = []
        screen.screen_layout_refresh_signal.subscribe(screen, layouts.append)
        for number in range(1, 6):
            for claimed in batch:
                worker.write(claimed, " much is written here" * 12, 0.1 * number)
            long = 2 + number * 12 * 21
            await wait(pilot, lambda long=long: all(len(each.text) == long for each in prose))
        assert all(each.max_scroll_y > 0 for each in prose)
        assert all(each.scroll_offset.y == each.max_scroll_y for each in prose)
        await pilot.press("j")
        await wait(pilot, lambda: screen.snapshot.scenario == 1)
        await pilot.pause()
        assert layouts == []


async def test_a_slow_line_is_painted_less_often(path: Path) -> None:
    app = opened(path, fakes.study(2), low_bandwidth=True)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert screen_of(app).work.feed.least_s == SLOW_S


def test_a_thumb_is_in_the_window_and_tells_the_ends_apart() -> None:
    assert thumb(0, 10, 10) == thumb(0, 0, 5) == range(0)
    for total in (11, 25, 400, 100_000):
        for top in range(0, total - 9, max(1, total // 50)):
            marked = thumb(top, 10, total)
            assert 0 <= marked.start < marked.stop <= 10
        assert thumb(0, 10, total).start == 0 and thumb(total - 10, 10, total).stop == 10
