"""Saving from the screen: every format under its own name, and no file overwritten."""

from __future__ import annotations

from pathlib import Path

import pytest

from align_tui.core.errors import ConfigError, DatasetError
from align_tui.output.exporters.registry import EXPORTERS
from align_tui.output.save import save
from align_tui.store.database import Database
from tests.output.test_report import decided
from tests.plugins import installed
from tests.tui import fakes


@pytest.mark.parametrize("name", EXPORTERS)
def test_every_format_is_written_once(database: Database, tmp_path: Path, name: str) -> None:
    if name == "parquet":
        pytest.importorskip("pyarrow", reason="pyarrow (the extra `parquet`) is not installed here")
    run = decided(database, fakes.study(3, profiles=2))
    path = tmp_path / f"out{EXPORTERS.get(name).suffix}"
    assert save(database, run, name, path) == path
    before = path.read_bytes() if path.is_file() else str(sorted(path.rglob("*")))
    assert before and (path.is_dir() == (EXPORTERS.get(name).suffix == ""))
    with pytest.raises(DatasetError, match="exists already"):
        save(database, run, name, path)
    assert before == (path.read_bytes() if path.is_file() else str(sorted(path.rglob("*"))))


def test_another_packages_exporter_is_found(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = (
        "from align_tui.output.exporters.base import Exporter\n"
        "NAMES = Exporter('the name alone', '.txt', lambda db, run: iter([run]))\n"
    )
    points = {"align_tui.exporters": {"names": "names_plugin:NAMES", "broken": "nothing:HERE"}}
    with installed(tmp_path, monkeypatch, "names_plugin", source, points):
        EXPORTERS.refresh()
        run = decided(database, fakes.study(3, profiles=2))
        assert save(database, run, "names", tmp_path / "out.txt").read_text() == run
        assert list(dict(EXPORTERS.loaded())) == [*EXPORTERS.entries, "names"]
        with pytest.raises(ConfigError, match="'broken' cannot be loaded"):
            save(database, run, "broken", tmp_path / "none")
    EXPORTERS.refresh()
    with pytest.raises(ConfigError, match="no export format 'names'"):
        save(database, run, "names", tmp_path / "none")
