"""Keys are the user's: every action can be moved, and what cannot work is named with its line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from textual.binding import Binding, BindingsMap

from align_tui.config import paths
from align_tui.config.keys import KeyLine
from align_tui.config.study import Study
from align_tui.core.errors import ConfigError
from align_tui.tui.application import AlignApp
from align_tui.tui.dialogs.help import HelpDialog
from align_tui.tui.format.glyphs import ASCII
from align_tui.tui.format.styled_text import text_of
from align_tui.tui.keymap import Keymap, bound, known_key, normal, read_keymap, screens, table
from align_tui.tui.launch import Launch
from align_tui.tui.screens.study.replay import ReplayScreen
from align_tui.tui.screens.study.screen import StudyScreen


def file_of(text: str) -> Path:
    path = paths.user_keymap()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def actions(kind: type[Any], keymap: Keymap) -> dict[str, str]:
    return {key: bindings[0].action for key, bindings in bound(kind, keymap).items()}


def test_no_default_key_is_taken_by_tmux_or_screen_or_stands_twice() -> None:
    found = screens()
    assert {"app", "study", "replay", "compare", "runs", "inside", "steer"} <= set(found)
    for section, kind in found.items():
        for key, bindings in bound(kind, Keymap()).items():
            assert key not in ("ctrl+a", "ctrl+b"), section
            assert known_key(key), (section, key)
            assert len(bindings) == 1, (section, key)


def test_what_is_printed_reads_back_and_changes_nothing() -> None:
    """`align-tui keys > keys.toml` is a file to start from."""
    printed = table(Keymap())
    again = read_keymap(file_of(printed))
    for kind in screens().values():
        assert actions(kind, again) == actions(kind, Keymap())
    assert table(again) == printed


def test_every_action_of_every_screen_can_be_moved() -> None:
    for section, kind in screens().items():
        own = {binding.action for _, binding in BindingsMap(vars(kind).get("BINDINGS", ()))}
        for action in own:
            line = KeyLine(section, action, ("f24",), "")
            moved = actions(kind, Keymap((line,)))
            assert moved["f24"] == action
            assert [key for key, what in moved.items() if what == action] == ["f24"]


def test_a_screen_of_its_own_goes_before_the_one_it_is_made_from() -> None:
    both = read_keymap(file_of('[study]\nrun_all = "left"\nmaximise = "f5"\n'))
    assert actions(StudyScreen, both)["left"] == "run_all"
    assert actions(ReplayScreen, both)["left"] == "seek(-1)"
    assert actions(ReplayScreen, both)["f5"] == "maximise"
    swapped = read_keymap(file_of('[study]\nleave = "m"\nmaximise = "q"\n'))
    assert actions(StudyScreen, swapped)["m"] == "leave"
    assert actions(StudyScreen, swapped)["q"] == "maximise"
    none = read_keymap(file_of("[study]\nrun_all = []\n"))
    assert "run_all" not in actions(StudyScreen, none).values()


@pytest.mark.parametrize(
    ("text", "line", "said", "hint"),
    [
        ('[study]\nleave = "z"\nrun_al = "y"\n', 3, "no action 'run_al'", "run_all"),
        ('[stduy]\nleave = "z"\n', 2, "no screen 'stduy'", "study"),
        ('[study]\nleave = "ctlr+x"\n', 2, "no key 'ctlr+x'", ""),
        ('[study]\nleave = "pageupp"\n', 2, "no key 'pageupp'", "pageup"),
        ('[study]\n# mine\nleave = "m"\n', 3, "m is both leave and maximise", "maximise"),
        ('[study]\nleave = "/"\n', 2, "/ is both leave and search", "search"),
        ('[study]\nleave = "z"\nhelp = "z"\n', 3, "z is both help and leave", "leave"),
        ('[steer]\n"put(1.0)" = "h"\n', 2, "h is both put(1.0) and turn(-1)", "turn(-1)"),
        ("[study]\nleave = 3\n", 2, "bound to no key", "Write"),
        ('leave = "x"\n', 1, "outside a table", "[study]"),
        ("[study\n", None, "line 1", "TOML"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(
    text: str, line: int | None, said: str, hint: str
) -> None:
    path = file_of(text)
    with pytest.raises(ConfigError) as error:
        read_keymap(path)
    assert str(path) in error.value.message and said in error.value.message
    assert line is None or f", line {line}:" in error.value.message
    assert hint in error.value.hint


def test_keys_by_sign_and_by_name() -> None:
    for key in ("j", "J", "?", ",", "[", "+", "ctrl+x", "shift+left", "f12", "enter", "ä", "plus"):
        assert known_key(key), key
    for key in ("", "strl+x", "jj", "a,b", "ctrl+", "f99", "shift++"):
        assert not known_key(key), key
    assert normal("?") == "question_mark" and normal(",") == "comma"
    assert Binding("?", "x") and normal("ctrl+x") == "ctrl+x"


@pytest.mark.asyncio
async def test_the_screen_obeys_and_says_so(
    path: Path, finished: tuple[str, Study], wait: Any
) -> None:
    run, study = finished
    file_of('[study]\nmaximise = "f5"\nsearch = "ctrl+f"\n"step(1)" = "z"\nrun_all = []\n')
    app = AlignApp(Launch(path, study, run, False), study)
    async with app.run_test(size=(200, 40)) as pilot:
        screen = app.screen
        assert isinstance(screen, StudyScreen)
        await wait(pilot, lambda: screen.snapshot.counts.done and screen.keys.lines)
        line = text_of(screen.keys.lines[0])
        assert "f5 maximise" in line and "ctrl+f search" in line and "z/k scenario" in line
        assert " all " not in line and " m " not in line
        await pilot.press("m", "j")
        assert (screen.look.maximised, screen.look.scenario) == (False, 0)
        await pilot.press("f5", "z")
        assert (screen.look.maximised, screen.look.scenario) == (True, 1)
        await pilot.press("question_mark")
        await wait(pilot, lambda: isinstance(app.screen, HelpDialog))
        assert isinstance(app.screen, HelpDialog)
        assert "  f5                     maximise" in app.screen.prose.text


@pytest.mark.asyncio
async def test_the_palette_has_everything_with_its_key(
    path: Path, finished: tuple[str, Study], wait: Any
) -> None:
    from textual.widgets import OptionList

    run, study = finished
    file_of('[study]\nmaximise = "f5"\n')
    app = AlignApp(Launch(path, study, run, False), study)
    async with app.run_test(size=(120, 60)) as pilot:
        screen = app.screen
        assert isinstance(screen, StudyScreen)
        await wait(pilot, lambda: screen.snapshot.counts.done)

        def listed() -> list[str]:
            found = app.screen.query(OptionList)
            options = found.first().options if found else ()
            return [" ".join(str(option.prompt).split()) for option in options]

        await pilot.press("colon")
        await wait(pilot, lambda: len(listed()) > 40)
        all_of_it = listed()
        for does in {b[0].description for b in bound(StudyScreen, Keymap()).values()}:
            assert any(does in entry for entry in all_of_it), does
        assert "f5 maximise the pane" in all_of_it
        assert any("scenario 6: Baggage hall" in entry for entry in all_of_it)
        await pilot.press("escape")
        await pilot.press("ctrl+p", *"maximise")
        await wait(pilot, lambda: listed()[:1] == ["f5 maximise the pane"])
        await pilot.press("enter")
        await wait(pilot, lambda: screen.look.maximised and app.screen is screen)
        await pilot.press("colon", *"Baggage")
        await wait(pilot, lambda: listed()[:1] == ["scenario 6: Baggage hall"])
        await pilot.press("enter")
        await wait(pilot, lambda: screen.look.scenario == 5)


@pytest.mark.asyncio
async def test_the_palette_without_utf8(path: Path, finished: tuple[str, Study], wait: Any) -> None:
    from textual.widgets import OptionList

    run, study = finished
    app = AlignApp(Launch(path, study, run, False), study, ASCII)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("colon", *"disc")
        await wait(pilot, lambda: any(each.options for each in app.screen.query(OptionList)))
        await pilot.pause()
        shown = "".join(s.text for strip in app.screen._compositor.render_strips() for s in strip)
        assert "discriminating" in shown and shown.isascii()
