"""Fixed ratings for the three choices that the phase-2 data word alike everywhere.

In these data a choice may stay with the present patient, leave to look for another one, or wait in
safety. Such a choice concerns nobody whom a model could rate, so align-system overrides its ratings
(`Phase2RegressionRuleBasedCorrection`, commit 6d59f0d): to stay is not a search, to leave treats
nobody whose need is known, and to wait is safe and treats nobody. The texts are known by their
SHA-256 alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final, Literal

from align_tui.core.predictions import Prediction, Predictions

FixedChoice = Literal["stay", "leave", "wait"]
Form = Literal["off", "corrected", "align"]
"""`corrected` changes only ratings that are there and keeps the number of samples; `align` writes
one sample and adds a rating of `medical` that nobody made, as align-system does."""
RATER = "fixed text"

# The first eight and the last four hex digits of the SHA-256 of the UTF-8 text.
_HASHES: Final[Mapping[tuple[str, str], FixedChoice]] = MappingProxyType(
    {
        ("baf2dd22", "a5dd"): "stay",
        ("a165149c", "3793"): "leave",
        ("1b210e11", "c450"): "wait",
    }
)
_VALUES: Final[Mapping[FixedChoice, Mapping[str, float]]] = MappingProxyType(
    {
        "stay": {"search": 0.0},
        "leave": {"medical": 0.0},
        "wait": {"personal_safety": 1.0, "medical": 0.0},
    }
)
_ALWAYS = "medical"  # the attribute that the form `align` also adds


def fixed_choice(text: str) -> FixedChoice | None:
    """Which of the three fixed choices the text is, or None. One more full stop is another text."""
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return _HASHES.get((digest[:8], digest[-4:]))


def correct(
    predictions: Predictions, fixed: Sequence[FixedChoice | None], form: Form = "corrected"
) -> Predictions:
    """The predictions with those of fixed choices overridden; `fixed` has one entry a choice."""
    if form == "off":
        return predictions
    return tuple(
        {**rated, **_overrides(rated, kind, form)} if kind is not None else rated
        for rated, kind in zip(predictions, fixed, strict=True)
    )


def _overrides(
    rated: Mapping[str, Prediction], kind: FixedChoice, form: Form
) -> dict[str, Prediction]:
    found = {}
    for name, value in _VALUES[kind].items():
        if name in rated or (form == "align" and name == _ALWAYS):
            samples = len(rated[name].samples) if name in rated and form == "corrected" else 1
            found[name] = Prediction((value,) * samples, rater=RATER)
    return found
