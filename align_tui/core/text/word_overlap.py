"""How many words two short texts share: ROUGE-1 and ROUGE-L (Lin, ROUGE, 2004)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from align_tui.core.text.stemming import stem

OverlapMeasure = Literal["rouge1", "rougeL", "rougeLsum"]
"""Shared words in any order (`rouge1`) or in one order (`rougeL`). Of two texts of one line each,
`rougeLsum` is `rougeL`."""
MOST_WORDS = 500
"""Later words of a text are not compared; a statement has a few words."""
_STEMMED_FROM = 4  # letters; ROUGE leaves shorter words as they are


@dataclass(frozen=True, slots=True)
class Overlap:
    """The overlap of a text with another; all 0 to 1.

    `precision` is the share of the other text's words, `recall` the share of the text's own words,
    and `fmeasure` their harmonic mean.
    """

    precision: float
    recall: float
    fmeasure: float


def words_of(text: str) -> list[str]:
    """The words of a text in lower case, without their endings."""
    found = re.findall(r"[a-z0-9]+", text.lower())[:MOST_WORDS]
    return [stem(word) if len(word) >= _STEMMED_FROM else word for word in found]


def overlap(text: str, other: str, measure: OverlapMeasure = "rougeL") -> Overlap:
    """The overlap of `text` with `other`; 0 if one of them has no words."""
    own, others = words_of(text), words_of(other)
    if not own or not others:
        return Overlap(0.0, 0.0, 0.0)
    shared = _in_any_order(own, others) if measure == "rouge1" else _in_one_order(own, others)
    precision, recall = shared / len(others), shared / len(own)
    if not shared:
        return Overlap(0.0, 0.0, 0.0)
    return Overlap(precision, recall, 2 * precision * recall / (precision + recall))


def _in_any_order(one: Sequence[str], other: Sequence[str]) -> int:
    return sum((Counter(one) & Counter(other)).values())


def _in_one_order(one: Sequence[str], other: Sequence[str]) -> int:
    """The length of the longest common subsequence."""
    lengths = [0] * (len(other) + 1)
    for word in one:
        before = 0
        for place, each in enumerate(other, start=1):
            above = lengths[place]
            lengths[place] = before + 1 if word == each else max(above, lengths[place - 1])
            before = above
    return lengths[-1]
