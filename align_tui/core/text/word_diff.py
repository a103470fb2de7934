"""Where two texts differ, word by word."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import SequenceMatcher

MAX_WORDS = 2_000
Part = tuple[str, bool]  # a piece of the text; is it missing in the other text?
_WORD = re.compile(r"\s*\S+|\s+$")


def word_difference(a: str, b: str) -> tuple[tuple[Part, ...], tuple[Part, ...]]:
    """Both texts in parts; words that the other text lacks are marked. Joined, they are whole.

    Words are compared without case and surrounding punctuation. Only the first 2000 words of each
    are compared, so that no text takes long; later words are unmarked.
    """
    words_a, words_b = _WORD.findall(a), _WORD.findall(b)
    few_a, few_b = words_a[:MAX_WORDS], words_b[:MAX_WORDS]
    matcher = SequenceMatcher(None, [_bare(w) for w in few_a], [_bare(w) for w in few_b])
    own_a, own_b = [True] * len(few_a), [True] * len(few_b)
    for start_a, start_b, size in matcher.get_matching_blocks():
        own_a[start_a : start_a + size] = [False] * size
        own_b[start_b : start_b + size] = [False] * size
    return _parts(words_a, own_a), _parts(words_b, own_b)


def _bare(word: str) -> str:
    return re.sub(r"^\W+|\W+$", "", word.casefold()) or word.strip()


def _parts(words: list[str], own: Iterable[bool]) -> tuple[Part, ...]:
    marks = list(own)
    out: list[Part] = []
    for number, word in enumerate(words):
        mark = number < len(marks) and marks[number]
        if out and out[-1][1] == mark:
            out[-1] = (out[-1][0] + word, mark)
        else:
            out.append((word, mark))
    return tuple(out)
