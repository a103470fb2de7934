"""alignment_medical: the medical functions of align-system's alignment components."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from align_tui.core.alignment import medical_only

from ..families import Check
from ..families.compare import predictions_of, values_differ


def check_medical_only(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """The differences of a case of `MedicalOnlyAlignmentADMComponent`."""
    names = list(given["scores"])
    ranking = medical_only.rank(predictions_of(given["scores"]), (), None, {}, 0)
    return values_differ("choice", expected["choice"], names[ranking.taken])


KINDS: Mapping[str, Check] = {"medical_only": check_medical_only}
