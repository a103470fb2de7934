"""--help: every command and option says what it does, all of them in the same form."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import typer

from align_tui.cli import run as align_tui
from align_tui.cli.app import app

Out = pytest.CaptureFixture[str]
NOUN = ("A ", "An ", "The ")


def commands(command: Any = None, path: str = "align-tui") -> Iterator[tuple[str, Any]]:
    """(command line, command) of every command and group, the program itself first."""
    command = command or typer.main.get_command(app)
    yield path, command
    for name, each in getattr(command, "commands", {}).items():
        yield from commands(each, f"{path} {name}")


def parameters(kind: str) -> Iterator[tuple[str, Any]]:
    """(command line and name, parameter) of every visible argument or option of ours."""
    for path, command in commands():
        for each in command.params:
            ours = each.name not in ("install_completion", "show_completion", "help")
            if each.param_type_name == kind and not getattr(each, "hidden", False) and ours:
                yield f"{path} {max((*each.opts, each.name), key=len)}", each


def test_an_options_help_begins_with_a_verb_and_ends_with_a_full_stop() -> None:
    for name, option in parameters("option"):
        text = option.help or ""
        assert text[:1].isupper() and text.endswith("."), name
        # "Write to this file", not "The file to write": a verb, as in the help of all others.
        assert not text.startswith((*NOUN, "How ", "In ", "Which ")), name
        assert not text.split()[0].endswith(("s", "ed", "ing")), name


def test_an_arguments_help_names_it() -> None:
    for name, argument in parameters("argument"):
        text = argument.help or ""
        assert text.startswith(NOUN) and text.endswith("."), name
        assert argument.metavar and argument.metavar == argument.metavar.upper(), name


def test_an_option_that_takes_a_value_names_it() -> None:
    for name, option in parameters("option"):
        assert option.is_flag or option.metavar, name


def test_an_option_says_whether_it_may_be_repeated() -> None:
    for name, option in parameters("option"):
        text = (option.help or "").removesuffix(" to compare models.")
        assert option.multiple == text.endswith((" Repeatable.", " Repeat it")), name


def test_a_default_is_told_in_one_form() -> None:
    for name, option in parameters("option"):
        text = option.help or ""
        assert ("default" in text.lower()) == ("(default: " in text), name


def test_the_same_option_reads_the_same_in_run_serve_and_on_the_screen() -> None:
    of = {path: {each.name: each for each in command.params} for path, command in commands()}
    screen, run, serve = (of[path] for path in ("align-tui", "align-tui run", "align-tui serve"))
    shared = [name for name in run if name in screen and name in serve]
    assert {"profile", "limit", "scored_only", "cluster", "margin", "db"} <= set(shared)
    for name in shared:
        assert name == "study" or (
            run[name].help == screen[name].help == serve[name].help
            and run[name].opts == screen[name].opts == serve[name].opts
        ), name


def test_a_list_of_commands_shows_whole_sentences(
    capsys: Out, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    for path, command in commands():
        help_text = " ".join((command.help or "").split())
        assert help_text[:1].isupper() and help_text.endswith((".", "NAME.")), path
        if hasattr(command, "commands"):
            assert align_tui([*path.split()[1:], "--help"]) == 0
            listed = capsys.readouterr().out.partition("\nCommands:\n")[2].partition("\n\n")[0]
            assert listed and "..." not in listed, listed


@pytest.mark.parametrize(
    "words", [["--db", "x.db", "runs"], ["--limit", "2", "run"], ["--run", "k3f9", "show"]]
)
def test_options_before_a_command_are_refused_and_not_dropped(
    words: list[str], capsys: Out
) -> None:
    assert align_tui(words) == 2
    said = " ".join(capsys.readouterr().err.split())
    assert f"Give the options after the command: align-tui {words[-1]} OPTIONS." in said
