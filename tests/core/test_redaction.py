"""A secret is removed in every spelling, wherever the text is cut."""

from __future__ import annotations

import base64
import itertools
import json
import urllib.parse

import pytest
from hypothesis import given
from hypothesis import strategies as st

from align_tui.core.text.redaction import MARK, NOTHING, Redaction, Secret

KEY = 'sk-Pr0j_5f2a/9c"+Zq'
SECRET = Secret(KEY)
SPELLINGS = [
    KEY, KEY.upper(), KEY.lower(), urllib.parse.quote(KEY), urllib.parse.quote(KEY, safe=""),
    urllib.parse.quote(KEY, safe="").replace("%2F", "%2f"), json.dumps(KEY)[1:-1],
    "".join(f"\\u{ord(c):04x}" for c in KEY), "".join(f"\\u{ord(c):04X}" for c in KEY),
    "".join(f"\\u{ord(c):04x}" if i % 2 else c for i, c in enumerate(KEY)),
    KEY.replace("/", "\\/"), "".join(f"%{ord(c):02X}" for c in KEY),
    "".join(f"&#{ord(c)};" for c in KEY), KEY.encode().hex(),
]  # fmt: skip


def pieces_of(text: str, cuts: list[int]) -> list[str]:
    bounds = sorted({0, len(text), *(cut % (len(text) + 1) for cut in cuts)})
    return [text[a:b] for a, b in itertools.pairwise(bounds)]


def fed(pieces: list[str]) -> str:
    redaction = Redaction(SECRET)
    return "".join([*map(redaction.feed, pieces), redaction.end()])


PARTS = st.lists(
    st.sampled_from([*SPELLINGS, KEY[:9], KEY[:3], KEY[1:], "\\", "%", "\\u00", "s", "&#", MARK])
    | st.text(max_size=5)
)


@given(PARTS, st.lists(st.integers(0, 500)))
def test_pieces_come_out_as_their_whole_does(parts: list[str], cuts: list[int]) -> None:
    text = "".join(parts)
    assert fed(pieces_of(text, cuts)) == SECRET.redacted(text)


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize(
    ("before", "behind"), [("", ""), ("key: ", "."), ("s\\", "\\"), ("sk-", "s")]
)
def test_no_spelling_comes_through_in_pieces_of_any_size(
    spelling: str, before: str, behind: str
) -> None:
    text = f"{before}{spelling}{behind}"
    made = SECRET.redacted(text)
    # A backslash in front of the secret may be taken for the escape of its first character.
    assert made in (f"{before}{MARK}{behind}", f"{before[:-1]}{MARK}{behind}")
    for size in (1, 2, 3, 5):
        assert fed([text[i : i + size] for i in range(0, len(text), size)]) == made


@given(st.binary(max_size=4), st.binary(max_size=4))
def test_no_base64_of_it_comes_through(before: bytes, behind: bytes) -> None:
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        coded = encode(before + KEY.encode() + behind).decode()
        made = SECRET.redacted(f"Basic {coded}")
        assert MARK in made
        # The rest has no more of the key than two characters at each end.
        left = made.removeprefix("Basic ")
        assert len(left) <= len(coded) - (len(KEY) * 8 // 6 - 3) + len(MARK)


@pytest.mark.parametrize("cut", range(10, len(KEY)))
@pytest.mark.parametrize("behind", ["", "...", "…", "*****"])
def test_a_beginning_of_it_that_was_cut_does_not_come_through(cut: int, behind: str) -> None:
    assert SECRET.redacted(f"provided: {KEY[:cut]}{behind}") == f"provided: {MARK}{behind}"


@given(st.text())
def test_other_text_stays_as_it_is(text: str) -> None:
    assert NOTHING.redacted(text) == text
    if KEY[:6].lower() not in text.lower():
        assert Secret("quite-another-key").redacted(text) == text


def test_what_is_no_secret_is_not_looked_for() -> None:
    for word in ("", "x", "no"):
        assert Secret(word).redacted(f"an {word} or none") == f"an {word} or none"
    assert Secret("EMPTY").redacted("key EMPTY") == f"key {MARK}"
    assert Secret("EMPTY").for_replies().redacted("an EMPTY room") == "an EMPTY room"
    assert KEY not in repr(SECRET)


def test_long_texts_are_read_in_linear_time() -> None:
    for text in (KEY[:5] * 20_000, "\\" * 50_000, "\\u0073" * 10_000, "s" * 50_000):
        SECRET.redacted(text)
