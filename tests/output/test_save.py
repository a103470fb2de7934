"""Saving from the screen: every format under its own name, and nothing written over."""

from __future__ import annotations

from pathlib import Path

import pytest

from align_tui.core.errors import DatasetError
from align_tui.output.save import FORMATS, save
from align_tui.store.database import Database
from tests.output.test_report import decided
from tests.tui import fakes


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_is_written_once(database: Database, tmp_path: Path, name: str) -> None:
    run = decided(database, fakes.study(3, profiles=2))
    path = tmp_path / f"out{FORMATS[name][1]}"
    assert save(database, run, name, path) == path
    before = path.read_text("utf-8") if path.is_file() else str(sorted(path.rglob("*")))
    assert before and (path.is_dir() == (FORMATS[name][1] == ""))
    with pytest.raises(DatasetError, match="exists already"):
        save(database, run, name, path)
    assert before == (path.read_text("utf-8") if path.is_file() else str(sorted(path.rglob("*"))))
