"""A few hundred hostile files; tools/fuzz_readers.py reads tens of thousands."""

from __future__ import annotations

from pathlib import Path

import pytest

from align_tui.config.reading.files import open_regular, read_text
from align_tui.core.errors import ConfigError, DatasetError
from tests.fuzzing.nasty import no_files
from tests.fuzzing.readers import READERS, Figures, fuzz


def test_no_file_escapes_hangs_or_eats_the_memory(tmp_path: Path) -> None:
    # The templates among them have tests of their own, in test_template_price.py.
    figures = fuzz(400, seed=3, folder=tmp_path, largest=5_000, without=["template"])
    assert figures.escapes == []
    assert figures.over_5_s == 0, figures.slow
    assert figures.refused > 200 and figures.accepted > 10  # both kinds came up


def test_a_reader_that_raises_or_hangs_would_be_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise the test above would promise nothing."""

    def raises(path: Path) -> None:
        raise KeyError("oops")

    def hangs(path: Path) -> None:
        while True:
            pass

    monkeypatch.setattr("tests.fuzzing.readers.LONGEST", 0.2)
    figures = Figures()
    for reader in (raises, hangs):
        monkeypatch.setitem(READERS, "profile", reader)
        figures.read("profile", tmp_path, "x")
    assert [each["said"].split("\n")[-2][:6] for each in figures.escapes] == ["KeyErr", "tests."]


def test_what_is_no_regular_file_is_refused_at_once(tmp_path: Path) -> None:
    for path in no_files(tmp_path):
        with pytest.raises(ConfigError) as caught:
            read_text(path, 1000)
        assert caught.value.message and caught.value.hint


def test_the_error_is_of_the_readers_kind(tmp_path: Path) -> None:
    with pytest.raises(DatasetError), open_regular(tmp_path / "none", DatasetError):
        pass
