"""Reading any file gives scenarios or a DatasetError that names the place."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from align_tui.core.errors import DatasetError
from align_tui.formats import files
from align_tui.formats.read import read_scenarios
from tests.formats.dataset_files import ATTRIBUTES, mta, read, record, source

GOOD = {"id": "é", "text": "t", "choices": [{"text": "a"}, {"text": "b"}]}


@pytest.mark.parametrize("content", [b"", b"  \n ", b"\xef\xbb\xbf"])
def test_empty(content: bytes) -> None:
    with pytest.raises(DatasetError, match="the file is empty"):
        read(content)


@pytest.mark.parametrize("content", [b"[]", b"[ ]\n"])
def test_no_scenarios(content: bytes) -> None:
    with pytest.raises(DatasetError, match="it has no scenarios"):
        read(content)


def test_a_byte_order_mark_is_taken_off() -> None:
    assert read(json.dumps(GOOD, ensure_ascii=False).encode("utf-8-sig")).scenarios[0].key == "é"


@pytest.mark.parametrize(
    ("encoding", "hint"),
    [("utf-16", "UTF-8"), ("utf-16-le", "UTF-8"), ("utf-32", "UTF-8"), ("latin-1", "Latin-1")],
)
def test_other_encodings_are_refused_with_a_hint(encoding: str, hint: str) -> None:
    with pytest.raises(DatasetError, match="some scenarios is not UTF-8") as caught:
        read(json.dumps(GOOD, ensure_ascii=False).encode(encoding))
    assert hint in caught.value.hint


def test_cut_files() -> None:
    for body in ([mta(), mta()], [record(), record()]):
        text = json.dumps(body)
        for end in range(1, len(text), 7):
            with pytest.raises(DatasetError, match=r"not JSON|not TOML") as caught:
                read(text[:end])
            assert caught.value.hint


@pytest.mark.parametrize(
    "content", ["3", '"x"', "null", "true", "[3]", '["x"]', "[[]]", "[[3]]", "[null]", "{}", "x"]
)
def test_what_is_no_scenario_file_at_all(content: str) -> None:
    with pytest.raises(DatasetError):
        read(content)


@pytest.mark.parametrize("depth", [100, 5_000, 200_000])
def test_deep_nesting(depth: int) -> None:
    for opening, closing in (("[", "]"), ('{"a":', "}")):
        deep = opening * depth + "1" + closing * depth
        for content in (deep, f'[{{"input": {deep}}}]', json.dumps(GOOD)[:-1] + f', "x": {deep}}}'):
            with pytest.raises(DatasetError, match=r"nested|format|must be|line 1"):
                read(content)


def test_lone_surrogates_become_marks() -> None:
    text = json.dumps({**GOOD, "text": "a\ud800b\ud83d\ude00", "\udfff": "\udc00"})
    scenario = read(text).scenarios[0]
    assert scenario.text == "a\ufffdb😀"
    assert scenario.source["extra"] == {"\ufffd": "\ufffd"}


def test_huge_numbers() -> None:
    with pytest.raises(DatasetError, match="not JSON"):
        read('[{"input": ' + "9" * 5_000 + "}]")
    with pytest.raises(DatasetError, match="thousands of digits"):
        read('format = "align-tui/scenarios/1"\nx = 0x' + "f" * 5_000)
    assert source(read([record(big=2**200)]).scenarios[0])["record"]["big"] == 2**200


def test_limits() -> None:
    many = [{"text": str(i)} for i in range(65)]
    for change, says in (
        ({"choices": many}, "more than 64"),
        ({"text": "x" * 200_001}, "longer than 200000"),
        ({"choices": [{"text": "a"}, {"text": "x" * 4_001}]}, "longer than 4000"),
        ({"id": "x" * 501}, "1 to 500"),
    ):
        with pytest.raises(DatasetError, match=says):
            read({**GOOD, **change})


def test_paths_that_are_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to("loop")
    for path, says in (
        (tmp_path, "is a folder"),
        (tmp_path / "none.json", "No such file"),
        (tmp_path / "pipe", "not a regular file"),
        (tmp_path / "loop", "symbolic links"),
        (tmp_path / "a\0b", "null"),
        (tmp_path / ("x" * 300), "too long"),
        (Path("/dev/zero"), "not a regular file"),
    ):
        with pytest.raises(DatasetError, match=says) as caught:
            read_scenarios(path, attributes=ATTRIBUTES)
        assert caught.value.hint


def test_files_that_are_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    huge = tmp_path / "huge"
    with huge.open("wb") as file:
        file.truncate(files.MAX_BYTES * 1000)  # sparse: takes no room
    monkeypatch.setattr(files, "MAX_BYTES", 1000)
    with pytest.raises(DatasetError, match=r"larger than 0\.001 MB"):
        read_scenarios(huge, attributes=ATTRIBUTES)


def test_an_error_can_be_printed_whatever_the_file_is_called(tmp_path: Path) -> None:
    path = tmp_path / "a\x1b[31m\udcff.json"
    with pytest.raises(DatasetError) as caught:
        read_scenarios(path, attributes=ATTRIBUTES)
    caught.value.message.encode("utf-8")
    assert "\x1b" not in caught.value.message


@settings(max_examples=150, deadline=None)
@given(content=st.binary(max_size=80) | st.text(max_size=60).map(str.encode))
def test_any_bytes(content: bytes) -> None:
    try:
        read(content)
    except DatasetError as error:
        assert error.message


# JSON made of the formats' own keys, so that readers accept much of it before they find a fault.
WORDS = st.sampled_from(
    [
        *("id", "text", "choices", "labels", "format", "scenario", "choice", "meta", "source"),
        *("input", "label", "scenario_id", "full_state", "meta_info", "scene_id", "unstructured"),
        *("state", "kdma_association", "output", "probe_id", "probe", "align_tui", "fairness"),
        "align-tui/scenarios/1",
    ]
)
WILD: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | WORDS
    | st.text(st.characters(exclude_categories=[]), max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner).map(list)
        | st.dictionaries(WORDS | st.text(max_size=3), inner, max_size=4)
    ),
    max_leaves=20,
)


@settings(max_examples=150, deadline=None)
@given(value=WILD | st.lists(WILD, max_size=3))
def test_any_json(value: object) -> None:
    try:
        read(value)
    except DatasetError as error:
        error.message.encode("utf-8")


@st.composite
def damaged(draw: st.DrawFn, good: Any) -> Any:
    """A good value with one random part replaced."""
    if draw(st.integers(0, 12)) == 0:
        return draw(WILD)
    if isinstance(good, dict):
        return {k: draw(damaged(v)) for k, v in good.items() if draw(st.integers(0, 12)) > 0}
    if isinstance(good, list):
        return [draw(damaged(v)) for v in good]
    return good


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_almost_right(data: st.DataObject) -> None:
    good = data.draw(
        st.sampled_from([[mta(), mta()], [record(), record(output=[{"choice": 0}])], [GOOD, GOOD]])
    )
    body = data.draw(damaged(good))
    try:
        found = read(body)
    except DatasetError as error:
        assert "some scenarios" in error.message
    else:
        assert all(not scenario.problems() for scenario in found)
        assert len({scenario.key for scenario in found}) == len(found)
