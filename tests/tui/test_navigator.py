"""The list of scenarios: filters live and in a replay, annotations of others, asking again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from align_tui.config.study import Study
from align_tui.store import launch as store_launch
from align_tui.store import results, run_annotations, runs
from align_tui.store.database import Database, open_database
from align_tui.tui.application import AlignApp
from align_tui.tui.dialogs.filter import FilterDialog
from align_tui.tui.format.filters import EVERYTHING, Filter
from align_tui.tui.format.styled_text import text_of
from align_tui.tui.launch import Launch
from align_tui.tui.screens.study.replay import ReplayScreen
from align_tui.tui.screens.study.screen import StudyScreen
from tests.tui import fakes
from tests.tui.test_screen import opened, screen_of, words

pytestmark = pytest.mark.asyncio


@pytest.fixture(autouse=True)
def no_worker(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Start no process; return the databases for which a worker was to be started."""
    asked: list[Path] = []
    monkeypatch.setattr(store_launch, "ensure_worker", lambda db: asked.append(db.path))
    return asked


def lines(screen: StudyScreen) -> list[str]:
    """The lines of the list below the numbers of the profiles."""
    return [text_of(line) for line in screen.widgets.listing.lines[1:]]


def numbers(screen: StudyScreen) -> list[int]:
    """The indices of the listed scenarios (of fewer than ten)."""
    return [int(line[1:2]) - 1 for line in lines(screen) if line[1:2].isdigit()]


def title(screen: StudyScreen) -> str:
    return str(screen.widgets.listing.border_title)


def wrong_ones(screen: StudyScreen) -> list[int]:
    """The scenarios with a wrong mark, read from the lines of the list."""
    of_scenarios = [line for line in lines(screen) if line[1:2].isdigit()]
    return [number for number, line in zip(numbers(screen), of_scenarios, strict=True)
            if "✗" in line]  # fmt: skip


async def choose(app: AlignApp, pilot: Any, wait: Any, *keys: str) -> None:
    await pilot.press("F")
    await wait(pilot, lambda: isinstance(app.screen, FilterDialog))
    await pilot.press(*keys)
    await wait(pilot, lambda: isinstance(app.screen, StudyScreen))


async def test_a_filter_is_chosen_stepped_over_and_cleared_last(
    path: Path, finished: tuple[str, Study], wait: Any
) -> None:
    run, study = finished
    app = opened(path, study, run)
    async with app.run_test(size=(145, 40)) as pilot:
        screen, look = screen_of(app), screen_of(app).state
        await wait(pilot, lambda: screen.snapshot.counts.done == 23)
        await wait(pilot, lambda: len(lines(screen)) == 6)
        wrong = wrong_ones(screen)
        assert 1 < len(wrong) < 6
        await pilot.press("F")
        await wait(pilot, lambda: "wrong" in words(app))
        shown = next(row for row in words(app).splitlines() if "[ ] wrong" in row)
        assert shown.split("against the target")[1].split()[0] == str(len(wrong))
        await pilot.press("escape")
        assert look.wanted == EVERYTHING

        await choose(app, pilot, wait, "w", "enter")
        assert numbers(screen) == wrong and "wrong" in title(screen)
        assert f"{len(wrong)}/6" in title(screen)
        assert look.scenario == 0  # the current scenario does not change by itself
        for key, place in (("G", -1), ("g", 0), ("j", 1), ("k", 0), ("up", 0), ("N", -1), ("n", 0)):
            await pilot.press(key)
            assert look.scenario == wrong[place], key
        await pilot.press(*("n" * len(wrong)))
        assert look.scenario == wrong[0]  # past the end

        await choose(app, pilot, wait, "f", "j", "space", "space", "enter")
        assert look.wanted.kinds == {"wrong", "failed"}
        failed = [number for number, line in zip(numbers(screen), lines(screen), strict=True)
                  if "!" in line and "✗" in line]  # fmt: skip
        assert numbers(screen) == failed == [2]

        await pilot.press("m", "escape")
        assert (look.maximised, bool(look.wanted)) == (False, True)
        await pilot.press("l", "escape")
        assert (bool(look.wanted), look.list_asked) == (False, False)
        await pilot.press("escape")
        assert look.list_asked is None and numbers(screen) == list(range(6))


