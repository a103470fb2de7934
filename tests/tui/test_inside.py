"""The decision screen: its parts, which the user can copy, keep and open in a pager."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from align_tui.config import paths
from align_tui.config.study import Study
from align_tui.core.errors import ConfigError
from align_tui.core.types import content_hash
from align_tui.monitor.decision_detail import DecisionDetail, read_detail
from align_tui.monitor.snapshot import Shown
from align_tui.store import results, runs
from align_tui.store.database import Database
from align_tui.tui import pager
from align_tui.tui.format.decision_detail import sections
from align_tui.tui.format.glyphs import ASCII, UNICODE
from align_tui.tui.screens.decision.screen import DecisionScreen
from tests.tui import fakes
from tests.tui.test_screen import opened, words

Finished = tuple[str, Study]


def inside(db: Database, finished: Finished, profile: int = 1, glyphs: Any = UNICODE) -> Any:
    run, study = finished
    state = next(s for s in results.states(db, run, 0) if s.profile == profile)
    shown = Shown(profile, 0, state.id, "done", result=results.result_of(db, state.id))
    of = (study.profiles[profile], study.scenarios[0])
    return sections(read_detail(db, study, *of, shown), glyphs), state.id


def test_every_part_is_there_and_as_it_was(db: Database, finished: Finished) -> None:
    found, sample = inside(db, finished)
    parts = {section.title: section.text for section in found}
    [reply] = results.responses_of(db, sample)
    assert list(parts) == [
        "everything", "decision", "messages", "prompt", "raw reply", "schema", "cost", "hashes",
    ]  # fmt: skip
    assert parts["prompt"] == reply.prompt and parts["raw reply"] == reply.raw
    assert content_hash(reply.prompt) in parts["hashes"]
    scenario = finished[1].scenarios[0]
    for digest in (scenario.hash, scenario.seen_hash, scenario.scored_hash):
        assert digest in parts["hashes"]
    assert "seeds from  the scenario's text and choices\n" in parts["hashes"]
    assert finished[1].profiles[1].hash in parts["hashes"]
    assert all(text in parts["everything"] for text in list(parts.values())[1:])
    # The fake worker made its own prompt, so no part of it is marked.
    assert "is not marked" in parts["messages"]


@pytest.mark.parametrize(("glyphs", "marks"), [(UNICODE, "⟦⟧"), (ASCII, ("[[", "]]"))])
def test_what_the_attribute_put_in_stands_between_signs(
    db: Database, finished: Finished, glyphs: Any, marks: Any
) -> None:
    _run, study = finished
    _, sample = inside(db, finished)
    [reply] = results.responses_of(db, sample)
    reply = replace(reply, messages=({"role": "system", "content": "Be x."},))
    where = [((("Be ", False), ("x", True), (".", False)),)]
    of = (study.profiles[1], study.scenarios[0], Shown(1, 0, sample, "done"))
    made = sections(DecisionDetail(*of, [reply], {}, where), glyphs)
    text = next(section.text for section in made if section.title == "messages")
    assert f"Be {marks[0]}x{marks[1]}." in text


def test_the_traceback_of_a_failed_sample_is_a_part_of_its_own(db: Database) -> None:
    """The traceback has its own part; the pane and the decision show only the sentence."""
    study = fakes.study(1, 2)
    run = runs.create_run(db, study, {})
    worker = fakes.FakeWorker(db, study)
    trace = 'Traceback (most recent call last):\n  File "mine.py", line 3\nKeyError: \x1b[2J'
    first, second = worker.claim(2)
    worker.fail(first, "internal", "KeyError: weight", trace)
    worker.fail(second, "truncated", "The reply was cut")
    parts, _ = inside(db, (run, study), 0)
    titles = [part.title for part in parts]
    assert titles == ["everything", "decision", "traceback", "hashes"]
    assert parts[2].text == trace and trace in parts[0].text
    assert "KeyError: weight" in parts[1].text and "Traceback" not in parts[1].text
    parts, _ = inside(db, (run, study), 1)
    assert [part.title for part in parts] == ["everything", "decision", "hashes"]


async def test_a_pane_says_the_sentence_and_inside_has_the_traceback(
    path: Path, db: Database, wait: Any
) -> None:
    study = fakes.study(1, 1)
    run = runs.create_run(db, study, {})
    worker = fakes.FakeWorker(db, study)
    worker.fail(worker.claim(1)[0], "adm", "mine.py raised KeyError", "Traceback: its own line 3")
    app = opened(path, study, run)
    async with app.run_test(size=(120, 40)) as pilot:
        await wait(pilot, lambda: "mine.py raised KeyError" in words(app))
        assert "its own line 3" not in words(app)
        await pilot.press("i")
        await wait(pilot, lambda: "its own line 3" in words(app))


def test_a_decision_without_a_model(db: Database, finished: Finished) -> None:
    _run, study = finished
    made = sections(DecisionDetail(study.profiles[0], study.scenarios[0], Shown(0)), UNICODE)
    assert [section.title for section in made] == ["everything", "decision", "hashes"]
    assert "No model was asked" in made[0].text


def test_the_pager_is_the_users() -> None:
    path = os.environ["PATH"]
    here = f"{sys.executable} -x 'a b'"
    assert pager.pager_command({"PAGER": here, "PATH": path}) == [sys.executable, "-x", "a b"]
    for environ in ({"PAGER": "no-such-pager"}, {"PAGER": "'"}, {"PATH": "/nowhere"}):
        with pytest.raises(ConfigError):
            pager.pager_command(environ | {"PATH": environ.get("PATH", path)})


def test_a_kept_text_stays_in_its_folder() -> None:
    path = pager.keep("../../evil\x1b/ \n name", "text\x1b[31m")
    assert path.parent == paths.state_dir() / "copied" and path.read_text() == "text\x1b[31m"
    assert path.name.isprintable() and "/" not in path.name


async def test_parts_are_stepped_through_copied_and_kept(
    path: Path, db: Database, finished: Finished, wait: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, study = finished
    app = opened(path, study, run)
    async with app.run_test(size=(100, 30)) as pilot:
        await wait(pilot, lambda: "stronger" in words(app))
        await pilot.press("1", "i")
        await wait(pilot, lambda: isinstance(app.screen, DecisionScreen))
        screen = app.screen
        assert isinstance(screen, DecisionScreen)
        await pilot.press("tab", "tab", "tab")
        await wait(pilot, lambda: "prompt 4/8" in words(app))
        await pilot.press("y")
        await wait(pilot, lambda: "copied (OSC 52)" in words(app))
        prompt = screen.sections[3].text
        assert app.clipboard == prompt
        [kept] = (paths.state_dir() / "copied").iterdir()
        assert kept.read_text() == prompt and kept.name.endswith("-prompt.txt")
        monkeypatch.setenv("PAGER", "no-such-pager")
        await pilot.press("o")
        await wait(pilot, lambda: "no pager" in words(app))
        monkeypatch.setenv("PAGER", sys.executable)
        await pilot.press("shift+tab", "o")
        await wait(pilot, lambda: "cannot run in this terminal" in words(app))
        await pilot.press("escape")
        assert app.screen is not screen


class RealTerminal:
    """A program in a pty, whose output is searched as it is."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self.seen = b""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execvpe(command[0], command, environment)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))

    def until(self, words: bytes, seconds: float = 60.0) -> None:
        """Read until the program has written these words since the last call."""
        end = time.monotonic() + seconds
        while words not in self.seen:
            assert time.monotonic() < end, f"never wrote {words!r}: {self.seen[-2000:]!r}"
            if select.select([self.fd], [], [], 0.1)[0]:
                self.seen += os.read(self.fd, 1 << 16)
        self.seen = self.seen.partition(words)[2]

    def close(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.fd)


def test_a_real_terminal_is_handed_to_the_pager_and_back(
    path: Path, finished: Finished, tmp_path: Path
) -> None:
    run, _study = finished
    script = tmp_path / "pager.sh"
    script.write_text('#!/bin/sh\ncat "$1"\necho PAGED\nread x\n')
    script.chmod(0o755)
    environment = {**os.environ, "PAGER": str(script), "TERM": "xterm-256color",
                   "LC_ALL": "C.UTF-8"}  # fmt: skip
    terminal = RealTerminal([sys.executable, "-m", "align_tui", "--run", run], environment)
    try:
        terminal.until(b"stronger")
        os.write(terminal.fd, b"i")
        terminal.until(b"everything")
        os.write(terminal.fd, b"o")
        terminal.until(fakes.scenarios(1)[0].hash.encode())
        terminal.until(b"PAGED")
        os.write(terminal.fd, b"\n")
        terminal.until(b"everything")
    finally:
        terminal.close()
