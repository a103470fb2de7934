"""BM25, the similarity of texts by rare words that they share. It needs no model.

Robertson and Zaragoza, The Probabilistic Relevance Framework: BM25 and Beyond (2009), with the
idf that cannot be negative: ln(1 + (N - n + 1/2) / (n + 1/2)).
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence

K1, B = 1.5, 0.75
_WORD = re.compile(r"\w+")


def words(text: str) -> list[str]:
    """The words of a text: letters, digits and `_`, without case."""
    return _WORD.findall(text.casefold())


class Bm25:
    """An index of texts. `similarities` compares another text with all of them."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._counts = [Counter(words(text)) for text in texts]
        self._lengths = [sum(each.values()) for each in self._counts]
        self._mean = math.fsum(self._lengths) / len(texts) if texts else 0.0
        found = Counter(word for each in self._counts for word in each)
        self._idf = {
            word: math.log(1 + (len(texts) - n + 0.5) / (n + 0.5)) for word, n in found.items()
        }

    def similarities(self, text: str, indices: Iterable[int]) -> list[float]:
        """The score (0 or more, unbounded) of the texts at `indices` for the words of `text`."""
        asked = [word for word in Counter(words(text)) if word in self._idf]
        return [self._score(asked, index) for index in indices]

    def _score(self, asked: Sequence[str], index: int) -> float:
        counts, length = self._counts[index], self._lengths[index]
        norm = K1 * (1 - B + B * length / self._mean) if self._mean else K1
        return math.fsum(
            self._idf[word] * counts[word] * (K1 + 1) / (counts[word] + norm)
            for word in asked
            if counts[word]
        )
