"""Text from outside, made safe for a terminal."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from align_tui.core.text.display import one_line, plain

ANY = st.text(st.characters(exclude_categories=[]) | st.sampled_from("\x1b\r\n\t\x9b\u202e\ufeff"))


def test_escape_codes_are_marks_and_text_stays() -> None:
    assert plain("a\x1b[31mred\x1b[0m") == "a\ufffd[31mred\ufffd[0m"
    assert plain("\x9b2J") == "\ufffd2J"
    assert plain("one\r\ntwo\rthree") == "one\ntwo\nthree"
    assert plain("a\tb") == "a   b"
    assert plain("\u202egnp.exe") == "\ufffdgnp.exe"
    assert plain("café 中文 😀 é") == "café 中文 😀 é"


def test_one_line_folds_and_cuts() -> None:
    assert one_line("  a \n b\t\tc ") == "a b c"
    assert one_line("abcdef", 4) == "abc…"
    assert one_line("abc def", 5) == "abc…"
    assert one_line("abcd", 4) == "abcd"
    assert one_line("abcd", 1) == "…"
    assert one_line("") == ""


@given(ANY)
def test_plain_leaves_nothing_a_terminal_obeys(text: str) -> None:
    shown = plain(text)
    assert plain(shown) == shown
    shown.encode("utf-8")
    for char in shown.replace("\n", ""):
        assert unicodedata.category(char) not in {"Cc", "Cs"}
        assert unicodedata.bidirectional(char) not in {"LRO", "RLO", "LRE", "RLE", "LRI", "RLI"}


@given(ANY, st.integers(1, 30))
def test_one_line_is_one_line_within_its_width(text: str, width: int) -> None:
    line = one_line(text, width)
    assert len(line) <= width
    assert len(line.splitlines()) <= 1
    assert line == line.strip()
