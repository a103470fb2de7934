"""How much two texts have in common by their words (align-system's similarity_measures)."""

from __future__ import annotations

import re
from collections.abc import Sequence

SAME, SAME_UNQUOTED = 3.0, 2.0
_SPLIT = re.compile(r"[\s{}<>\[\]]")


def word_overlap(first: str, second: str) -> float:
    """3 for equal texts, 2 for texts that are equal without the quotes around them, else 0 to 1.

    That is the number of distinct words that both have, divided by the number of words of the
    longer one. Words end at blanks and at brackets; a bracket beside a blank makes an empty word,
    which counts. Double quotes are ignored.
    """
    if first == second:
        return SAME
    if first.strip("'\"") == second.strip("'\""):
        return SAME_UNQUOTED
    words, others = (_SPLIT.split(text.replace('"', "")) for text in (first, second))
    return len(set(words) & set(others)) / max(len(words), len(others))


def nearest_text(text: str, choices: Sequence[str]) -> int | None:
    """The index (from 0) of the choice that overlaps most; the first of equals, None of none."""
    if not choices:
        return None
    return max(range(len(choices)), key=lambda i: (word_overlap(text, choices[i]), -i))
