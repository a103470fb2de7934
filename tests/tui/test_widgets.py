"""The widgets neither lay out nor paint again what did not change."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar, Self

from textual.app import App, ComposeResult
from textual.geometry import Region
from textual.strip import Strip

from align_tui.monitor.feeds.feed import SLOW_S
from align_tui.store.database import Database
from align_tui.tui.format.bars import thumb
from align_tui.tui.format.styled_text import Line
from align_tui.tui.theme import STYLES
from align_tui.tui.widgets.lines import Lines
from align_tui.tui.widgets.prose import Prose
from tests.tui import fakes
from tests.tui.test_screen import opened, screen_of


class Counting(Lines):
    """Counts the lines that it makes."""

    made: list[int]

    def render_line(self, y: int) -> Strip:
        """Note which ones."""
        self.made.append(y)
        return super().render_line(y)


class Written(Prose):
    """Counts the rows that it paints over their whole width."""

    made: ClassVar[list[int]] = []

    def refresh(self, *regions: Region, **more: Any) -> Self:
        """Note which ones."""
        for region in regions or (self.size.region,):
            if region.width == self.size.width:
                self.made.extend(range(region.y, region.bottom))
        return super().refresh(*regions, **more)


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


class Streaming(App[None]):
    """One text."""

    CSS = "Prose { height: 5; }"

    def __init__(self) -> None:
        super().__init__()
        Written.made = []
        self.prose = Written()

    def compose(self) -> ComposeResult:
        """The widget."""
        yield self.prose


async def test_a_text_that_scrolls_is_painted_whole_and_one_that_grows_at_its_end() -> None:
    app = Streaming()
    async with app.run_test(size=(20, 8)) as pilot:
        text = "one\ntwo\nthree"
        app.prose.show(text, 1, "_")
        await pilot.pause()
        for more, rows in (("!", {2}), ("\nfour", {2, 3}), ("\nfive", {3, 4}), ("\nsix", set())):
            app.prose.made.clear()
            text += more
            app.prose.show(text, 1, "_")
            await pilot.pause()
            assert set(app.prose.made) == (rows or set(range(5))), more


async def test_only_what_is_loud_is_painted_so() -> None:
    app = Streaming()
    async with app.run_test(size=(20, 8)) as pilot:

        def colours() -> list[str]:
            found = [next(iter(app.prose.render_line(y))).style for y in range(3)]
            return [str(style).split()[0] for style in found]

        app.prose.show("thought\nreasoned", 1, "_", "", range(8, 16))
        await pilot.pause()
        quiet, loud, _ = colours()
        assert quiet == STYLES["quiet"] != loud
        app.prose.made.clear()
        app.prose.show("thought\nreasoned\nnoted", 1, "", "", range(8, 16))
        await pilot.pause()
        assert colours() == [quiet, loud, quiet] and 0 not in app.prose.made
        app.prose.show("thought\nreasoned\nnoted", 1, "", "", range(0, 22))
        await pilot.pause()
        assert colours() == [loud] * 3


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
        prose = [pane.query_one(Prose) for pane in screen.widgets.panes]
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
        assert screen_of(app).session.feed.least_s == SLOW_S


def test_a_thumb_is_in_the_window_and_tells_the_ends_apart() -> None:
    assert thumb(0, 10, 10) == thumb(0, 0, 5) == range(0)
    for total in (11, 25, 400, 100_000):
        for top in range(0, total - 9, max(1, total // 50)):
            marked = thumb(top, 10, total)
            assert 0 <= marked.start < marked.stop <= 10
        assert thumb(0, 10, total).start == 0 and thumb(total - 10, 10, total).stop == 10
