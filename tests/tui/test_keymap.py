"""A keymap file can move every action; an error in it names its line."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from textual.binding import Binding, BindingsMap

from align_tui.config import paths
from align_tui.config.keys import KeyLine
from align_tui.config.reading.toml import parse
from align_tui.config.study import Study
from align_tui.core.errors import ConfigError
from align_tui.tui.application import AlignApp
from align_tui.tui.dialogs.help import HelpDialog
from align_tui.tui.dialogs.pick import PickDialog
from align_tui.tui.format.glyphs import ASCII, UNICODE
from align_tui.tui.format.styled_text import text_of
from align_tui.tui.key_text import known_key, normal
from align_tui.tui.keymap import DEFAULT, Keymap, bound, name_of
from align_tui.tui.keymap_file import read_keymap, screens, table
from align_tui.tui.keymap_v01 import OLD
from align_tui.tui.launch import Launch
from align_tui.tui.screens.study.replay import ReplayScreen
from align_tui.tui.screens.study.screen import StudyScreen

VERSION_01 = Path(__file__).parent / "keys_v01.toml"  # what its `align-tui keys` printed


def file_of(text: str) -> Path:
    path = paths.user_keymap()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def actions(kind: type[Any], keymap: Keymap) -> dict[str, str]:
    return {key: bindings[0].id or "" for key, bindings in bound(kind, keymap).items()}


def test_no_default_key_is_taken_by_tmux_or_screen_or_stands_twice() -> None:
    found = screens()
    assert {"app", "study", "replay", "compare", "runs", "decision", "target_editor"} <= set(found)
    for section, kind in found.items():
        for key, bindings in bound(kind, Keymap()).items():
            assert key not in ("ctrl+a", "ctrl+b"), section
            assert known_key(key), (section, key)
            assert len(bindings) == 1, (section, key)


def test_every_binding_has_an_id_of_its_own_table_and_a_key_of_its_name() -> None:
    taken: dict[str, tuple[str, str]] = {}
    for section, kind in screens().items():
        for binding in BindingsMap(vars(kind).get("BINDINGS")).key_to_bindings.values():
            table_of, _, name = (binding[0].id or "").partition(".")
            assert table_of == section and name.isidentifier(), (section, binding[0])
            same = taken.setdefault(f"{section}.{name}", (section, binding[0].action))
            assert same == (section, binding[0].action)
        # Within a screen, with its inherited actions, a name means one action.
        named: dict[str, str] = {}
        for bindings in bound(kind, Keymap()).values():
            assert named.setdefault(name_of(bindings[0]), bindings[0].id or "") == bindings[0].id


def test_what_is_printed_reads_back_and_changes_nothing() -> None:
    """The user can start from the file that `align-tui keys > keys.toml` writes."""
    printed = table(Keymap())
    again = read_keymap(file_of(printed))
    for kind in screens().values():
        assert bound(kind, again) == bound(kind, Keymap())
    assert table(again) == printed
    own = read_keymap(file_of('[study]\npause = []\n[replay]\nmaximise = "f5"\n[help]\nback = "z"'))
    for line in ("pause = []", 'maximise = "f5"', 'back = "z"'):
        assert f"\n{line}  #" in table(own)
    assert table(read_keymap(file_of(table(own)))) == table(own)


def test_a_keymap_of_version_01_still_opens() -> None:
    """The whole file changes nothing, and each line moves the action that it moved then."""
    whole = read_keymap(file_of(VERSION_01.read_text(encoding="utf-8")))
    for kind in screens().values():
        assert bound(kind, whole) == bound(kind, Keymap())
    lines = 0
    for section, old in parse(VERSION_01.read_text(encoding="utf-8"), "").items():
        for action, value in old.items():
            keys = [normal(key) for key in ([value] if isinstance(value, str) else value)]
            keymap = read_keymap(file_of(f'[{section}]\n"{action}" = "f24"\n'))
            kind = screens()[keymap.lines[0].screen]
            before, after = actions(kind, DEFAULT), actions(kind, keymap)
            moved = before[keys[0]]
            assert {key for key, each in before.items() if each == moved} == set(keys), action
            assert {key for key, each in after.items() if each == moved} == {"f24"}, action
            lines += 1
    assert lines == 182


def test_old_names_are_those_of_today_where_both_are_known() -> None:
    """[text] is another dialog now, so its own names take precedence over the old ones."""
    names = {section: {name_of(b[0]) for b in bound(kind, DEFAULT).values()}
             for section, kind in screens().items()}  # fmt: skip
    for section, (now, renamed) in OLD.items():
        assert set(renamed.values()) <= names[now], section
        for action, name in renamed.items():
            if action in names.get(section, ()):  # it would be read as today's action
                assert (section, action) == (now, name)
    keymap = read_keymap(file_of('[text]\nback = "f5"\n"line(1)" = "f6"\ndismiss = "f7"\n'))
    assert [(line.screen, line.action) for line in keymap.lines] == [
        ("text", "back"),
        ("message", "down"),
        ("message", "back"),
    ]


def test_every_action_of_every_screen_can_be_moved() -> None:
    for section, kind in screens().items():
        for name in {name_of(bindings[0]) for bindings in bound(kind, DEFAULT).values()}:
            moved = bound(kind, Keymap((KeyLine(section, name, ("f24",), ""),)))
            assert name_of(moved["f24"][0]) == name
            assert [key for key, what in moved.items() if name_of(what[0]) == name] == ["f24"]
    assert actions(PickDialog, Keymap((KeyLine("pick", "back", ("f5",), ""),)))["f5"]


def test_a_screen_of_its_own_goes_before_the_one_it_is_made_from() -> None:
    both = read_keymap(file_of('[study]\nrun_all = "left"\nmaximise = "f5"\n'))
    assert actions(StudyScreen, both)["left"] == "study.run_all"
    assert actions(ReplayScreen, both)["left"] == "replay.seek_back"
    assert actions(ReplayScreen, both)["f5"] == "study.maximise"
    swapped = read_keymap(file_of('[study]\nleave = "m"\nmaximise = "q"\n'))
    assert actions(StudyScreen, swapped)["m"] == "study.leave"
    assert actions(StudyScreen, swapped)["q"] == "study.maximise"
    none = read_keymap(file_of("[study]\nrun_all = []\n"))
    assert "study.run_all" not in actions(StudyScreen, none).values()
    assert none.keys(StudyScreen).names.first("study.run_all") == ""


def test_a_key_that_stays_where_it_was_goes_before_what_is_typed_as_it_did() -> None:
    kept = bound(AlignApp, read_keymap(file_of('[app]\npalette = ["f5", "ctrl+p"]\n')))
    assert kept["ctrl+p"][0].priority and not kept["f5"][0].priority and "colon" not in kept


@pytest.mark.parametrize(
    ("text", "line", "said", "hint"),
    [
        ('[study]\nleave = "z"\nrun_al = "y"\n', 3, "no action 'run_al'", "run_all"),
        ('[study]\n"step(2)" = "y"\n', 2, "no action 'step(2)'", ""),
        ('[steer]\nmroe = "y"\n', 2, "the screen target_editor has no action 'mroe'", "more"),
        ('[stduy]\nleave = "z"\n', 2, "no screen 'stduy'", "study"),
        ('[study]\nleave = "ctlr+x"\n', 2, "no key 'ctlr+x'", ""),
        ('[study]\nleave = "pageupp"\n', 2, "no key 'pageupp'", "pageup"),
        ('[study]\n# mine\nleave = "m"\n', 3, "m is set for both leave and maximise", "maximise"),
        ('[study]\nleave = "/"\n', 2, "/ is set for both leave and search", "search"),
        ('[study]\nleave = "z"\nhelp = "z"\n', 3, "z is set for both help and leave", "leave"),
        ('[target_editor]\nhigh = "h"\n', 2, "h is set for both high and less", "less"),
        ("[study]\nleave = 3\n", 2, "needs a key", "Write"),
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


def test_sentences_and_labels_take_their_keys_from_the_keymap() -> None:
    lines = '[study]\npause = []\nsearch = "/"\nnext_scenario = "ctrl+n"\nrun_all = "enter"\n'
    names = read_keymap(file_of(f'{lines}run_scenario = ["f5", "f6"]')).keys(StudyScreen).names
    steps = ("study.next_scenario", "study.previous_scenario")
    default = DEFAULT.keys(StudyScreen).names
    assert default.label(UNICODE, *steps) == "↑↓" and default.label(ASCII, *steps) == "j/k"
    assert names.label(UNICODE, *steps) == "ctrl+n/k"
    assert names.label(UNICODE, "study.run_all") == "⏎" != default.label(UNICODE, "study.run_all")
    assert names.label(UNICODE, "study.pause") == names.label(UNICODE) == ""
    assert names.sentence("a {b}", ": {study.run_scenario} asks", ", {study.pause} goes on") == (
        "a {b}: f5 asks"
    )
    assert names.hints("{study.search} finds", "{study.pause} pauses", "its key") == (
        "/ finds   its key"
    )


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
        await wait(pilot, lambda: screen.snapshot.counts.done and screen.widgets.keys.lines)
        line = text_of(screen.widgets.keys.lines[0])
        assert "f5 maximise" in line and "ctrl+f search" in line and "z/k scenario" in line
        assert " all " not in line and " m " not in line
        await pilot.press("m", "j")
        assert (screen.state.maximised, screen.state.scenario) == (False, 0)
        await pilot.press("f5", "z")
        assert (screen.state.maximised, screen.state.scenario) == (True, 1)
        await pilot.press("question_mark")
        await wait(pilot, lambda: isinstance(app.screen, HelpDialog))
        assert isinstance(app.screen, HelpDialog)
        assert re.search(r"  f5 +maximise the pane", app.screen.prose.text)


@pytest.mark.asyncio
async def test_the_palette_has_everything_with_its_key(
    path: Path, finished: tuple[str, Study], wait: Any
) -> None:
    from textual.widgets import OptionList

    run, study = finished
    file_of('[study]\nmaximise = "f5"\nlist = []\n')
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
        assert "show or hide the list" in all_of_it  # it has no key any more
        assert any("scenario 6: Baggage hall" in entry for entry in all_of_it)
        await pilot.press("escape")
        await pilot.press("ctrl+p", *"maximise")
        await wait(pilot, lambda: listed()[:1] == ["f5 maximise the pane"])
        await pilot.press("enter")
        await wait(pilot, lambda: screen.state.maximised and app.screen is screen)
        await pilot.press("colon", *"Baggage")
        await wait(pilot, lambda: listed()[:1] == ["scenario 6: Baggage hall"])
        await pilot.press("enter")
        await wait(pilot, lambda: screen.state.scenario == 5)


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
