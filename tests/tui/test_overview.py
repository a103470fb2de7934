"""The overview below the panes: its views at any size, and the keys that change them."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from align_tui.config.study import Study
from align_tui.core.stats.agreement import Agreement, agreement_of
from align_tui.core.stats.rates import make_rate
from align_tui.store import launch as store_launch
from align_tui.store import runs
from align_tui.store.database import Database
from align_tui.tui.application import AlignApp
from align_tui.tui.dialogs.help import help_text
from align_tui.tui.format import accuracy_over_time, agreement, by_attribute, overview, plot
from align_tui.tui.format.accuracy_over_time import AccuracyCurveRow
from align_tui.tui.format.accuracy_rows import AccuracyRow, accuracy_part
from align_tui.tui.format.by_attribute import AttributeRow
from align_tui.tui.format.glyphs import ASCII, UNICODE, Glyphs
from align_tui.tui.format.layout import plan
from align_tui.tui.format.overview import Part, Placed
from align_tui.tui.format.styled_text import cells, text_of
from align_tui.tui.launch import Launch
from align_tui.tui.screens.study.replay import ReplayScreen
from tests.tui import fakes
from tests.tui.test_replay import spread_out
from tests.tui.test_screen import opened, screen_of, words

RISING = tuple((n, n // 2, n // 2 / n) for n in range(1, 41))


def tally(number: int, focus: int = 0, **extra: Any) -> AccuracyRow:
    row = AccuracyRow(f"profile-{number}", " ▲", "", make_rate(3 + number % 4, 9), 0.5)
    return replace(row, focused=number == focus, **extra)


def agreed(same: int, pairs: int) -> Agreement:
    return agreement_of(make_rate(same, pairs), {2: pairs})


def matrix(size: int, pairs: int = 40) -> tuple[tuple[Agreement | None, ...], ...]:
    """Every two profiles agree on as many pairs as their numbers add up to."""
    return tuple(
        tuple(None if a == b else agreed(a + b, pairs + (a + b) % 2) for b in range(size))
        for a in range(size)
    )


def part_of(view: int, size: int, focus: int, width: int, height: int, glyphs: Glyphs) -> Part:
    rows = [tally(number, focus) for number in range(size)]
    if view == 0:
        return accuracy_part(rows, width, height, glyphs, discriminating=False)
    if view == 1:
        found = [AttributeRow("moral desert", " ▼", row) for row in rows]
        return by_attribute.attribute_part(found, width, height, glyphs, discriminating=True)
    if view == 2:
        went = [AccuracyCurveRow(row, RISING[: 10 + i]) for i, row in enumerate(rows)]
        return accuracy_over_time.over_time_part(went, width, height, glyphs, discriminating=True)
    names = [(row.name, row.sign) for row in rows]
    return agreement.agreement_part(matrix(size), names, focus, width, height, glyphs)


@pytest.mark.parametrize("glyphs", [UNICODE, ASCII], ids=["unicode", "ascii"])
@pytest.mark.parametrize("view", range(4))
def test_a_view_keeps_to_its_room_and_shows_whom_the_focus_is_on(view: int, glyphs: Glyphs) -> None:
    for size in (1, 2, 4, 16):
        for width, height in ((43, 1), (63, 2), (83, 15), (120, 10), (250, 4)):
            for focus in {0, size // 2, size - 1}:
                part = part_of(view, size, focus, width, height, glyphs)
                text = "\n".join(text_of(line) for line in part.lines)
                assert len(part.lines) <= height
                assert all(cells(line) <= width for line in part.lines)
                if view != 3 or size > 1:
                    assert f"profile-{focus}" in text or (width < 60 and "prof" in text)
                if glyphs.ascii:
                    assert text.replace("▲", "").replace("▼", "").isascii()
                if view < 3 and glyphs.more not in text:
                    named = sum(f"profile-{n} " in text.replace("\n", " ") for n in range(size))
                    assert part.hidden == size - named


def test_what_is_cut_of_a_matrix_is_reached_by_the_focus() -> None:
    met = set()
    for focus in range(16):
        part = part_of(3, 16, focus, 63, 6, UNICODE)
        lines = [text_of(line) for line in part.lines]
        assert part.hidden > 0
        mine = next(line for line in lines[1:] if line.split()[0] == str(focus + 1))
        ends = {int(m[0]) - 1: m.end() for m in re.finditer(r"\d+", lines[0])}
        heads = list(ends)
        assert heads[0] == focus and "·" in mine
        for other in heads[1:]:
            share = (focus + other) / (40 + (focus + other) % 2)
            assert mine[: ends[other]].endswith(f"{share:.2f}"[1:])
            met |= {frozenset((focus, other))}
    assert len(met) == 16 * 15 / 2
    wide = part_of(3, 16, 0, 250, 17, UNICODE)
    assert wide.hidden == 0 and "n behind each" in text_of(wide.caption)
    assert " .02 41 " in text_of(wide.lines[1]) and " .05 40 " in text_of(wide.lines[1])
    narrow = part_of(3, 16, 0, 120, 17, UNICODE)
    assert narrow.hidden == 0 and "n 40 to 41" in text_of(narrow.caption)
    [line] = part_of(3, 16, 3, 63, 1, UNICODE).lines
    assert text_of(line).startswith(" 4 profile-3 ▲  5 .17  6 .20")
    none = Agreement(0, 0)
    names = [("a", ""), ("b", "")]
    part = agreement.agreement_part(((None, none), (none, None)), names, 0, 80, 3, UNICODE)
    assert "no two profiles" in text_of(part.lines[0])


def test_the_focused_profiles_attributes_come_first_then_its_rivals() -> None:
    found = [
        AttributeRow("fairness", " ▲", tally(0, 3)),
        AttributeRow("fairness", " ▲", tally(1, 3)),
        AttributeRow("moral desert", " ▲", tally(0, 3)),
        AttributeRow("moral desert", " ▲", tally(3, 3)),
    ]
    part = by_attribute.attribute_part(found, 63, 2, UNICODE, discriminating=False)
    first, second = (text_of(line) for line in part.lines)
    assert "moral desert ▲  profile-3" in first and "moral desert ▲  profile-0" in second
    assert part.hidden == 2 and "on all scored" in text_of(part.caption)
    whole = by_attribute.attribute_part(found, 63, 4, UNICODE, discriminating=True)
    assert "fairness ▲      profile-0" in text_of(whole.lines[0]) and whole.hidden == 0
    assert "on the discriminating ones" in text_of(whole.caption)
    assert len({text_of(line).index("┊") for line in whole.lines}) == 1  # one scale


def test_accuracy_is_drawn_where_it_was_known() -> None:
    points = ((1, 1, 1.0), (2, 1, 0.5), (4, 3, 0.75))
    assert plot.sample(points, 4, 4) == [1.0, 0.5, 0.5, 0.75]
    assert plot.sample(points, 8, 8) == [1.0, 0.5, 0.5, 0.75, None, None, None, None]
    assert plot.sample(((3, 3, 1.0),), 3, 3) == [None, None, 1.0]  # thinned: not known before
    assert plot.sample((), 4, 2) == [None, None]
    assert text_of(plot.steps(points, 4, 4, UNICODE)) == "█▅▅▆"
    assert text_of(plot.steps(points, 4, 4, ASCII)) == "9447"
    for glyphs in (UNICODE, ASCII):
        rows = [
            text_of(row) for row in plot.curve(((1, 1, 1.0), (2, 2, 1.0)), 2, 10, 3, 0.0, glyphs)
        ]
        assert rows[0].strip() and not rows[1].strip() and rows[2] == glyphs.level * 10
        rows = [
            text_of(row)
            for row in plot.curve(
                ((1, 1, 1.0), (2, 1, 0.5), (3, 1, 0.333333)), 3, 9, 3, None, glyphs
            )
        ]
        assert all(row.strip() for row in rows[:2]) and not rows[0][-1].strip()
        jump = [
            text_of(row)
            for row in plot.curve(
                ((1, 0, 0.0), (2, 0, 0.0), (3, 1, 0.333333)), 3, 9, 3, 0.9, glyphs
            )
        ]
        assert len({len(row) for row in jump}) == 1 and glyphs.level in jump[0]


def test_plots_want_no_line_that_stays_empty() -> None:
    for width, size, most in ((120, 4, 10), (120, 16, 10), (250, 16, 15), (83, 4, 15), (63, 4, 2)):
        wanted = accuracy_over_time.lines_wanted(width, size, most)
        height = min(wanted, most)
        part = part_of(2, size, 0, width, height, UNICODE)
        assert len(part.lines) == height
        assert wanted <= most or part.hidden  # more only if rows must be left out


def test_titles_and_margins_say_which_view_it_is_and_what_is_cut() -> None:
    at = Placed("by attribute", 1, 5)
    part = Part(((("x", "text"),),), ((" · on all scored", "text"),), 3)
    assert text_of(overview.title(at, part, "o", 80, UNICODE)) == (
        "by attribute 2/5 · … 3 more · o next · on all scored"
    )
    assert cells(overview.title(at, part, "o", 20, UNICODE)) <= 20
    margin = [text_of(line) for line in overview.with_margin(at, part, 60, 2, UNICODE)]
    assert margin[0].startswith("x ") and margin[0].endswith(" by attribute 2/5 ")
    assert margin[1].endswith(" … 3 more ") and {cell_len(line) for line in margin} == {60}
    [one] = overview.with_margin(at, part, 60, 1, UNICODE)
    assert text_of(one).endswith("… 3 more ")
    sizes = overview.widths(250, 3)
    assert sum(sizes) + 2 * overview.GAP == 250
    lines = overview.join((part, Part(()), part), sizes, 4, UNICODE)
    assert len(lines) == 4 and text_of(lines[0]).count("x") == 2
    heads = [
        overview.title(Placed(name, 1, 5), part, "", size - 4, UNICODE)
        for name, size in zip(("accuracy", "by attribute", "over time"), sizes, strict=True)
    ]
    joined = text_of(overview.titles(heads, sizes, UNICODE))
    assert joined.index("by attribute") == sizes[0] + overview.GAP


def test_the_overview_takes_at_most_a_third_of_the_height() -> None:
    for height in range(15, 80):
        for profiles in (1, 4, 16):
            for width in (60, 80, 120, 250):
                layout = plan(width, height, profiles=profiles, scenarios=62, overview_wanted=99)
                edge = height >= overview.TITLED
                assert layout.overview_height + edge <= height / 3
                assert (layout.overview_height <= 2) if not edge else (layout.overview_height >= 5)


@pytest.fixture(autouse=True)
def no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start no process."""
    monkeypatch.setattr(store_launch, "ensure_worker", lambda db: None)


