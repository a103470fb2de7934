"""Every sentence names the user's keys: with all actions moved, no default key is shown."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.screen import Screen

import align_tui.tui
from align_tui.config import paths
from align_tui.config.code import Code
from align_tui.config.study import Study
from align_tui.monitor.snapshot import Counts
from align_tui.store import launch as store_launch
from align_tui.tui.application import AlignApp
from align_tui.tui.dialogs.help import MessageDialog
from align_tui.tui.dialogs.leave import LeaveDialog
from align_tui.tui.dialogs.trust import TrustDialog
from align_tui.tui.keymap import DEFAULT, keymap_of
from align_tui.tui.keymap_file import screens
from align_tui.tui.launch import Launch
from align_tui.tui.screens.study.screen import StudyScreen
from tests.tui import fakes
from tests.tui.storms import DOORS

CODE = Path(align_tui.tui.__file__).parent
OWN = [chr(code) for code in range(0x410, 0x482)]  # letters that no default key is
WORDS = re.compile(
    r"⏎|↑↓|\b(?:escape|esc|enter|space|tab|ctrl\+\w|shift\+\w|F2|f2|pageup|page up)\b"
    r"|left/right|up/down"
)
# `u brings it back`, `x clears`, `a for all`: a letter or sign that stands like a word.
LETTER = re.compile(
    r"(?:^|[\s(,:;/])(?:[b-zB-Z?/]|a(?= (?:for|every|all)\b))(?= +[a-z])"
    r"|[:,;] A(?= [a-z]+s\b)|: [A-Za-z]$|\([a-z]\)|^[a-z] {3,}"
)
NO_KEYS = ("n behind each", "p is too small", "s whole", "/ found by a search", " s at most")


def moved() -> str:
    """A keymap file in which every action has another key."""
    out = []
    for section, kind in screens().items():
        own = [a for a in DEFAULT.keys(kind).actions if a.id.startswith(f"{section}.")]
        if own:
            before = sum(
                len(DEFAULT.keys(base).actions)
                for base in kind.__mro__[1:]
                if base in screens().values()
            )
            out.append(f"[{section}]")
            out += [
                f'{action.id.partition(".")[2]} = "{OWN[before + number]}"'
                for number, action in enumerate(own)
            ]
    return "\n".join(out)


def literals(tree: ast.AST) -> Iterator[ast.Constant]:
    """Every string in the code except docstrings and arguments of Binding."""
    if isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name) and tree.func.id == "Binding":
        return
    body = getattr(tree, "body", None)
    doc = body[0] if isinstance(body, list) and body and isinstance(body[0], ast.Expr) else None
    for child in ast.iter_child_nodes(tree):
        if child is doc:
            continue
        if isinstance(child, ast.Constant) and isinstance(child.value, str):
            yield child
        yield from literals(child)


def test_no_text_of_the_screen_names_a_key_by_hand() -> None:
    """A sentence names a key by its action, as `{study.pause}`, and the action exists."""
    known = {action.id for kind in screens().values() for action in DEFAULT.keys(kind).actions}
    allowed = {"tui/key_text.py", "tui/format/key_names.py", "tui/keyboard.py", "tui/keymap.py"}
    found, named = [], set()
    for path in sorted(CODE.rglob("*.py")):
        for text in literals(ast.parse(path.read_text(encoding="utf-8"))):
            said = str(text.value)
            named |= set(re.findall(r"\{([a-z0-9_]+\.[a-z0-9_]+)\}", said))
            if re.fullmatch(r"[a-z_]+\.[a-z0-9_]+", said) and said.partition(".")[0] in screens():
                named.add(said)
            wrong = WORDS.search(said) if " " in said.strip() else None
            wrong = wrong or (LETTER.search(said) if len(said) > 4 else None)
            if wrong and not any(each in said for each in NO_KEYS):
                found.append(f"{path.name}:{text.lineno}: {said!r}")
    assert [line for line in found if not any(line.startswith(Path(a).name) for a in allowed)] == []
    named = {each for each in named if not each.endswith(("_", ".tcss"))}
    assert len(named) > 80 and named - known == set()
    assert LETTER.search("in the trash: u brings it back") and LETTER.search(
        "enter here, a for all"
    )
    assert WORDS.search("press space to resume") and not LETTER.search("asks for a scenario")


def shown(app: AlignApp) -> str:
    """The text of the top screen, without texts of the study."""
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip) for strip in strips)


def hints(screen: Screen[Any]) -> list[str]:
    """The texts that name keys: the line at the bottom, the borders and the notices."""
    out = [str(getattr(widget, "border_subtitle", None) or "") for widget in screen.walk_children()]
    for widget in screen.query("#keys, .keys, #said"):
        out += ["".join(text for text, _ in line) for line in getattr(widget, "lines", ())]
    return [each for each in out if each.strip()]


def check(app: AlignApp, door: str) -> None:
    """No default key is shown, and hints show the moved keys of this screen."""
    assert (wrong := WORDS.search(shown(app))) is None, (door, wrong, hints(app.screen))
    for hint in hints(app.screen):
        hint = re.sub(r"\d (?:s|h)\b", "", hint)  # a time is no key
        assert LETTER.search(hint) is None, (door, hint)
        for label in re.findall(r"(\S+) (?:help|back|cancel)\b", hint):
            assert label in OWN, (door, hint)


async def press(app: AlignApp, pilot: Pilot[Any], key: str) -> None:
    """Press the moved key of the action that has this default key."""
    kind = type(app.screen)
    binding = DEFAULT.keys(kind).bound["question_mark" if key == "?" else
                                       "slash" if key == "/" else key][0]  # fmt: skip
    now = keymap_of(app).keys(kind).bound
    await pilot.press(next(new for new, bound in now.items() if bound[0].id == binding.id))


@pytest.fixture(autouse=True)
def every_key_moved(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_launch, "ensure_worker", lambda db: None)
    path = paths.user_keymap()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(moved(), encoding="utf-8")


async def test_every_screen_and_dialog_names_the_keys_that_it_has(
    path: Path, finished: tuple[str, Study], wait: Callable[..., Any]
) -> None:
    run, study = finished
    app = AlignApp(Launch(path, study, run, False), study)
    async with app.run_test(size=(110, 28)) as pilot:
        screen = app.screen
        assert isinstance(screen, StudyScreen)
        await wait(pilot, lambda: screen.snapshot.counts.done)
        await pilot.pause()
        assert any(" filter" in hint for hint in hints(screen))
        for door, (name, keys) in DOORS.items():
            if door in ("replay", "time", "live", "leave", "palette"):
                continue
            for key in keys:
                before = shown(app)
                await press(app, pilot, key)
                await wait(pilot, lambda before=before: shown(app) != before)
                if key in "rT":
                    await wait(pilot, lambda: getattr(app.screen, "shown", True))
            await wait(pilot, lambda name=name: type(app.screen).__name__ == name)
            await pilot.pause()
            check(app, door)
            while len(app.screen_stack) > 2:
                app.pop_screen()
            await pilot.pause()
        screen.host.say("")
        for act, said in (("x", "nothing failed here"), ("n", "")):
            await press(app, pilot, act)
            await wait(pilot, lambda said=said: said in screen.state.notice)
            check(app, act)
        screen.host.complain("It broke")
        await pilot.pause()
        check(app, "complaint")
        assert "closes this" in shown(app)


async def test_questions_and_replays_name_the_keys_that_they_have(
    path: Path, finished: tuple[str, Study], wait: Callable[..., Any]
) -> None:
    run, study = finished
    app = AlignApp(Launch(path, study, run, False, replay=True), study)
    async with app.run_test(size=(160, 40)) as pilot:
        screen = app.screen
        assert isinstance(screen, StudyScreen)
        await wait(pilot, lambda: screen.snapshot.transport is not None and screen.snapshot.panes)
        await pilot.pause()
        check(app, "replay")
        await press(app, pilot, "x")
        await wait(pilot, lambda: "a replay asks no model" in screen.state.notice)
        check(app, "replay's notice")
        screen.host.say("")
        # A moved key must not make a replay ask models.
        await pilot.press(keymap_of(app).keys(type(screen)).names.first("study.run_all"))
        await wait(pilot, lambda: "a replay asks no model" in screen.state.notice)
        dialogs: list[tuple[Screen[Any], str]] = [
            (LeaveDialog("demo", Counts(0, 0, 1, 2), False), "stay"),
            (TrustDialog(Code("model", "/somewhere", "0" * 64), False), "do not run it"),
            (MessageDialog("a title", "a text", False), "close"),
        ]
        for dialog, said in dialogs:
            app.push_screen(dialog)
            await wait(pilot, lambda said=said: said in shown(app))
            check(app, type(dialog).__name__)
            assert re.search(f"[{''.join(OWN)}] +{said}", shown(app)), shown(app)
            app.pop_screen()


async def test_an_empty_study_greets_with_the_keys_that_it_has(
    path: Path, wait: Callable[..., Any]
) -> None:
    study = fakes.study(2)
    app = AlignApp(Launch(path, study, None, False), study)
    async with app.run_test(size=(140, 40)) as pilot:
        await wait(pilot, lambda: "Nothing is decided" in shown(app))
        check(app, "greeting")
        for said in ("run the whole", "run this scenario", "help"):
            assert re.search(f"[{''.join(OWN)}]  {said}", shown(app)), said
        await press(app, pilot, "space")
        await wait(pilot, lambda: "nothing runs yet" in shown(app))
        check(app, "nothing runs")
