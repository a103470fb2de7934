"""Cut the endings off English words, so that `helps`, `helping` and `help` are one word.

It is M. F. Porter's algorithm (An algorithm for suffix stripping, Program 14(3), 1980), with the
departures that NLTK makes by default, since ROUGE scores of the field are computed with those:
irregular words, short words that end in `ies` or `ied`, and a few endings more.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Final

IRREGULAR: Final = {
    "sky": "sky", "skies": "sky", "dying": "die", "lying": "lie", "tying": "tie", "news": "news",
    "inning": "inning", "innings": "inning", "outing": "outing", "outings": "outing",
    "canning": "canning", "cannings": "canning", "howe": "howe", "proceed": "proceed",
    "exceed": "exceed", "succeed": "succeed",
}  # fmt: skip
_SECOND: Final = (
    ("ational", "ate"), ("tional", "tion"), ("enci", "ence"), ("anci", "ance"), ("izer", "ize"),
    ("bli", "ble"), ("alli", "al"), ("entli", "ent"), ("eli", "e"), ("ousli", "ous"),
    ("ization", "ize"), ("ation", "ate"), ("ator", "ate"), ("alism", "al"), ("iveness", "ive"),
    ("fulness", "ful"), ("ousness", "ous"), ("aliti", "al"), ("iviti", "ive"), ("biliti", "ble"),
    ("fulli", "ful"),
)  # fmt: skip
_THIRD: Final = (
    ("icate", "ic"), ("ative", ""), ("alize", "al"), ("iciti", "ic"), ("ical", "ic"), ("ful", ""),
    ("ness", ""),
)  # fmt: skip
_FOURTH: Final = (
    "al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent", "ion", "ou",
    "ism", "ate", "iti", "ous", "ive", "ize",
)  # fmt: skip


def stem(word: str) -> str:
    """The stem of a word in lower case; words of one or two letters stay as they are."""
    if word in IRREGULAR:
        return IRREGULAR[word]
    if len(word) <= 2:
        return word
    for step in (_plural, _past, _final_y, _second, _third, _fourth, _final_e):
        word = step(word)
    return word


def _is_consonant(word: str, place: int) -> bool:
    letter = word[place]
    if letter in "aeiou":
        return False
    return letter != "y" or place == 0 or not _is_consonant(word, place - 1)


def _measure(part: str) -> int:
    """How often a consonant follows a vowel."""
    kinds = [_is_consonant(part, place) for place in range(len(part))]
    return sum(now and not before for before, now in pairwise(kinds))


def _has_vowel(part: str) -> bool:
    return any(not _is_consonant(part, place) for place in range(len(part)))


def _is_doubled(word: str) -> bool:
    return len(word) >= 2 and word[-1] == word[-2] and _is_consonant(word, len(word) - 1)


def _ends_short(word: str) -> bool:
    """Consonant, vowel, consonant (not w, x, y); of two letters: vowel, consonant."""
    if len(word) == 2:
        return not _is_consonant(word, 0) and _is_consonant(word, 1)
    return (
        len(word) >= 3
        and _is_consonant(word, len(word) - 3)
        and not _is_consonant(word, len(word) - 2)
        and _is_consonant(word, len(word) - 1)
        and word[-1] not in "wxy"
    )


def _plural(word: str) -> str:
    if word.endswith("ies"):
        return word[:-1] if len(word) == 4 else word[:-2]
    if word.endswith("sses"):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word


def _past(word: str) -> str:
    if word.endswith("ied"):
        return word[:-1] if len(word) == 4 else word[:-2]
    if word.endswith("eed"):
        return word[:-1] if _measure(word[:-3]) > 0 else word
    for ending in ("ed", "ing"):
        part = word.removesuffix(ending)
        if part != word and _has_vowel(part):
            return _mended(part)
    return word


def _mended(part: str) -> str:
    """The stem before `ed` or `ing` with the letters that the ending took or doubled."""
    if part.endswith(("at", "bl", "iz")):
        return part + "e"
    if _is_doubled(part) and part[-1] not in "lsz":
        return part[:-1]
    return part + "e" if _measure(part) == 1 and _ends_short(part) else part


def _final_y(word: str) -> str:
    part = word[:-1]
    if word.endswith("y") and len(part) > 1 and _is_consonant(part, len(part) - 1):
        return part + "i"
    return word


def _replaced(word: str, endings: Sequence[tuple[str, str]], holds: Callable[[str], bool]) -> str:
    """The word with the first of the endings that it has replaced, if `holds` for what is left."""
    for ending, other in endings:
        if word.endswith(ending):
            part = word[: -len(ending)]
            return part + other if holds(part) else word
    return word


def _second(word: str) -> str:
    if word.endswith("alli") and _measure(word[:-4]) > 0:
        return _second(word[:-2])
    if word.endswith("logi"):  # the `l` belongs to the stem whose measure counts
        return word[:-1] if _measure(word[:-3]) > 0 else word
    return _replaced(word, _SECOND, lambda part: _measure(part) > 0)


def _third(word: str) -> str:
    return _replaced(word, _THIRD, lambda part: _measure(part) > 0)


def _fourth(word: str) -> str:
    for ending in _FOURTH:
        if word.endswith(ending):
            part = word[: -len(ending)]
            fits = ending != "ion" or part.endswith(("s", "t"))
            return part if _measure(part) > 1 and fits else word
    return word


def _final_e(word: str) -> str:
    if word.endswith("e"):
        part = word[:-1]
        count = _measure(part)
        if count > 1 or (count == 1 and not _ends_short(part)):
            word = part
    return word[:-1] if word.endswith("ll") and _measure(word[:-1]) > 1 else word
