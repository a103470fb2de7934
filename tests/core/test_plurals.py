"""Counts in words have the right number of the noun."""

from __future__ import annotations

import pytest

from align_tui.core.text.plurals import counted


@pytest.mark.parametrize(
    ("number", "words"), [(0, "0 scenarios"), (1, "1 scenario"), (2, "2 scenarios")]
)
def test_only_one_has_the_singular(number: int, words: str) -> None:
    assert counted(number, "scenario") == words


def test_a_plural_can_be_given() -> None:
    assert counted(1, "sample is", "samples are") == "1 sample is"
    assert counted(3, "sample is", "samples are") == "3 samples are"
