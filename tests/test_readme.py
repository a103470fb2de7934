"""The README is right: its commands and options exist, and its links have targets."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
import typer

from align_tui.cli.app import app
from tests.conftest import REPO

README = (REPO / "README.md").read_text(encoding="utf-8")
DOCS = sorted((REPO / "docs").glob("*.md"))
STUDIES = {"STUDY", *(path.stem for path in (REPO / "examples").glob("*.toml"))}


def command_lines(text: str) -> Iterator[list[str]]:
    for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL):
        for line in re.findall(r"^(align-tui.*)$", block, re.MULTILINE):
            yield shlex.split(line.partition("  #")[0].partition(">")[0])
    for line in re.findall(r"`(align-tui[^`]*)`", text):
        yield shlex.split(line)


def check(words: list[str]) -> None:
    command = group = cast(Any, typer.main.get_command(app))
    rest = words[1:]
    while rest and hasattr(command, "commands"):
        if rest[0].startswith("-"):
            break
        if command is group and rest[0] in STUDIES:
            command, rest = group.commands["run"], rest[1:]  # a study takes the options of `run`
            break
        assert rest[0] in command.commands, f"no such command: {' '.join(words)}"
        command = command.commands[rest.pop(0)]
    known = {name for param in command.params for name in (*param.opts, *param.secondary_opts)}
    known |= {"--help", "-h", "--debug"}
    for word in rest:
        if word.startswith("-") and len(word) > 1:
            assert word.partition("=")[0] in known, f"no such option: {' '.join(words)}"


@pytest.mark.parametrize("path", [REPO / "README.md", *DOCS], ids=lambda path: path.name)
def test_commands_exist(path: Path) -> None:
    for words in command_lines(path.read_text(encoding="utf-8")):
        check(words)


@pytest.mark.parametrize(
    "path", [REPO / "README.md", REPO / "CHANGELOG.md", *DOCS], ids=lambda path: path.name
)
def test_links_lead_somewhere(path: Path) -> None:
    for link in re.findall(r"\]\(([^)#]+)", path.read_text(encoding="utf-8")):
        if not link.startswith("http"):
            assert (path.parent / link).exists(), link


def test_the_two_commands_are_targets() -> None:
    makefile = (REPO / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"^make (\w+)", README, re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE)
    assert "make test" in (REPO / ".ci" / "run").read_text(encoding="utf-8")


def test_every_dependency_has_its_reason_and_its_pin() -> None:
    text = (REPO / "pyproject.toml").read_text(encoding="utf-8")
    block = text.split("dependencies = [")[1].split("\n]")[0]
    pins = (REPO / "constraints.txt").read_text(encoding="utf-8").lower().replace("_", "-")
    for line in filter(None, map(str.strip, block.splitlines())):
        name = re.findall(r'"([\w\-]+)', line)[0]
        assert "#" in line, f"{name} has no reason"
        assert re.search(rf"^{name}==", pins, re.MULTILINE), f"{name} is not pinned"


def test_no_upper_bound_on_torch() -> None:
    text = (REPO / "pyproject.toml").read_text(encoding="utf-8")
    [bound] = re.findall(r'"torch([<>=~!][^"]*)"', text)
    assert "<" not in bound and "==" not in bound