def block(app: AlignApp) -> str:
    """The text of the overview, with its title."""
    screen = screen_of(app)
    region = screen.widgets.tallies.region
    return "\n".join(words(app).splitlines()[region.y : region.bottom])


async def test_o_turns_through_the_views(
    path: Path, finished: tuple[str, Study], wait: Any
) -> None:
    run, study = finished
    app = opened(path, study, run)
    async with app.run_test(size=(120, 40)) as pilot:
        await wait(pilot, lambda: "accuracy 1/5 · o next · on all scored" in block(app))
        height = screen_of(app).widgets.tallies.outer_size.height
        await pilot.press("o")
        await wait(pilot, lambda: "by attribute 2/5 · o next · on all scored" in block(app))
        assert screen_of(app).widgets.tallies.outer_size.height > height
        assert "risk aversion ▲  risk-aversion-high" in block(app)
        await pilot.press("d")
        await wait(pilot, lambda: "on the discriminating ones" in block(app))
        await pilot.press("o")
        await wait(pilot, lambda: "over time 3/5" in block(app))
        assert "on the discriminating ones" in block(app) and "┈" in block(app)
        await pilot.press("d", "o")
        await wait(pilot, lambda: "agreement 4/5" in block(app))
        lines = block(app).splitlines()
        assert lines[2].split()[:3] == ["1", "baseline", "·"] and "n behind each" in lines[0]
        await pilot.press("o")
        await wait(pilot, lambda: "workers 5/5" in block(app))
        assert "no worker runs: a decides the whole study" in block(app)
        worker = fakes.FakeWorker(screen_db(path), study)
        worker.beat(tokens_per_s=412.0, active=4)
        await wait(pilot, lambda: "412" in block(app) and "working" in block(app))
        shown = next(line for line in block(app).splitlines() if " 412 " in line)
        facts = screen_of(app).actions.opening.help_facts()
        assert shown.strip() in help_text(facts, 140)  # the same line there
        await pilot.press("m", "o")
        await wait(pilot, lambda: "accuracy 1/5" in block(app))
        assert screen_of(app).state.maximised
        await pilot.press("O", "O")
        await wait(pilot, lambda: "agreement 4/5" in block(app))