async def test_attributes_are_any_of_and_one_key_clears(
    path: Path, finished: tuple[str, Study], wait: Any
) -> None:
    run, study = finished
    app = opened(path, study, run)
    async with app.run_test(size=(145, 40)) as pilot:
        screen, look = screen_of(app), screen_of(app).state
        await wait(pilot, lambda: screen.snapshot.counts.done == 23)
        names = sorted({name for scenario in study.scenarios for name in scenario.labelled})
        await choose(app, pilot, wait, "1", "3", "enter")
        assert look.wanted.attributes == {names[0], names[2]}
        assert numbers(screen) == [
            number
            for number, scenario in enumerate(study.scenarios)
            if {names[0], names[2]} & scenario.labelled
        ]
        await pilot.press("slash", *"adrift sea")  # a search also steps over listed scenarios only
        modal = app.screen
        await wait(pilot, lambda: len(modal.found) >= 5 and not modal.searching)  # type: ignore[attr-defined]
        await pilot.press("enter")
        await wait(pilot, lambda: app.screen is screen and look.hits)
        assert 1 not in numbers(screen) and look.scenario == 1
        assert "not listed" in words(app)
        await pilot.press("n")
        assert "no hit of the search is listed" in words(app)
        await pilot.press("escape")
        await choose(app, pilot, wait, "x", "enter")
        assert look.wanted == EVERYTHING and len(lines(screen)) == 6


async def test_the_filter_is_live_and_never_turns_the_page(
    path: Path, db: Database, wait: Any
) -> None:
    study = fakes.study(4)
    run = runs.create_run(db, study, {})
    app = opened(path, study, run)
    async with app.run_test(size=(145, 40)) as pilot:
        screen, look = screen_of(app), screen_of(app).state
        await wait(pilot, lambda: screen.snapshot.counts.pending == 16)
        await choose(app, pilot, wait, "o", "enter")
        await pilot.press("j")
        assert numbers(screen) == [0, 1, 2, 3] and look.scenario == 1
        worker = fakes.FakeWorker(db, study)
        for ended in range(4):
            for claimed in worker.claim(4):
                worker.finish(claimed)
            rest = list(range(ended + 1, 4))
            await wait(pilot, lambda rest=rest: "scenario matches" in lines(screen)[0]
                       if not rest else numbers(screen) == rest)  # fmt: skip
            assert look.scenario == 1
        assert "1/4" not in title(screen) and "0/4" in title(screen)
        await pilot.press("j")
        assert "no scenario matches; F changes the filter" in screen.state.notice
        assert look.scenario == 1


async def test_without_a_list_the_filter_is_said_above_the_scenario(
    path: Path, finished: tuple[str, Study], wait: Any
) -> None:
    run, study = finished
    app = opened(path, study, run)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = screen_of(app)
        await wait(pilot, lambda: screen.snapshot.counts.done == 23)
        await choose(app, pilot, wait, "f", "enter")
        await wait(pilot, lambda: "1/6, not listed  ∈ failed 1/6" in words(app))
        await pilot.press("n")
        await wait(pilot, lambda: "3/6  ∈ failed 1/6" in words(app))


async def test_a_click_chooses_what_the_list_shows(
    path: Path, finished: tuple[str, Study], wait: Any
) -> None:
    run, study = finished
    app = opened(path, study, run)
    async with app.run_test(size=(145, 40)) as pilot:
        screen = screen_of(app)
        await wait(pilot, lambda: screen.snapshot.counts.done == 23)
        screen.state.wanted = Filter(frozenset({"wrong"}))
        screen.host.repaint()
        wrong = numbers(screen)
        await pilot.click("#list", offset=(5, 3))  # the border, the numbers, the second line
        await wait(pilot, lambda: screen.state.scenario == wrong[1])
        await pilot.click("#list", offset=(5, 30))  # under the last line
        assert screen.state.scenario == wrong[1]


async def test_groups_have_headings_that_keys_step_over_and_clicks_go_to(
    path: Path, finished: tuple[str, Study], wait: Any
) -> None:
    run, study = finished
    app = opened(path, study, run)
    async with app.run_test(size=(145, 40)) as pilot:
        screen, look = screen_of(app), screen_of(app).state
        await wait(pilot, lambda: screen.snapshot.counts.done == 23)
        await pilot.press("J")
        assert look.notice == "the list is not grouped: y groups it"
        await pilot.press("j", "2", "y")
        assert look.notice == "the list is grouped by attribute" and look.scenario == 1
        assert "scenarios by attribute" in title(screen)
        headings = [line.split(" ─")[0] for line in lines(screen) if "─" in line]
        assert headings[0].startswith("moral desert ") and numbers(screen)[0] == 0
        listed = list(screen.session.scenarios.listed(screen.snapshot, look))
        assert numbers(screen) == listed and sorted(listed) == list(range(6))
        rate = next(t for t in screen.snapshot.tallies if t.profile == 1).all.accuracy
        assert rate is not None and lines(screen)[0].endswith(f" 2  {rate:.2f}".replace("0.", "."))

        await pilot.press("g")
        for scenario in listed[1:]:
            await pilot.press("j")
            assert look.scenario == scenario
        await pilot.press("g", "J")
        first = int(headings[0].split()[-1])  # the size of the first group
        assert look.scenario == listed[first]
        await pilot.press("K")
        assert look.scenario == listed[0]
        await pilot.click("#list", offset=(5, 2 + first + 1))  # the second heading
        await wait(pilot, lambda: look.scenario == listed[first])
        await pilot.click("#list", offset=(5, 3))  # the first scenario of the first group
        await wait(pilot, lambda: look.scenario == listed[0])

        await choose(app, pilot, wait, "w", "enter")
        assert set(numbers(screen)) < set(listed) and wrong_ones(screen) == numbers(screen)
        await pilot.press("escape", "Y", "y", "y")
        assert "scenarios by outcome of 2" in title(screen)
        assert [line.split(" ─")[0] for line in lines(screen) if "─" in line][:2] == [
            f"{name} {count}" for name, count in groups_by_mark(screen, 1).items()
        ][:2]
        await pilot.press("escape")
        assert numbers(screen) == list(range(6)) and not any("─" in line for line in lines(screen))


