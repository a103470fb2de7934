"""JSON in free text of a model: found, repaired, bounded."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from align_tui.core.errors import ReplyError
from align_tui.core.loose_json import MAX_CHARS, find_object, read_loose, search_keys

VALUES = st.one_of(st.text(), st.integers(-9, 9), st.lists(st.text(max_size=5), max_size=3))
OBJECTS = st.dictionaries(st.text(min_size=1, max_size=5), VALUES, min_size=1, max_size=4)


@settings(max_examples=30)
@given(
    OBJECTS, st.text(alphabet="abc \n.:`", max_size=20), st.text(alphabet="abc \n.", max_size=20)
)
def test_an_object_is_found_between_other_text(
    body: dict[str, object], before: str, after: str
) -> None:
    found = find_object(f"{before}{json.dumps(body)}{after}")
    # Escaped ends of lines become blanks where text stands around the object.
    flat = json.loads(json.dumps(body).replace("\\n", " "))
    assert found in (body, flat)


@settings(max_examples=50)
@given(st.text())
def test_any_text_gives_an_object_or_nothing(text: str) -> None:
    found = find_object(text)
    assert found is None or isinstance(found, dict)


@pytest.mark.parametrize(
    "text",
    ["[" * 300_000, '{"a":[' * 60_000, '"a":' * 80_000, "{" * 200_000, '{"a": "' + "x" * 200_000],
)
def test_hostile_text_is_read_in_bounded_time(text: str) -> None:
    begun = time.thread_time()
    find_object(text)
    assert time.thread_time() - begun < 2.0


def test_text_beyond_the_limit_is_left_out() -> None:
    assert find_object(" " * MAX_CHARS + '{"a": 1}') is None


def test_halves_of_surrogates_are_repaired() -> None:
    assert find_object('{"a": "\\ud83d"}') == {"a": "\N{REPLACEMENT CHARACTER}"}


def test_only_values_that_are_whole_are_taken_by_their_keys() -> None:
    text = '"Answer": 2, "Weight": 0.25, "Cut": "so it'
    assert search_keys(text) == {"Answer": 2}
    assert search_keys(text, ["Weight"]) == {}


def test_missing_keys_are_named() -> None:
    with pytest.raises(ReplyError, match="'Reasoning'"):
        read_loose('{"Answer": 1}', ["Answer", "Reasoning"])
    with pytest.raises(ReplyError, match="no JSON object"):
        read_loose("nothing", ["Answer"])
