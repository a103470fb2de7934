"""Fixed ratings for the three choices that the phase-2 data word alike everywhere."""

from __future__ import annotations

import hashlib

import pytest

from align_tui.core import corrections
from align_tui.core.corrections import correct, fixed_choice
from align_tui.core.predictions import Prediction, Predictions

RATED: Predictions = (
    {"medical": Prediction((0.4, 0.6), ("a", "b")), "search": Prediction((0.9, 0.8))},
    {"merit": Prediction((0.1, 0.2))},
)


def test_the_corrected_form_keeps_the_samples_and_adds_nothing() -> None:
    found = correct(RATED, ["leave", "wait"])
    assert found[0]["medical"].samples == (0.0, 0.0) and found[0]["medical"].reasons == ()
    assert found[0]["search"] == RATED[0]["search"] and found[1] == RATED[1]
    assert correct(RATED, ["stay", None])[0]["search"].samples == (0.0, 0.0)
    assert correct(RATED, ["leave", "wait"], "off") == RATED


def test_the_form_of_align_system_writes_one_sample_and_adds_medical() -> None:
    found = correct(RATED, ["leave", "wait"], "align")
    assert found[0]["medical"].samples == (0.0,)
    assert found[1]["medical"].samples == (0.0,) and "personal_safety" not in found[1]


def test_a_choice_is_known_by_the_hash_of_its_text_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    assert fixed_choice("Treat Patient A") is None and fixed_choice("\ud800") is None
    digest = hashlib.sha256(b"Stay here").hexdigest()
    known = {(digest[:8], digest[-4:]): "stay"}
    monkeypatch.setattr(corrections, "_HASHES", known)
    assert fixed_choice("Stay here") == "stay" and fixed_choice("Stay here.") is None