def screen_db(path: Path) -> Database:
    from align_tui.store.database import open_database

    return open_database(path)


@pytest.mark.parametrize("size", [(60, 15), (80, 24), (120, 40), (250, 60)])
async def test_sixteen_profiles_fit_or_are_cut_with_a_mark(
    path: Path, db: Database, wait: Any, size: tuple[int, int]
) -> None:
    extra = tuple(
        fakes.profile(f"fairness-at-{n}", ("fairness", round(n / 11, 2))) for n in range(12)
    )
    study = fakes.study(2)
    study = replace(study, profiles=(*study.profiles, *extra))
    run = runs.create_run(db, study, {})
    worker = fakes.FakeWorker(db, study)
    while batch := worker.claim(8):
        for claimed in batch:
            worker.finish(claimed, "Short.", took=0.1)
    app = opened(path, study, run)
    async with app.run_test(size=size) as pilot:
        await wait(pilot, lambda: screen_of(app).snapshot.counts.done == 32)
        for view in range(5):
            await pilot.pause()
            screen_of(app).actions.moving.focus_on(15)
            await wait(pilot, lambda: screen_of(app).focused is screen_of(app).widgets.panes[15])
            text = block(app)
            rows = screen_of(app).widgets.tallies.outer_size.height
            assert rows <= size[1] / 3 and len(text.splitlines()) == rows
            if view != 4:
                assert "fairness-at-11" in text or "fairnes" in text
            if size[1] <= 24 and view < 4:
                assert "more" in text.splitlines()[-1]
            await pilot.press("o")
        assert screen_of(app).state.view == 0


