"""The readable text of a reply that is no decision, while it is written."""

from __future__ import annotations

import json

import pytest

from align_tui.core.replies import with_thinking
from align_tui.core.words_so_far import words_so_far

WHOLE = json.dumps({"variables": ["Patient A", 'the "old" bridge'], "Weight": 0.5, "n": {"a": "ü"}})


def test_the_text_values_stand_one_a_line() -> None:
    assert words_so_far(WHOLE) == 'Patient A\nthe "old" bridge\nü'
    assert words_so_far(with_thinking("hm", WHOLE)).startswith("Patient A")


def test_no_key_is_shown_while_it_is_written() -> None:
    for end in range(len(WHOLE)):
        shown = words_so_far(WHOLE[:end])
        assert "var" not in shown and "Weight" not in shown and "\\" not in shown


@pytest.mark.parametrize("end", range(1, 30))
def test_a_reply_that_takes_a_choice_shows_its_reasoning_alone(end: int) -> None:
    assert words_so_far('{"choice":"Treat A","reasoning":"'[:end]) == ""


def test_free_text_is_shown_as_it_is() -> None:
    assert words_so_far("Here is the model:\n{") == "Here is the model:\n{"
