"""A study opens on the screen by its name or file, and the list says what each study needs."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from align_tui.cli import run as align_tui
from align_tui.cli import screen
from align_tui.config import first_start, paths
from align_tui.config.options import Options
from align_tui.core.errors import ConfigError
from align_tui.studies.library import find_study
from align_tui.web.command import Opened

Out = pytest.CaptureFixture[str]


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Options]:
    """The options with which the explorer was opened."""
    found: list[Options] = []

    def explore(options: Options, *args: Any, **more: Any) -> int:
        found.append(options)
        return 0

    monkeypatch.setattr(screen, "open_explorer", explore)
    return found


def test_a_study_opens_with_the_options_around_it(opened: list[Options], tmp_path: Path) -> None:
    study = tmp_path / "mine.toml"
    study.write_text('profiles = ["baseline"]\nscenarios = ["demo-triage"]\n', encoding="utf-8")
    after = ["--repeat", "3", "--scored-only", "--limit=5", "--scoring", "naacl"]
    assert align_tui([str(study), *after]) == 0
    assert align_tui(["-p", "random", str(study), *after]) == 0
    expected = Options(study=study, repeat=3, scored_only=True, limit=5, rule="naacl")
    assert opened[0] == expected
    assert opened[1].profiles == ("random",) and opened[1].study == study
    align_tui(["mta-all", "--order", "both", "--cluster", "none", "--margin", "0.1"])
    shipped = paths.shipped_examples() / "mta-all.toml"
    assert opened[2] == Options(study=shipped, order="both", cluster="none", margin=0.1)
    for asked in opened:  # a tab of `align-tui serve` opens the same
        align_tui(Opened(asked).words())
        assert opened.pop() == asked


def test_a_command_wins_over_a_study_of_its_name(
    opened: list[Options], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Out
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("keys").write_text('profiles = ["baseline"]\nscenarios = ["demo-triage"]\n')
    assert align_tui(["keys"]) == 0
    assert "[study]" in capsys.readouterr().out and not opened
    align_tui(["./keys"])
    assert opened == [Options(study=Path("./keys"))]


def test_a_folder_does_not_hide_a_shipped_study(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("demo").mkdir()
    assert find_study(Path("demo")) == paths.shipped_examples() / "demo.toml"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["mta-al"], "Did you mean mta-all"),
        (["shwo"], "Did you mean show"),
        (["qqq"], "There is no command or study qqq"),
        (["demo", "mta-all"], "The screen opens one study: leave out 'mta-all'"),
        (["demo", "run"], "Give the command 'run' first, and 'demo' after it"),
        (["--nonsense", "demo"], "--nonsense"),
    ],
)
def test_an_unknown_word_names_the_nearest(
    words: list[str], said: str, opened: list[Options], capsys: Out
) -> None:
    assert align_tui(words) == 2
    assert said in " ".join(capsys.readouterr().err.split()) and not opened


def test_the_list_says_what_each_study_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Out
) -> None:
    shipped = tmp_path / "shipped"
    shipped.mkdir()
    for name in ("demo.toml", "mta-moral-desert.toml"):
        shutil.copy(paths.shipped_examples() / name, shipped)
    monkeypatch.setattr(paths, "shipped_examples", lambda: shipped)
    own = 'description = "Mine"\nprofiles = ["baseline", "random"]\nscenarios = ["demo-triage"]\n'
    (tmp_path / "own.toml").write_text(own)
    (tmp_path / "absent.toml").write_text(own + 'backbone = "mistral-7b"\n')
    (tmp_path / "profile.toml").write_text('extends = "baseline"\n')
    (tmp_path / "wrong.toml").write_text(own + "repaet = 2\n")
    monkeypatch.chdir(tmp_path)
    assert align_tui(["studies", "list", "--json"]) == 0
    found = {each["study"]: each for each in map(json.loads, capsys.readouterr().out.splitlines())}
    demo, mta, mine = found["demo"], found["mta-moral-desert"], found["own.toml"]
    assert (demo["columns"], demo["scenarios"], demo["here"]) == (4, 40, True)
    assert (mta["columns"], mta["scenarios"], mta["here"]) == (3, None, False)
    assert "no scenario set called 'mta'" in mta["lacks"]
    assert (mine["what"], mine["columns"], mine["origin"]) == ("Mine", 2, "this folder")
    assert "mistralai/" in found["absent.toml"]["lacks"]
    assert "repaet" in found["wrong.toml"]["lacks"] and "profile.toml" not in found
    assert align_tui(["studies", "list", str(tmp_path / "none")]) == 2


def test_the_greeting_is_remembered_as_put_away() -> None:
    assert not first_start.is_greeted()
    first_start.put_away()
    assert first_start.is_greeted()


def test_a_study_that_is_not_there_names_no_command() -> None:
    with pytest.raises(ConfigError, match="no study file") as told:
        find_study(Path("shwo"))
    assert "show" not in str(told.value.hint)
