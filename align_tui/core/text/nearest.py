"""Find the known names nearest to a misspelled one, quickly for any input."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

LONGEST, MOST = 100, 1_000


def close_to(word: str, names: Iterable[str], n: int = 1, cutoff: float = 0.6) -> list[str]:
    """Up to `n` of the names that look most like `word`, the nearest first.

    A comparison takes time with the square of the length, so texts over 100 characters match
    nothing, and only the first thousand names are compared.
    """
    if len(word) > LONGEST:
        return []
    short = [name for name in names if len(name) <= LONGEST]
    return difflib.get_close_matches(word, short[:MOST], n=n, cutoff=cutoff)