def groups_by_mark(screen: StudyScreen, profile: int) -> dict[str, int]:
    """The sizes of the groups of outcomes, from the marks of a column in the list."""
    rows = [line for line in lines(screen) if "─" not in line]
    marks = [line.rstrip().split()[profile - 4] for line in rows]
    names = {"✗": "wrong", "!": "failed", "✓": "right", "·": "decided, unscored"}
    return {name: marks.count(mark) for mark, name in names.items() if mark in marks}


async def test_without_a_list_the_group_is_said_above_the_scenario(
    path: Path, finished: tuple[str, Study], wait: Any
) -> None:
    run, study = finished
    app = opened(path, study, run)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = screen_of(app)
        await wait(pilot, lambda: screen.snapshot.counts.done == 23)
        await pilot.press("y")
        assert screen.state.notice == "the list is grouped by attribute; l shows it"
        await wait(pilot, lambda: "1/6  moral desert 1/" in words(app))
        await pilot.press("l")
        await wait(pilot, lambda: any(line.startswith("moral desert ") for line in lines(screen)))


async def test_the_filter_of_disagreement_follows_the_focused_pane(
    path: Path, finished: tuple[str, Study], wait: Any
) -> None:
    run, study = finished
    app = opened(path, study, run)
    async with app.run_test(size=(145, 40)) as pilot:
        screen = screen_of(app)
        await wait(pilot, lambda: screen.snapshot.counts.done == 23)
        await pilot.press("F")
        await wait(pilot, lambda: "another column differs" in words(app))
        row = next(row for row in words(app).splitlines() if "disagrees with 1" in row)
        await pilot.press("a", "enter")
        await wait(pilot, lambda: isinstance(app.screen, StudyScreen))
        assert f" {len(numbers(screen))} " in row and "disagrees with 1" in title(screen)
        for focus in (0, 1):
            await pilot.press(str(focus + 1))
            expected = []
            for number, cells in enumerate(screen.snapshot.rows):
                decided = {n: c[0].choice for n, c in enumerate(cells) if c[0] is not None}
                taken = {choice for choice in decided.values() if choice is not None}
                if decided.get(focus) is not None and len(taken) > 1:
                    expected.append(number)
            assert numbers(screen) == expected


async def test_filters_in_a_replay(path: Path, finished: tuple[str, Study], wait: Any) -> None:
    """The matches change with the time of the replay."""
    run, study = finished
    app = AlignApp(Launch(path, study, run, False, replay=True, speed=0.25), study)
    async with app.run_test(size=(145, 40)) as pilot:
        screen = app.screen_stack[-1]
        assert isinstance(screen, ReplayScreen)
        await wait(pilot, lambda: screen.snapshot.transport)
        await pilot.press("space", "home")
        await wait(pilot, lambda: screen.snapshot.counts.done == 0)
        await choose(app, pilot, wait, "w", "enter")
        await wait(
            pilot, lambda: "no scenario matches" in " ".join(lines(screen)).replace("  ", " ")
        )
        await pilot.press("end")
        await wait(pilot, lambda: screen.snapshot.counts.done == 23 and wrong_ones(screen))
        wrong = wrong_ones(screen)
        assert numbers(screen) == wrong
        await pilot.press("g", "j")
        assert screen.state.scenario == wrong[1]
        await wait(pilot, lambda: not screen.snapshot.transport.following)  # type: ignore[union-attr]
        await pilot.press("home")
        await wait(pilot, lambda: screen.snapshot.counts.done == 0)
        assert screen.state.scenario == wrong[1]
        await pilot.press("x")
        assert "a replay asks no model" in screen.state.notice
        await pilot.press("escape", "q")


