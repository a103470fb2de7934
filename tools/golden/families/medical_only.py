"""medical_only: the choice of `MedicalOnlyAlignmentADMComponent`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from align_tui.core.alignment import medical_only

from .compare import predictions_of, values_differ


def check(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """The differences of a case."""
    names = list(given["predictions"])
    ranking = medical_only.rank(predictions_of(given["predictions"]), (), None, {}, 0)
    return values_differ("chosen", expected["chosen"], names[ranking.taken])
