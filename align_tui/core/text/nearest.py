"""Which known name somebody may have meant; whatever they wrote, it takes no time to tell."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

LONGEST, MOST = 100, 1_000


def close_to(word: str, names: Iterable[str], n: int = 1, cutoff: float = 0.6) -> list[str]:
    """Up to `n` of the names that look most like `word`, the likest first.

    Comparing takes the square of the length, so what is too long for a name is like nothing, and
    no more than a thousand names are looked at.
    """
    if len(word) > LONGEST:
        return []
    short = [name for name in names if len(name) <= LONGEST]
    return difflib.get_close_matches(word, short[:MOST], n=n, cutoff=cutoff)
