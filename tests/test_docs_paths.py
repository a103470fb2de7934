"""The documents name files and folders that exist in this tree."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from tests.conftest import REPO

DOCUMENTS = [REPO / "README.md", REPO / "CONTRIBUTING.md", *sorted((REPO / "docs").glob("*.md"))]
TOP = ("align_tui", "tests", "tools", "docs", "examples", "profiles")
IN_BACKTICKS = re.compile(r"`((?:[\w-]+/)*[\w.-]+\.py|(?:[\w-]+/)+)`")
ANYWHERE = re.compile(r"(?<![\w./~$-])((?:[\w-]+/)+[\w-]+\.py)\b")  # pytest's ::test may follow
OF_A_USER = {"random.py"}  # a file that a user may have, as an example


@cache
def names() -> frozenset[str]:
    """Every file and folder of the tree by each end of its path; folders end with a slash."""
    found = set()
    for top in TOP:
        for path in [REPO / top, *(REPO / top).rglob("*")]:
            parts = path.relative_to(REPO).parts
            end = "/" if path.is_dir() else ""
            if "__pycache__" not in parts:
                found |= {"/".join(parts[i:]) + end for i in range(len(parts))}
    return frozenset(found)


def named(text: str) -> set[str]:
    """The paths that a document names."""
    prose = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    return {*IN_BACKTICKS.findall(prose), *ANYWHERE.findall(prose)} - OF_A_USER


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_paths_exist(path: Path) -> None:
    missing = named(path.read_text(encoding="utf-8")) - names()
    assert not missing, f"{path.name} names what does not exist: {', '.join(sorted(missing))}"


def test_a_path_that_does_not_exist_is_found() -> None:
    text = "See `core/nowhere.py`, `core/errors.py`, `nothing/` and tests/no_such_test.py::test."
    assert named(text) - names() == {"core/nowhere.py", "nothing/", "tests/no_such_test.py"}


def test_every_room_has_a_row_in_the_table() -> None:
    rooms = {
        f"{path.name}/"
        for path in (REPO / "align_tui").iterdir()
        if path.is_dir() and not path.name.startswith("__")
    }
    text = (REPO / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+/)` \|", text.partition("## Inside the screen")[0], re.MULTILINE)
    assert sorted(rows) == sorted(rooms)


def test_every_registry_has_a_row_in_where_do_i() -> None:
    groups = {
        group
        for path in (REPO / "align_tui").rglob("*.py")
        for group in re.findall(
            r'Registry\(\s*"[^"]+",\s*"(align_tui\.\w+)"', path.read_text(encoding="utf-8")
        )
    }
    text = (REPO / "docs" / "architecture.md").read_text(encoding="utf-8")
    assert groups
    assert groups == set(re.findall(r"^\| `[^`]+` \| `(align_tui\.\w+)` \|", text, re.MULTILINE))


def test_where_do_i_has_each_entry_once() -> None:
    text = (REPO / "docs" / "architecture.md").read_text(encoding="utf-8")
    section = text.partition("## Where do I ...")[2].partition("\n## ")[0]
    entries = re.findall(r"^- \*\*(.+?)\*\*", section, re.MULTILINE)
    assert len(entries) > 20
    assert len(entries) == len(set(entries))
