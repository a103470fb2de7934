"""All text is readable in each of the three themes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len
from textual.color import Color
from textual.screen import ModalScreen

from align_tui.config.study import Study
from align_tui.core.errors import ConfigError
from align_tui.tui import theme
from align_tui.tui.application import AlignApp
from align_tui.tui.launch import Launch
from align_tui.tui.screens.study.screen import StudyScreen
from tests.tui.test_replay_end import Cell, cells_of
from tests.tui.test_screen import words

DRAWN = "─│╭╮╰╯░█▌├┤┊●·▁▂▃▄▅▆▇▔▕▏▎▊ "  # edges and bars; blanks


@pytest.fixture(autouse=True)
def afterwards_as_before() -> Any:
    yield
    theme.use(theme.DEFAULT)


def contrast(one: str, other: str) -> float:
    """The contrast ratio of WCAG, from 1 to 21, computed independently of the theme's code."""

    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        red, green, blue = (
            p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts
        )
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("name", theme.COLOURS)
def test_every_style_on_every_ground(name: str) -> None:
    colours = theme.COLOURS[name]
    for style, said in theme.styles_of(colours).items():
        if not style or (style in ("faint", "thumb") and name != "high-contrast"):
            continue  # no text has these styles
        plain = said.removeprefix("bold ").removeprefix("underline ").removeprefix("reverse ")
        words = plain.split(" on ")
        for ground in words[1:] or (colours.background, colours.panel):
            assert contrast(words[0], ground) >= 4.5, (style, ground)


def test_a_theme_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    with pytest.raises(ConfigError, match="'lihgt'") as error:
        theme.use("lihgt")
    assert "light" in error.value.hint
    assert theme.styles_of(theme.COLOURS[theme.DEFAULT]) == theme.STYLES


def read_pairs(app: AlignApp) -> set[tuple[str, str, str]]:
    """(foreground, background, example) for all words on the screen."""
    pairs: dict[tuple[str, str], str] = {}
    over = isinstance(app.screen, ModalScreen)  # the screen below is dimmed
    boxes = [box.region for box in app.screen.query(".box, #--input, #--results")] if over else []
    for y, strip in enumerate(app.screen._compositor.render_strips()):
        x = 0
        for text, style, _ in strip:
            x += cell_len(text)
            if boxes and not any(box.contains(x - cell_len(text), y) for box in boxes):
                continue
            if style is None or style.color is None or style.bgcolor is None:
                continue
            if not text.strip(DRAWN):
                continue
            fore = Color.from_rich_color(style.color).hex6
            back = Color.from_rich_color(style.bgcolor).hex6
            pairs[(back, fore) if style.reverse else (fore, back)] = text
    return {(fore, back, text) for (fore, back), text in pairs.items()}


@pytest.mark.asyncio
@pytest.mark.parametrize("name", theme.COLOURS)
async def test_every_pair_on_the_screens(
    name: str, path: Path, finished: tuple[str, Study], wait: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The painted study, help, list of runs, question and palette."""
    monkeypatch.setenv("ALIGN_TUI_THEME", name)
    run, study = finished
    app = AlignApp(Launch(path, study, run, False), study)
    seen: set[tuple[str, str, str]] = set()
    async with app.run_test(size=(145, 40)) as pilot:
        screen = app.screen
        assert isinstance(screen, StudyScreen)
        await wait(pilot, lambda: screen.snapshot.counts.done and screen.snapshot.panes)
        for keys in ((), ("question_mark",), ("slash",), ("r",), ("c",), ("v",), ("colon",)):
            await pilot.press(*keys)
            await wait(pilot, lambda keys=keys: not keys or app.screen is not screen)
            await pilot.pause()
            seen |= read_pairs(app)
            if keys:
                await pilot.press("escape")
                await wait(pilot, lambda: app.screen is screen)
    assert len(seen) > 10
    poor = {pair for pair in seen if contrast(pair[0], pair[1]) < 4.5}
    assert not poor


@pytest.mark.asyncio
async def test_changed_while_it_runs_everything_is_as_if_started_so(
    path: Path, finished: tuple[str, Study], wait: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Changed by the palette; compared cell by cell, also on a screen below another."""
    run, study = finished

    async def settled(pilot: Any, app: AlignApp) -> list[list[Cell]]:
        before: list[list[Cell]] = []
        while (now := cells_of(app)) != before:
            before = now
            await pilot.pause(0.1)
        return now

    async def seen(pilot: Any, app: AlignApp) -> list[list[list[Cell]]]:
        """The study screen, and the screen over it."""
        found = [await settled(pilot, app)]
        await pilot.press("i")
        await wait(pilot, lambda: len(app.screen_stack) == 3)
        found.append(await settled(pilot, app))
        await pilot.press("escape")
        return found

    async def ready(pilot: Any, app: AlignApp) -> None:
        screen = app.screen
        assert isinstance(screen, StudyScreen)
        await wait(pilot, lambda: [p.result for p in screen.snapshot.panes[:1]] not in ([], [None]))
        await wait(pilot, lambda: screen.snapshot.findings)

    wanted = {}
    for name in ("light", "high-contrast"):
        monkeypatch.setenv("ALIGN_TUI_THEME", name)
        app = AlignApp(Launch(path, study, run, False), study)
        async with app.run_test(size=(120, 40)) as pilot:
            await ready(pilot, app)
            wanted[name] = await seen(pilot, app)
    monkeypatch.setenv("ALIGN_TUI_THEME", "dark")
    app = AlignApp(Launch(path, study, run, False), study)
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot, app)
        for name, there in wanted.items():
            await pilot.press("colon", *f"theme: {name}")
            await wait(pilot, lambda name=name: f"theme: {name}" in words(app))
            await pilot.press("enter")
            await wait(pilot, lambda name=name: app.theme == f"align-{name}")
            await wait(pilot, lambda: len(app.screen_stack) == 2)
            assert await seen(pilot, app) == there