async def test_another_viewer_s_bookmark_shows_without_a_step(
    path: Path, db: Database, finished: tuple[str, Study], wait: Any
) -> None:
    run, study = finished
    states = {(s.scenario, s.profile): s.id for s in results.states(db, run)}
    app = opened(path, study, run)
    other = open_database(path)  # the second viewer
    async with app.run_test(size=(145, 40)) as pilot:
        screen = screen_of(app)
        await wait(pilot, lambda: screen.snapshot.counts.done == 23 and "stronger" in words(app))
        run_annotations.toggle_bookmark(other, states[0, 0])
        await wait(pilot, lambda: fakes.is_bookmarked(screen.snapshot.panes[0]))
        await wait(pilot, lambda: "★" in lines(screen)[0] and "bookmarked" in words(app))
        run_annotations.set_verdict(other, states[4, 2], "unsure")
        run_annotations.toggle_bookmark(other, states[3, 1])
        await wait(pilot, lambda: len(screen.snapshot.annotations) == 3)
        screen.state.wanted = Filter(frozenset({"bookmarked"}))
        screen.host.repaint()
        assert numbers(screen) == [0, 3]
        run_annotations.toggle_bookmark(other, states[0, 0])
        await wait(pilot, lambda: numbers(screen) == [3])
        screen.state.wanted = Filter(frozenset({"judged"}))
        screen.host.repaint()
        assert numbers(screen) == [4]
    other.close()


async def test_variants_stand_under_their_parent(path: Path, db: Database, wait: Any) -> None:
    base = fakes.study(3)
    parent = base.scenarios[1]
    variant = replace(parent, key=f"{parent.key}~1", text="Now.", meta={"variant_of": parent.key})
    study = replace(base, scenarios=(*base.scenarios[:2], variant, base.scenarios[2]))
    app = opened(path, study, runs.create_run(db, study, {}))
    async with app.run_test(size=(145, 40)) as pilot:
        screen = screen_of(app)
        await wait(pilot, lambda: len(lines(screen)) == 4)
        assert [line[3:5] == "└✎" for line in lines(screen)] == [False, False, True, False]
        await choose(app, pilot, wait, "e", "enter")
        assert numbers(screen) == [2]
        assert lines(screen)[0][3:5] == "✎ "  # its original is not listed
        await pilot.press("g")
        await wait(pilot, lambda: f"✎ {variant.key}" in words(app))


async def test_one_failed_decision_is_asked_again(
    path: Path, db: Database, wait: Any, no_worker: list[Path]
) -> None:
    study = fakes.study(2)
    run = runs.create_run(db, study, {})
    worker = fakes.FakeWorker(db, study)
    for claimed in worker.claim(8):
        if claimed.profile in (1, 2):
            worker.fail(claimed, "truncated", "The reply was cut\nRaise max_tokens.")
        else:
            worker.finish(claimed)
    app = opened(path, study, run)
    async with app.run_test(size=(145, 40)) as pilot:
        screen = screen_of(app)
        await wait(pilot, lambda: screen.snapshot.counts.failed == 4)
        await wait(pilot, lambda: "Raise max_tokens." in words(app))
        assert words(app).count("x retry") == 3  # in two panes, and in the footer
        await pilot.press("x")
        assert "nothing failed here" in screen.state.notice and not no_worker
        await pilot.press("j", "3", "x")  # the texts of that scenario may not have arrived
        await wait(pilot, lambda: screen.snapshot.counts.pending == 1 and no_worker)
        again = next(s for s in results.states(db, run, 1) if s.status == "pending")
        assert (again.scenario, again.profile) == (1, 2)
        assert screen.snapshot.counts.failed == 3
        queued = db.one("SELECT priority FROM samples WHERE id=?", (again.id,))
        assert queued is not None and queued["priority"] > 0
        await wait(pilot, lambda: "queued again" in screen.state.notice)
        [claimed] = worker.claim(8)
        assert claimed.id == again.id
        worker.finish(claimed)
        await wait(pilot, lambda: screen.snapshot.counts.failed == 3)


async def test_a_queued_pane_says_how_many_are_before_it(
    path: Path, db: Database, wait: Any
) -> None:
    study = fakes.study(3)
    run = runs.create_run(db, study, {})
    worker = fakes.FakeWorker(db, study)
    worker.beat()
    app = opened(path, study, run)
    async with app.run_test(size=(145, 40)) as pilot:
        await wait(pilot, lambda: "queued: the next" in words(app))
        assert "queued: 3 before it" in words(app)
        await pilot.press("j")
        await wait(pilot, lambda: "queued: 4 before it" in words(app))
        running = worker.claim(4)
        await wait(pilot, lambda: "queued: the next" in words(app))
        assert "queued: 4 before it" not in words(app)
        worker.release(running)
        await wait(pilot, lambda: "queued: 4 before it" in words(app))