async def test_a_large_terminal_shows_three_at_once(
    path: Path, finished: tuple[str, Study], wait: Any
) -> None:
    run, study = finished
    app = opened(path, study, run)
    async with app.run_test(size=(250, 60)) as pilot:
        await wait(pilot, lambda: screen_of(app).snapshot.counts.done == 23)
        for names in (("accuracy", "by attribute", "over time"), ("by attribute", "over time")):
            await wait(pilot, lambda names=names: all(f"{name} " in block(app) for name in names))
            title = block(app).splitlines()[0]
            assert title.count("o next") == 1 and title.startswith(f"─{names[0]} ")
            await pilot.press("o")


async def test_seeking_back_takes_the_course_back(
    path: Path, db: Database, finished: tuple[str, Study], wait: Any
) -> None:
    run, study = finished
    spread_out(db, run)
    app = AlignApp(Launch(path, study, run, False, replay=True, speed=0.25), study)
    async with app.run_test(size=(120, 41)) as pilot:
        screen = app.screen_stack[-1]
        assert isinstance(screen, ReplayScreen)
        await wait(pilot, lambda: screen.snapshot.transport)
        await pilot.press("o", "o", "end")
        await wait(pilot, lambda: "0 to 1 over 4 decisions" in block(app))
        await pilot.press("home")
        await wait(pilot, lambda: "nothing is scored yet" in block(app))
        await pilot.press("end")
        await wait(pilot, lambda: "0 to 1 over 4 decisions" in block(app))
        await pilot.press("o", "o")
        await wait(pilot, lambda: "a replay asks no model" in block(app))
