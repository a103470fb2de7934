"""The library of scenario sets: names, imports and exports."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from align_tui.config import paths
from align_tui.core.errors import DatasetError, OutputError
from align_tui.formats.library import (
    EXPORTS,
    export_set,
    find_scenarios,
    find_set,
    import_set,
    list_sets,
    safe_name,
)
from align_tui.formats.read import read_scenarios
from tests.formats.dataset_files import ATTRIBUTES, record

ROW = {"id": "1", "text": "t", "choices": [{"text": "a"}, {"text": "b"}]}


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the user's library, which does not exist yet."""
    folder = tmp_path / "data" / "scenarios"
    monkeypatch.setattr(paths, "user_scenarios", lambda: folder)
    return folder


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A library of shipped sets with one set."""
    folder = tmp_path / "shipped"
    folder.mkdir()
    (folder / "demo.toml").write_text('format = "align-tui/scenarios/1"', encoding="utf-8")
    monkeypatch.setattr(paths, "shipped_scenarios", lambda: folder)
    return folder


@pytest.fixture
def a_file(tmp_path: Path) -> Path:
    """A file of align-system on a scale of ten, with every kind of value that is kept."""
    path = tmp_path / "my set (1).json"
    rows = [record(label=[{"MoralDesert": 10}, {"MoralDesert": 5}], more=[None, "x"]), record()]
    path.write_text(json.dumps(rows), encoding="utf-8")
    return path


def test_import_and_find(mine: Path, shipped: Path, a_file: Path) -> None:
    assert [(e.name, e.origin) for e in list_sets()] == [("demo", "shipped")]
    entry, found = import_set(a_file, ATTRIBUTES)
    assert (entry.name, entry.path) == ("my-set-1", mine / "my-set-1.jsonl")
    assert "divided by 10" in found.notes[0]
    assert [e.name for e in list_sets()] == ["demo", "my-set-1"]
    again = find_scenarios("my-set-1", ATTRIBUTES)
    assert again.scenarios == found.scenarios
    assert again.hash == found.hash
    assert (again.name, again.format) == ("my-set-1", "native")
    assert [p.name for p in mine.iterdir()] == ["my-set-1.jsonl"]


def test_an_import_of_the_same_name_has_to_be_meant(mine: Path, a_file: Path) -> None:
    import_set(a_file, ATTRIBUTES, name="x")
    with pytest.raises(DatasetError, match="already an imported set called 'x'"):
        import_set(a_file, ATTRIBUTES, name="x")
    _, found = import_set(a_file, ATTRIBUTES, name="x", scale={"MoralDesert": 20}, overwrite=True)
    assert find_scenarios("x", ATTRIBUTES).scenarios == found.scenarios
    assert found.scenarios[0].choices[0].labels == {"moral_desert": 0.5}


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "../x", "a/b", "a\\b", "/etc/x", ".x", "-x", "a b", "é", "x\n", "x" * 101],
)
def test_a_name_never_leads_out_of_the_folder(mine: Path, a_file: Path, name: str) -> None:
    with pytest.raises(DatasetError, match="cannot be the name of a set"):
        import_set(a_file, ATTRIBUTES, name=name)
    assert not mine.exists()


@given(st.text())
def test_any_text_becomes_a_safe_name_or_an_error(text: str) -> None:
    try:
        name = safe_name(text)
    except DatasetError:
        assert not any(char.isascii() and char.isalnum() for char in text)
        return
    assert 1 <= len(name) <= 100
    assert all(char.isascii() and (char.isalnum() or char in "._-") for char in name)
    assert name[0] not in ".-"
    assert safe_name(name) == name


def test_a_set_may_be_named_by_its_path(
    mine: Path, shipped: Path, a_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert find_set(str(a_file)) == a_file
    assert len(find_scenarios(str(a_file), ATTRIBUTES)) == 2
    monkeypatch.chdir(a_file.parent)
    assert find_set(a_file.name) == Path(a_file.name)
    # A library name keeps its meaning, whatever is in the working folder.
    Path("demo").write_text("", encoding="utf-8")
    assert find_set("demo") == shipped / "demo.toml"
    with pytest.raises(DatasetError, match="No such file"):
        find_scenarios("no/such.json", ATTRIBUTES)
    for name in ("~nobody-of-that-name/x", "a\0b", "x" * 300):
        with pytest.raises(DatasetError):
            find_scenarios(name, ATTRIBUTES)


def test_an_unknown_name_gets_a_hint(mine: Path, shipped: Path) -> None:
    with pytest.raises(DatasetError, match="no scenario set called 'dmo'") as caught:
        find_set("dmo")
    assert "Did you mean demo" in caught.value.hint
    with pytest.raises(DatasetError) as caught:
        find_set("zzz")
    assert "Known sets: demo" in caught.value.hint
    assert "align-tui scenarios import FILE --name zzz" in caught.value.hint


def test_yours_hides_a_shipped_set(mine: Path, shipped: Path) -> None:
    mine.mkdir(parents=True)
    for ending in (".json", ".toml", ".jsonl", ".txt"):
        (mine / f"demo{ending}").write_text(json.dumps(ROW), encoding="utf-8")
    (mine / ".hidden.json").write_text("", encoding="utf-8")
    (entry,) = list_sets()
    assert (entry.origin, entry.path.name) == ("yours", "demo.jsonl")


@pytest.mark.parametrize("format_name", list(EXPORTS))
def test_export(a_file: Path, tmp_path: Path, format_name: str) -> None:
    found = read_scenarios(a_file, attributes=ATTRIBUTES)
    out = tmp_path / "out"
    export_set(found, out, format_name)
    assert read_scenarios(out, attributes=ATTRIBUTES).scenarios == found.scenarios


def test_export_says_what_it_cannot(a_file: Path, tmp_path: Path) -> None:
    found = read_scenarios(a_file, attributes=ATTRIBUTES)
    with pytest.raises(DatasetError, match="no export format 'csv'") as caught:
        export_set(found, tmp_path / "x", "csv")
    assert "align-system" in caught.value.hint
    for path, says in (
        (tmp_path / "none" / "x", "No such file"),
        (tmp_path, "not a regular file"),
        (tmp_path / "a\0b", "null"),
    ):
        with pytest.raises(OutputError, match=says):
            export_set(found, path, "jsonl")
    assert Path("/dev/null").is_char_device()
    assert sorted(p.name for p in tmp_path.iterdir()) == [a_file.name]


def test_a_write_that_fails_leaves_the_old_file(
    a_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = read_scenarios(a_file, attributes=ATTRIBUTES)
    out = tmp_path / "out"
    out.write_text("old", encoding="utf-8")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OutputError, match="cannot be written: No space left"):
        export_set(found, out, "toml")
    assert out.read_text(encoding="utf-8") == "old"
    assert sorted(p.name for p in tmp_path.iterdir()) == [a_file.name, "out"]


def test_the_shipped_sets_read() -> None:
    for path in sorted(paths.shipped_scenarios().glob("*")):
        found = read_scenarios(path, attributes=ATTRIBUTES)
        assert found.notes == (), path.name
