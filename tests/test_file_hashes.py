"""Hashes of files: each is read once while it stays as it is."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import pytest

from align_tui.files import hashes
from align_tui.files.hashes import NAME, Stopped, hashes_of


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files that are read for their hash, in order."""
    found: list[Path] = []
    real = hashes._sha256

    def counted(path: Path, stopped: object) -> str:
        found.append(path)
        return real(path, lambda: False)

    monkeypatch.setattr(hashes, "_sha256", counted)
    return found


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_a_file_is_read_again_only_when_it_changed(tmp_path: Path, reads: list[Path]) -> None:
    cache = tmp_path / "cache"
    one, two = write(tmp_path / "one", "1"), write(tmp_path / "two", "2")
    found = hashes_of([one, two], cache)
    assert found[one] == hashlib.sha256(b"1").hexdigest() and reads == [one, two]
    assert hashes_of([one, two], cache) == found and len(reads) == 2
    os.utime(one, ns=(1, 1))  # equal bytes, but another time of change
    assert hashes_of([one, two], cache) == found and reads[2:] == [one]
    two.rename(tmp_path / "old")
    write(two, "3")  # another inode
    assert hashes_of([two], cache)[two] == hashlib.sha256(b"3").hexdigest()
    assert reads[3:] == [two]


@pytest.mark.parametrize(
    "body", ["", "{", "[]", "7", '{"a": 1}', '{"PATH": [1, 2, 3, "x"]}', '{"PATH": ["a"]}',
             '{"PATH": [1, 2, null, "00"]}', "[" * 100_000],
)  # fmt: skip
def test_a_hostile_cache_is_an_empty_one(tmp_path: Path, body: str, reads: list[Path]) -> None:
    file, cache = write(tmp_path / "f", "x"), tmp_path / "cache"
    cache.mkdir()
    (cache / NAME).write_text(body.replace("PATH", str(file)))
    assert hashes_of([file], cache)[file] == hashlib.sha256(b"x").hexdigest()
    assert reads == [file]
    assert list(json.loads((cache / NAME).read_text())) == [str(file)]


def test_a_cache_that_cannot_be_written_costs_reading_alone(
    tmp_path: Path, reads: list[Path]
) -> None:
    file = write(tmp_path / "f", "x")
    blocked = write(tmp_path / "blocked", "a file, not a folder")
    for _ in range(2):
        assert hashes_of([file], blocked)[file] == hashlib.sha256(b"x").hexdigest()
    assert len(reads) == 2


def test_reading_stops_when_nobody_needs_it(tmp_path: Path) -> None:
    with pytest.raises(Stopped):
        hashes_of([write(tmp_path / "f", "x")], tmp_path / "cache", lambda: True)
