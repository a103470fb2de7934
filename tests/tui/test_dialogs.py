"""What holds for every dialog: it fits, it wraps, and it throws no edit away without asking."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len
from textual.widgets.text_area import Selection

import align_tui.tui.dialogs
from align_tui.config.code import Code
from align_tui.config.profile import Profile
from align_tui.config.study import Study
from align_tui.monitor.snapshot import Counts
from align_tui.services.estimate import Cost, cost_of
from align_tui.store import launch as store_launch
from align_tui.store.database import Database
from align_tui.studies.edits import Changed
from align_tui.tui.dialogs.confirm import ConfirmDialog
from align_tui.tui.dialogs.edit import EditDialog
from align_tui.tui.dialogs.help import HelpDialog
from align_tui.tui.dialogs.keeping import KeepingDialog
from align_tui.tui.dialogs.leave import LeaveDialog
from align_tui.tui.dialogs.modal import Dialog
from align_tui.tui.dialogs.questions import InputDialog
from align_tui.tui.dialogs.trust import TrustDialog
from align_tui.tui.format.cost import cost_sentence
from align_tui.tui.format.help_layout import flow, hang, side_by_side
from align_tui.tui.format.key_names import KeyNames
from align_tui.tui.format.library import Offer, offer_lines, offer_words
from align_tui.tui.format.styled_text import text_of
from align_tui.tui.screens.requests import OpenRun
from align_tui.tui.widgets.wrapped import Wrapped
from tests.tui import fakes
from tests.tui.test_screen import opened, screen_of, words

EDITS = ("e", "x"), ("v", "0"), ("W", "x"), ("r w", "x"), ("r e", "x")
LONG = "Your changes would be thrown away, " * 6 + "and nobody could bring them back. Discard?"


@pytest.fixture(autouse=True)
def no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_launch, "ensure_worker", lambda db: None)


def dialogs(base: type[Any] = Dialog) -> Iterator[type[Any]]:
    """Every dialog in the folder that can be opened."""
    for module in pkgutil.iter_modules(align_tui.tui.dialogs.__path__):
        importlib.import_module(f"align_tui.tui.dialogs.{module.name}")
    for kind in base.__subclasses__():
        yield from dialogs(kind)
        parts = (getattr(kind, name, None) for name in dir(kind))
        if kind.__module__.startswith("align_tui.tui.dialogs.") and not any(
            getattr(part, "__isabstractmethod__", False) for part in parts
        ):
            yield kind


async def test_leaving_the_program_asks_before_it_throws_an_edit_away(
    path: Path, finished: tuple[str, Study], wait: Any
) -> None:
    run, study = finished
    app = opened(path, study, run)
    kinds = set()
    async with app.run_test(size=(100, 30)) as pilot:
        await wait(pilot, lambda: screen_of(app).snapshot.counts.done)
        below = len(app.screen_stack)
        for keys, edit in EDITS:
            await pilot.press(*keys.split(), edit)
            dialog: Any = app.screen
            assert isinstance(dialog, KeepingDialog) and dialog.has_changed()
            kinds.add(type(dialog))
            await pilot.press("ctrl+c")
            assert "Discard them?" in words(app)
            if keys == "e":
                await pilot.press("ctrl+q", "ctrl+c")  # it does not ask twice
            assert [type(each) for each in app.screen_stack[-2:]] == [type(dialog), ConfirmDialog]
            await pilot.press("escape")
            assert app.screen_stack[-1] is dialog and dialog.has_changed()
            while len(app.screen_stack) > below:
                app.pop_screen()
        assert kinds == set(dialogs(KeepingDialog))
        await pilot.press("e", "x", "ctrl+c", "y")
        assert app._exit


async def test_ctrl_c_copies_a_selection_and_leaves_without_one(
    path: Path, finished: tuple[str, Study], wait: Any
) -> None:
    run, study = finished
    app = opened(path, study, run)
    async with app.run_test(size=(100, 30)) as pilot:
        await wait(pilot, lambda: screen_of(app).snapshot.counts.done)
        await pilot.press("e")
        dialog = app.screen
        assert isinstance(dialog, EditDialog)
        area = dialog.area
        area.selection = Selection((0, 0), (0, 5))
        await pilot.press("ctrl+c")
        assert app.clipboard == "title" and dialog in app.screen_stack
        assert area.selected_text == ""
        await pilot.press("ctrl+c")  # nothing is selected, and nothing was edited
        assert app._exit


async def test_no_run_opens_over_an_edit(
    path: Path, finished: tuple[str, Study], wait: Any
) -> None:
    run, study = finished
    app = opened(path, study, run)
    async with app.run_test(size=(100, 30)) as pilot:
        first = screen_of(app)
        await wait(pilot, lambda: first.snapshot.counts.done)
        await pilot.press("r", "e", "x")
        dialog = app.screen
        app.post_message(OpenRun(run, study))
        await pilot.pause()
        await pilot.press("y")  # it asks nothing that a typed letter could answer
        assert isinstance(dialog, InputDialog) and dialog.field.value.endswith("xy")
        await pilot.press("escape", "y")
        await wait(pilot, lambda: screen_of(app) is not first and len(app.screen_stack) == 2)


@pytest.mark.parametrize("size", [(40, 12), (80, 24)])
async def test_questions_wrap_and_keep_their_answers_in_sight(
    path: Path, size: tuple[int, int], wait: Any
) -> None:
    app = opened(path, fakes.study(1))
    code = Code("decision-maker", "/home/researcher/" + "deep/" * 30 + "theirs.py", "5f2a" * 16)
    async with app.run_test(size=size) as pilot:
        for dialog, said in (
            (ConfirmDialog("leave", LONG, False), "y yes esc no"),
            (LeaveDialog("demo", Counts(running=3, pending=400), False), "esc stay"),
            (TrustDialog(code, False), "esc do not run it"),
        ):
            await app.push_screen(dialog)
            await pilot.pause()
            lines = dialog.query_one(Wrapped).lines
            assert len(lines) <= size[1] - 2
            assert said in " ".join(words(app).replace("│", " ").split())
            if isinstance(dialog, ConfirmDialog) and size[0] > 40:
                assert LONG in " ".join(text_of(line).strip() for line in lines)
            app.pop_screen()


@pytest.mark.parametrize("size", [(80, 24), (250, 60)])
async def test_a_dialog_is_as_high_as_what_it_shows(
    path: Path, finished: tuple[str, Study], wait: Any, size: tuple[int, int]
) -> None:
    run, study = finished
    app = opened(path, study, run)
    async with app.run_test(size=size) as pilot:
        await wait(pilot, lambda: screen_of(app).snapshot.counts.done)
        await pilot.press("p")
        dialog = app.screen
        assert isinstance(dialog, EditDialog)
        rows = dialog.area.wrapped_document.height
        if size[0] > 100:
            await wait(pilot, lambda: dialog.prompt)
            await wait(pilot, lambda: "- Treat Patient B" in words(app))  # the prompt's end
        await wait(pilot, lambda: dialog.query_one(".box").outer_size.height < rows + 14)
        assert dialog.area.max_scroll_y == 0
        await pilot.press("escape", "?")
        await wait(pilot, lambda: isinstance(app.screen, HelpDialog) and "MARKS" in words(app))
        assert isinstance(app.screen, HelpDialog)
        await wait(pilot, lambda: app.screen.prose.size.height > 10)
        [top] = [row for row in app.screen.prose.text.splitlines() if row.startswith("MOVE")]
        assert (len(top.split()) > 1) == (size[0] > 100)  # another group stands beside it


async def test_a_change_tells_its_cost_before_the_key_that_runs_it(
    path: Path, finished: tuple[str, Study], wait: Any
) -> None:
    run, study = finished
    app = opened(path, study, run)
    async with app.run_test(size=(100, 30)) as pilot:
        await wait(pilot, lambda: screen_of(app).snapshot.counts.done)
        for key, old, new in (
            ("e", "Patient", "The patient"),
            ("E", "plain", "not plain"),
            ("v", "", ""),
            ("p", "chars = 512", "chars = 99"),
            ("C", "chars = 512", "chars = 99"),
        ):
            await pilot.press("2", key)
            dialog = app.screen
            if isinstance(dialog, EditDialog):
                dialog.area.text = dialog.area.text.replace(old, new, 1)
            else:
                await pilot.press("0")
            await wait(pilot, lambda: "tokens and 1 s at the run's pace" in words(app))
            assert "at most " in words(app)
            app.pop_screen()


def test_what_costs_money_or_more_than_a_moment_needs_consent(db: Database) -> None:
    assert not Cost(0).needs_consent and not Cost(9, 500.0, 4.0).needs_consent
    assert Cost(1, 500.0, 6.0).needs_consent and Cost(1).needs_consent
    assert Cost(1, 5.0, 0.1, billed=True).needs_consent
    assert "may charge" in cost_sentence(Cost(1, 5.0, 0.1, billed=True))
    server = {"base_urls": ["https://example.org/v1"], "api_key_env": "A_KEY"}
    body = {"name": "far", "adm": {"kind": "baseline"}}
    far = Profile.model_validate(
        {**body, "backbone": {"kind": "openai", "model": "m", "server": server}}
    )
    study = Study("s", (far,), fakes.scenarios(2))
    assert cost_of(db, None, study, Changed(study, ((0, 0, 0),))) == Cost(1, billed=True)


def test_what_is_absent_is_marked_where_no_terminal_cuts_it() -> None:
    offers = [
        Offer("1", "here", "", "baseline", "", "demo", "About it"),
        Offer("2", "far", "", "baseline", "", "mistral-7b", "About it", absent="not here"),
        Offer("3", "broken", "yours", trouble="line 1: unknown key"),
    ]
    first, second, third = (text_of(line) for line in offer_lines(offers, "…"))
    assert first.startswith("  here") and second.startswith("! far") and third[:8] == "! broken"
    assert second.index("baseline") == first.index("baseline")
    assert offer_words(offers[1]) == "far (baseline, mistral-7b, not here): About it"
    assert "line 1" in offer_words(offers[2])


def test_hints_that_have_no_room_are_left_out_whole() -> None:
    names = KeyNames({"edit.run": ("f2",), "edit.prompt": ("f5",), "edit.back": ("escape",)})
    parts = "{edit.run} run", "{edit.prompt} prompt", "{edit.back} cancel"
    assert names.hints_in(40, *parts) == "f2 run   f5 prompt   esc cancel"
    assert names.hints_in(20, *parts) == "f2 run   esc cancel"
    assert names.hints_in(12, *parts) == "esc cancel"


def test_the_help_is_laid_out_for_its_width() -> None:
    groups = [[f"GROUP {n}", *(f"  key{k}  does the thing {n}.{k}" for k in range(n))]
              for n in range(1, 9)]  # fmt: skip
    for width in (30, 66, 113, 173):
        rows = side_by_side(groups, width)
        assert all(cell_len(row) <= width for row in rows)
        assert all(sum(f"{n}.0" in row for row in rows) == 1 for n in range(1, 9))
    assert len(side_by_side(groups, 173)) < len(side_by_side(groups, 66)) / 2
    assert hang("  j, down  next scenario of the list", 24) == [
        "  j, down  next scenario",
        "           of the list",
    ]
    assert flow(["○ pending", "◐ working", "✓ right"], 24) == [
        "  ○ pending   ◐ working",
        "  ✓ right",
    ]
