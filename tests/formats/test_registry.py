"""Scenario formats by name, including those of other packages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from align_tui.config.attributes import load_attributes
from align_tui.core.errors import DatasetError
from align_tui.formats import registry
from align_tui.formats.read import read_scenarios
from tests.plugins import installed

MODULE = """
from align_tui.formats.base import ScenarioFormat
from align_tui.formats.drafts import Draft


def records(text, place):
    return [line.split(";") for line in text.splitlines()[1:]]


def drafts(entries, place):
    return [
        Draft(place.at(number), row[0], row[1], tuple(row[2:]), tuple({} for _ in row[2:]))
        for number, row in enumerate(entries, start=1)
    ]


CSV = ScenarioFormat(
    "semicolons", "files of semicolons", lambda first: False, drafts,
    looks_like_text=lambda text: text.startswith("id;"), records=records,
)
"""
TEXT = "id;text;choices\ns1;Whom first?;Treat A;Treat B\ns2;And now?;Treat A;Treat B;Wait\n"


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    group = {"align_tui.formats": {"semicolons": "semicolon_plugin:CSV", "bad": "no_module:X"}}
    with installed(tmp_path, monkeypatch, "semicolon_plugin", MODULE, group):
        registry.FORMATS.refresh()
        yield
    registry.FORMATS.refresh()


def test_a_format_of_another_package_is_read(package: None, tmp_path: Path) -> None:
    path = tmp_path / "cases.csv"
    path.write_text(TEXT, encoding="utf-8")
    found = read_scenarios(path, attributes=load_attributes())
    assert found.format == "semicolons" and len(found) == 2
    assert found.scenarios[1].choice_texts == ("Treat A", "Treat B", "Wait")


def test_what_it_cannot_read_is_told_with_its_name(package: None, tmp_path: Path) -> None:
    path = tmp_path / "cases.csv"
    path.write_text("id;text\nalone\n", encoding="utf-8")
    with pytest.raises(DatasetError, match="the format semicolons failed: IndexError"):
        read_scenarios(path, attributes=load_attributes())
    path.write_text("no;format;at all", encoding="utf-8")
    with pytest.raises(DatasetError) as told:
        read_scenarios(path, attributes=load_attributes())
    assert "files of semicolons" in told.value.hint


def test_ours_cannot_be_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    group = {"align_tui.formats": {"mta": "other:X"}}
    with installed(tmp_path, monkeypatch, "other", "X = 1", group):
        fresh = type(registry.FORMATS)(
            "format", registry.FORMATS.group, registry.FORMATS.of, registry.FORMATS.entries
        )
        assert list(fresh) == ["native", "mta", "globalopinionqa", "align-system"]
        assert fresh.get("mta").name == "mta"
